#include "statements/named_values.h"

#include "base/canonical.h"
#include "base/limits.h"

namespace qss::statements {

namespace {

constexpr std::string_view tag = "QSS-VALUES-v1";
constexpr std::size_t max_values = 64;
constexpr std::size_t max_name = 64;
constexpr std::size_t max_value = 16 * 1024;

}

Result<NamedValues> NamedValues::decode(ByteView encoding)
{
    TRY_ASSIGN(reader, CanonicalReader::open(encoding, tag));
    TRY_ASSIGN(count, reader.count(max_values));
    NamedValues out;
    for (std::size_t i = 0; i < count; ++i) {
        TRY_ASSIGN(name, reader.text(max_name));
        TRY_ASSIGN(value, reader.bytes(max_value));
        if (!out.m_values.empty() && name <= out.m_values.rbegin()->first)
            return fail(ErrorCode::malformed, "values are not in the order of their names");
        out.m_values.emplace(std::move(name), to_bytes(value));
    }
    TRY(reader.finish());
    return out;
}

Bytes NamedValues::encode() const
{
    CanonicalWriter writer(tag);
    writer.u64(m_values.size());
    for (const auto& [name, value] : m_values)
        writer.text(name).bytes(value);
    return writer.take();
}

NamedValues& NamedValues::set(std::string_view name, ByteView value)
{
    QSS_ASSERT(!name.empty() && name.size() <= max_name && value.size() <= max_value);
    m_values.insert_or_assign(std::string(name), to_bytes(value));
    return *this;
}

Result<Bytes> NamedValues::take(std::string_view name)
{
    const auto found = m_values.find(name);
    if (found == m_values.end())
        return fail(ErrorCode::invalid_argument, "the order has no " + std::string(name));
    auto value = std::move(found->second);
    m_values.erase(found);
    return value;
}

Result<std::string> NamedValues::take_text(std::string_view name)
{
    TRY_ASSIGN(value, take(name));
    auto text = to_string(ByteView(value));
    if (text.empty() || text.size() > limits::name_size || text.find('\0') != std::string::npos ||
        !is_valid_utf8(text))
        return fail(ErrorCode::invalid_argument, std::string(name) + " is no text of up to 200 bytes");
    return text;
}

Status NamedValues::finish() const
{
    if (!m_values.empty())
        return fail(ErrorCode::invalid_argument,
                    "this order takes no " + m_values.begin()->first + ": nothing was done");
    return {};
}

}
