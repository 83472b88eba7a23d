#include "base/canonical.h"

#include <limits>

namespace qss {

namespace {

constexpr std::int64_t last_unix_ms = 253'402'300'799'999; // 9999-12-31T23:59:59.999Z

}

CanonicalWriter& CanonicalWriter::bytes(ByteView value)
{
    QSS_ASSERT(value.size() <= std::numeric_limits<std::uint32_t>::max());
    const auto size = static_cast<std::uint32_t>(value.size());
    for (int shift = 24; shift >= 0; shift -= 8)
        m_out.push_back(static_cast<std::uint8_t>(size >> shift));
    m_out.insert(m_out.end(), value.begin(), value.end());
    return *this;
}

CanonicalWriter& CanonicalWriter::u64(std::uint64_t value)
{
    std::uint8_t encoded[8];
    for (int i = 0; i < 8; ++i)
        encoded[i] = static_cast<std::uint8_t>(value >> (56 - 8 * i));
    return bytes(encoded);
}

CanonicalWriter& CanonicalWriter::time(TimePoint value)
{
    const auto unix_ms = to_unix_ms(value);
    QSS_ASSERT(unix_ms >= 0 && unix_ms <= last_unix_ms);
    return u64(static_cast<std::uint64_t>(unix_ms));
}

Result<CanonicalReader> CanonicalReader::open(ByteView encoded, std::string_view tag)
{
    CanonicalReader reader(encoded);
    TRY_ASSIGN(found, reader.bytes(tag.size()));
    if (as_text(found) != tag)
        return fail(ErrorCode::malformed, "not a " + std::string(tag));
    return reader;
}

Result<ByteView> CanonicalReader::bytes(std::size_t max_size)
{
    if (m_rest.size() < 4)
        return fail(ErrorCode::malformed, "canonical encoding: cut off in a length");
    std::uint32_t size = 0;
    for (int i = 0; i < 4; ++i)
        size = (size << 8) | m_rest[static_cast<std::size_t>(i)];
    if (size > max_size)
        return fail(ErrorCode::malformed, "canonical encoding: a field is too long");
    if (m_rest.size() - 4 < size)
        return fail(ErrorCode::malformed, "canonical encoding: cut off in a field");
    const auto value = m_rest.subspan(4, size);
    m_rest = m_rest.subspan(4 + size);
    return value;
}

Result<ByteView> CanonicalReader::bytes_exactly(std::size_t size)
{
    TRY_ASSIGN(value, bytes(size));
    if (value.size() != size)
        return fail(ErrorCode::malformed, "canonical encoding: a field has the wrong length");
    return value;
}

Result<std::string> CanonicalReader::text(std::size_t max_size)
{
    TRY_ASSIGN(value, bytes(max_size));
    const auto view = as_text(value);
    if (!is_valid_utf8(view) || view.find('\0') != std::string_view::npos)
        return fail(ErrorCode::malformed, "canonical encoding: a text is not UTF-8");
    return std::string(view);
}

Result<std::uint64_t> CanonicalReader::u64()
{
    TRY_ASSIGN(value, bytes_exactly(8));
    std::uint64_t number = 0;
    for (const auto byte : value)
        number = (number << 8) | byte;
    return number;
}

Result<TimePoint> CanonicalReader::time()
{
    TRY_ASSIGN(unix_ms, u64());
    if (unix_ms > static_cast<std::uint64_t>(last_unix_ms))
        return fail(ErrorCode::malformed, "canonical encoding: a time is after the year 9999");
    return from_unix_ms(static_cast<std::int64_t>(unix_ms));
}

Result<std::size_t> CanonicalReader::count(std::size_t max)
{
    TRY_ASSIGN(number, u64());
    if (number > max)
        return fail(ErrorCode::malformed, "canonical encoding: a list is too long");
    return static_cast<std::size_t>(number);
}

Status CanonicalReader::finish() const
{
    if (!m_rest.empty())
        return fail(ErrorCode::malformed, "canonical encoding: bytes left over");
    return {};
}

bool is_valid_utf8(std::string_view text)
{
    std::size_t i = 0;
    while (i < text.size()) {
        const auto lead = static_cast<unsigned char>(text[i]);
        std::size_t more = 0;
        std::uint32_t point = lead;
        std::uint32_t least = 0;
        if (lead >= 0xF0 && lead <= 0xF4) {
            more = 3, point = lead & 0x07U, least = 0x10000;
        } else if (lead >= 0xE0 && lead < 0xF0) {
            more = 2, point = lead & 0x0FU, least = 0x800;
        } else if (lead >= 0xC2 && lead < 0xE0) {
            more = 1, point = lead & 0x1FU, least = 0x80;
        } else if (lead >= 0x80) {
            return false;
        }
        if (text.size() - i <= more)
            return false;
        for (std::size_t k = 1; k <= more; ++k) {
            const auto next = static_cast<unsigned char>(text[i + k]);
            if ((next & 0xC0U) != 0x80U)
                return false;
            point = (point << 6) | (next & 0x3FU);
        }
        if (point < least || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
            return false;
        i += more + 1;
    }
    return true;
}

}
