#include "client/json.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/encoding.h"

namespace qss::client {

namespace {

constexpr std::size_t depth_limit = 16;

Error wrong(std::string_view name, std::string_view what)
{
    return {ErrorCode::malformed, "the answer's \"" + std::string(name) + "\" is not " + std::string(what)};
}

template <class Decode>
Result<Bytes> decoded(const json::object& object, std::string_view name, Decode decode, std::string_view what)
{
    TRY_ASSIGN(text, text_member(object, name));
    auto bytes = decode(text);
    if (!bytes)
        return fail(wrong(name, what));
    return bytes;
}

void indent(std::string& out, const json::value& value, std::size_t level)
{
    const std::string margin(2 * (level + 1), ' ');
    if (const auto* object = value.if_object(); object != nullptr && !object->empty()) {
        std::string_view separator = "{\n";
        for (const auto& [key, member] : *object) {
            out += std::string(separator) + margin + json::serialize(json::string(key)) + ": ";
            indent(out, member, level + 1);
            separator = ",\n";
        }
        out += "\n" + std::string(2 * level, ' ') + "}";
    } else if (const auto* array = value.if_array(); array != nullptr && !array->empty()) {
        std::string_view separator = "[\n";
        for (const auto& element : *array) {
            out += std::string(separator) + margin;
            indent(out, element, level + 1);
            separator = ",\n";
        }
        out += "\n" + std::string(2 * level, ' ') + "]";
    } else {
        out += json::serialize(value);
    }
}

// What the statuses of the service mean to a caller (docs: api/).
ErrorCode code_of(int status)
{
    switch (status) {
    case 401: return ErrorCode::unauthenticated;
    case 402: return ErrorCode::quota_reached;
    case 403: return ErrorCode::forbidden;
    case 404: return ErrorCode::not_found;
    case 405: return ErrorCode::unsupported;
    case 408:
    case 504: return ErrorCode::timed_out;
    case 409: return ErrorCode::conflict;
    case 410: return ErrorCode::gone;
    case 413: return ErrorCode::too_large;
    case 423: return ErrorCode::locked;
    case 429: return ErrorCode::rate_limited;
    case 502:
    case 503: return ErrorCode::unavailable;
    default: return status >= 500 ? ErrorCode::internal : ErrorCode::invalid_argument;
    }
}

}

Result<json::object> parse_object(std::string_view text)
{
    json::parse_options options;
    options.max_depth = depth_limit;
    boost::system::error_code error;
    auto value = json::parse(text, error, {}, options);
    if (error)
        return fail(ErrorCode::malformed, "not JSON: " + error.message());
    if (!value.is_object())
        return fail(ErrorCode::malformed, "not a JSON object");
    return std::move(value.get_object());
}

Result<std::string> text_member(const json::object& object, std::string_view name)
{
    const auto* value = object.if_contains(name);
    if (value == nullptr || !value->is_string())
        return fail(wrong(name, "a text"));
    return std::string(value->get_string());
}

std::string text_member_or(const json::object& object, std::string_view name, std::string_view otherwise)
{
    return text_member(object, name).value_or(std::string(otherwise));
}

Result<std::int64_t> integer_member(const json::object& object, std::string_view name)
{
    const auto* value = object.if_contains(name);
    boost::system::error_code error;
    const auto number = value != nullptr ? value->to_number<std::int64_t>(error) : 0;
    if (value == nullptr || error)
        return fail(wrong(name, "an integer"));
    return number;
}

Result<bool> bool_member(const json::object& object, std::string_view name)
{
    const auto* value = object.if_contains(name);
    if (value == nullptr || !value->is_bool())
        return fail(wrong(name, "true or false"));
    return value->get_bool();
}

Result<json::object> object_member(const json::object& object, std::string_view name)
{
    const auto* value = object.if_contains(name);
    if (value == nullptr || !value->is_object())
        return fail(wrong(name, "an object"));
    return value->get_object();
}

Result<json::array> array_member(const json::object& object, std::string_view name)
{
    const auto* value = object.if_contains(name);
    if (value == nullptr || !value->is_array())
        return fail(wrong(name, "a list"));
    return value->get_array();
}

Result<std::vector<std::string>> texts_member(const json::object& object, std::string_view name)
{
    TRY_ASSIGN(array, array_member(object, name));
    std::vector<std::string> texts;
    for (const auto& element : array) {
        if (!element.is_string())
            return fail(wrong(name, "a list of texts"));
        texts.emplace_back(element.get_string());
    }
    return texts;
}

Result<Bytes> base64url_member(const json::object& object, std::string_view name)
{
    return decoded(object, name, base64url_decode, "base64url");
}

Result<Bytes> hex_member(const json::object& object, std::string_view name)
{
    return decoded(object, name, hex_decode, "hexadecimal");
}

std::string to_text(const json::value& value)
{
    return json::serialize(value);
}

std::string to_pretty_text(const json::value& value)
{
    std::string out;
    indent(out, value, 0);
    return out + "\n";
}

Status check_success(const HttpAnswer& answer)
{
    if (answer.status >= 200 && answer.status <= 299)
        return {};
    std::string detail = "HTTP " + std::to_string(answer.status);
    if (const auto body = parse_object(answer.body)) {
        for (const auto* name : {"description", "title", "detail", "code", "id"})
            if (const auto text = text_member_or(*body, name, ""); !text.empty())
                detail += ", " + (name == std::string_view("code") || name == std::string_view("id")
                                      ? std::string(name) + " " + text
                                      : text);
        if (const auto* errors = body->if_contains("errors"); errors != nullptr && errors->is_object())
            for (const auto& [name, text] : errors->get_object())
                if (text.is_string() && detail.find(text.get_string().c_str()) == std::string::npos)
                    detail += ", " + std::string(text.get_string());
        if (const auto left = integer_member(*body, "tries_left"))
            detail += ", tries left: " + std::to_string(*left);
    }
    if (const auto wait = answer.header("Retry-After"))
        detail += ", retry after " + std::string(*wait) + " s";
    return fail(code_of(answer.status), detail);
}

}
