#include "api/json.h"

#include <algorithm>
#include <set>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_stack.hpp>
#include <fmt/format.h>

#include "base/canonical.h"
#include "base/encoding.h"
#include "base/limits.h"

namespace qss::api::json {

namespace {

namespace bj = boost::json;

// Builds the value and, unlike Boost's own handler, refuses an object that names a member twice.
class StrictHandler {
public:
    static constexpr std::size_t max_array_size = limits::http_body_size;
    static constexpr std::size_t max_object_size = limits::http_body_size;
    static constexpr std::size_t max_string_size = limits::http_body_size;
    static constexpr std::size_t max_key_size = limits::http_body_size;

    StrictHandler() { m_stack.reset(); }
    bj::value release() { return m_stack.release(); }

    bool on_document_begin(bj::error_code&) { return true; }
    bool on_document_end(bj::error_code&) { return true; }
    bool on_object_begin(bj::error_code&)
    {
        m_keys.emplace_back();
        return true;
    }
    bool on_object_end(std::size_t count, bj::error_code&)
    {
        m_keys.pop_back();
        m_stack.push_object(count);
        return true;
    }
    bool on_array_begin(bj::error_code&) { return true; }
    bool on_array_end(std::size_t count, bj::error_code&)
    {
        m_stack.push_array(count);
        return true;
    }
    bool on_key_part(bj::string_view part, std::size_t, bj::error_code&)
    {
        m_key.append(part.data(), part.size());
        m_stack.push_chars(part);
        return true;
    }
    bool on_key(bj::string_view part, std::size_t, bj::error_code& error)
    {
        m_key.append(part.data(), part.size());
        if (!m_keys.back().insert(std::exchange(m_key, {})).second) {
            error = bj::error::syntax;
            return false;
        }
        m_stack.push_key(part);
        return true;
    }
    bool on_string_part(bj::string_view part, std::size_t, bj::error_code&)
    {
        m_stack.push_chars(part);
        return true;
    }
    bool on_string(bj::string_view part, std::size_t, bj::error_code&)
    {
        m_stack.push_string(part);
        return true;
    }
    bool on_number_part(bj::string_view, bj::error_code&) { return true; }
    bool on_int64(std::int64_t value, bj::string_view, bj::error_code&)
    {
        m_stack.push_int64(value);
        return true;
    }
    bool on_uint64(std::uint64_t value, bj::string_view, bj::error_code&)
    {
        m_stack.push_uint64(value);
        return true;
    }
    bool on_double(double value, bj::string_view, bj::error_code&)
    {
        m_stack.push_double(value);
        return true;
    }
    bool on_bool(bool value, bj::error_code&)
    {
        m_stack.push_bool(value);
        return true;
    }
    bool on_null(bj::error_code&)
    {
        m_stack.push_null();
        return true;
    }
    bool on_comment_part(bj::string_view, bj::error_code&) { return false; }
    bool on_comment(bj::string_view, bj::error_code&) { return false; }

private:
    bj::value_stack m_stack;
    std::string m_key;
    std::vector<std::set<std::string>> m_keys; // of the objects that are open
};

Result<bj::value> parse_value(std::string_view text)
{
    if (text.size() > limits::http_body_size)
        return fail(ErrorCode::too_large, "JSON is over the limit");
    // Boost checks UTF-8 inside strings; what stands outside them must be ASCII anyway.
    if (!is_valid_utf8(text))
        return fail(ErrorCode::malformed, "JSON is not UTF-8");
    try {
        bj::parse_options options;
        options.max_depth = limits::json_depth;
        bj::basic_parser<StrictHandler> parser(options);
        bj::error_code error;
        const auto used = parser.write_some(false, text.data(), text.size(), error);
        if (error)
            return fail(ErrorCode::malformed, "JSON: " + error.message());
        if (!parser.done() || text.find_first_not_of(" \t\r\n", used) != std::string_view::npos)
            return fail(ErrorCode::malformed, "JSON: extra data");
        return parser.handler().release();
    } catch (const std::exception& e) {
        return fail(ErrorCode::malformed, std::string("JSON: ") + e.what());
    }
}

std::string json_string(std::string_view text)
{
    return bj::serialize(bj::string_view(text.data(), text.size()));
}

tl::unexpected<Error> wrong(std::string_view name, std::string_view what)
{
    return fail(ErrorCode::invalid_argument, fmt::format("\"{}\" {}", name, what));
}

Result<std::string> text_of(const bj::value& value, std::string_view name, std::size_t max_size)
{
    const auto* string = value.if_string();
    if (string == nullptr)
        return wrong(name, "must be a string");
    if (string->size() > max_size)
        return wrong(name, fmt::format("is longer than {} bytes", max_size));
    if (string->find('\0') != bj::string::npos)
        return wrong(name, "has a NUL character");
    return std::string(string->data(), string->size());
}

Result<std::vector<std::string>> texts_of(const bj::value& value, std::string_view name, std::size_t max_size)
{
    const auto* array = value.if_array();
    if (array == nullptr)
        return wrong(name, "must be an array of strings");
    std::vector<std::string> out;
    out.reserve(array->size());
    for (const auto& element : *array) {
        TRY_ASSIGN(text, text_of(element, name, max_size));
        out.push_back(std::move(text));
    }
    return out;
}

Result<std::int64_t> integer_of(const bj::value& value, std::string_view name, std::int64_t min,
                                std::int64_t max)
{
    const auto* number = value.if_int64();
    if (number == nullptr && !value.is_uint64())
        return wrong(name, "must be an integer");
    if (number == nullptr || *number < min || *number > max)
        return wrong(name, fmt::format("must be from {} to {}", min, max));
    return *number;
}

}

struct Reader::Impl {
    explicit Impl(bj::object o) : object(std::move(o)) {}
    bj::object object;
    std::set<std::string, std::less<>> read;

    // nullptr: absent or null.
    const bj::value* find(std::string_view name)
    {
        read.emplace(name);
        const auto* value = object.if_contains(bj::string_view(name.data(), name.size()));
        return value == nullptr || value->is_null() ? nullptr : value;
    }
};

Reader::Reader(std::unique_ptr<Impl> impl) : m_impl(std::move(impl)) {}
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;
Reader::~Reader() = default;

Result<Reader> Reader::parse(std::string_view text)
{
    TRY_ASSIGN(value, parse_value(text));
    if (!value.is_object())
        return fail(ErrorCode::malformed, "JSON: an object is needed");
    return Reader(std::make_unique<Impl>(std::move(value.get_object())));
}

bool Reader::has(std::string_view name) const
{
    const auto* value = m_impl->object.if_contains(bj::string_view(name.data(), name.size()));
    return value != nullptr && !value->is_null();
}

Result<std::string> Reader::text(std::string_view name, std::size_t max_size)
{
    const auto* value = m_impl->find(name);
    return value != nullptr ? text_of(*value, name, max_size) : wrong(name, "is required");
}

Result<std::optional<std::string>> Reader::optional_text(std::string_view name, std::size_t max_size)
{
    const auto* value = m_impl->find(name);
    if (value == nullptr)
        return std::nullopt;
    TRY_ASSIGN(text, text_of(*value, name, max_size));
    return text;
}

Result<std::int64_t> Reader::integer(std::string_view name, std::int64_t min, std::int64_t max)
{
    const auto* value = m_impl->find(name);
    return value != nullptr ? integer_of(*value, name, min, max) : wrong(name, "is required");
}

Result<std::optional<std::int64_t>> Reader::optional_integer(std::string_view name, std::int64_t min,
                                                             std::int64_t max)
{
    const auto* value = m_impl->find(name);
    if (value == nullptr)
        return std::nullopt;
    TRY_ASSIGN(number, integer_of(*value, name, min, max));
    return number;
}

Result<std::vector<std::string>> Reader::texts(std::string_view name, std::size_t max_size)
{
    const auto* value = m_impl->find(name);
    return value != nullptr ? texts_of(*value, name, max_size) : wrong(name, "is required");
}

Result<std::optional<std::vector<std::string>>> Reader::optional_texts(std::string_view name,
                                                                       std::size_t max_size)
{
    const auto* value = m_impl->find(name);
    if (value == nullptr)
        return std::nullopt;
    TRY_ASSIGN(list, texts_of(*value, name, max_size));
    return list;
}

Result<Bytes> Reader::base64url(std::string_view name, std::size_t max_size)
{
    TRY_ASSIGN(decoded, optional_base64url(name, max_size));
    if (!decoded)
        return wrong(name, "is required");
    return std::move(*decoded);
}

Result<std::optional<Bytes>> Reader::optional_base64url(std::string_view name, std::size_t max_size)
{
    TRY_ASSIGN(encoded, optional_text(name, max_size * 4 / 3 + 4));
    if (!encoded)
        return std::nullopt;
    auto decoded = base64url_decode(*encoded);
    if (!decoded)
        return wrong(name, "must be base64url without padding");
    if (decoded->size() > max_size)
        return wrong(name, fmt::format("is longer than {} bytes", max_size));
    return std::move(*decoded);
}

Result<Reader> Reader::object(std::string_view name)
{
    TRY_ASSIGN(inner, optional_object(name));
    if (!inner)
        return wrong(name, "is required");
    return std::move(*inner);
}

Result<std::optional<Reader>> Reader::optional_object(std::string_view name)
{
    const auto* value = m_impl->find(name);
    if (value == nullptr)
        return std::nullopt;
    if (!value->is_object())
        return wrong(name, "must be an object");
    return Reader(std::make_unique<Impl>(value->get_object()));
}

Result<std::vector<Reader>> Reader::objects(std::string_view name)
{
    const auto* value = m_impl->find(name);
    if (value == nullptr)
        return wrong(name, "is required");
    if (!value->is_array())
        return wrong(name, "must be an array of objects");
    std::vector<Reader> out;
    for (const auto& element : value->get_array()) {
        if (!element.is_object())
            return wrong(name, "must be an array of objects");
        out.push_back(Reader(std::make_unique<Impl>(element.get_object())));
    }
    return out;
}

Result<std::optional<Reader>> Reader::optional_object_or_empty_array(std::string_view name)
{
    const auto* value = m_impl->find(name);
    if (value != nullptr && value->is_array() && value->get_array().empty())
        return Reader(std::make_unique<Impl>(bj::object{}));
    return optional_object(name);
}

Status Reader::finish() const
{
    for (const auto& member : m_impl->object) {
        const std::string_view name(member.key().data(), member.key().size());
        if (!m_impl->read.contains(name))
            return wrong(name.substr(0, 64), "is not known here");
    }
    return {};
}

std::string& Writer::member(std::string_view name)
{
    if (!m_members.empty())
        m_members += ',';
    return m_members.append(json_string(name)).append(1, ':');
}

Writer& Writer::text(std::string_view name, std::string_view value)
{
    member(name) += json_string(value);
    return *this;
}

Writer& Writer::integer(std::string_view name, std::int64_t value)
{
    member(name) += std::to_string(value);
    return *this;
}

Writer& Writer::boolean(std::string_view name, bool value)
{
    member(name) += value ? "true" : "false";
    return *this;
}

Writer& Writer::base64url(std::string_view name, ByteView value)
{
    return text(name, base64url_encode(value));
}

Writer& Writer::texts(std::string_view name, const std::vector<std::string>& values)
{
    std::string list;
    for (const auto& value : values)
        list.append(list.empty() ? "" : ",").append(json_string(value));
    member(name).append("[").append(list).append("]");
    return *this;
}

Writer& Writer::object(std::string_view name, const Writer& value)
{
    member(name) += value.str();
    return *this;
}

Writer& Writer::objects(std::string_view name, const std::vector<Writer>& values)
{
    member(name) += array_text(values);
    return *this;
}

std::string array_text(const std::vector<Writer>& values)
{
    std::string list;
    for (const auto& value : values)
        list.append(list.empty() ? "" : ",").append(value.str());
    return "[" + list + "]";
}

}
