#include "webauthn/cbor.h"

#include <cbor.h>

namespace qss::webauthn {

namespace {

enum class Kind { other, unsigned_integer, negative_integer, bytes, text, array, map };

std::size_t shortest_head(std::uint64_t value)
{
    if (value < 24)
        return 1;
    if (value <= 0xFF)
        return 2;
    if (value <= 0xFFFF)
        return 3;
    return value <= 0xFFFFFFFF ? 5 : 9;
}

}

// `value` is the integer (n for -1-n), the length of a string, or the count of a collection.
struct CborReader::Item {
    Kind kind = Kind::other;
    std::uint64_t value = 0;
    ByteView content; // of a string

    template <Kind K, class T>
    static void number(void* context, T value)
    {
        *static_cast<Item*>(context) = {K, value, {}};
    }

    template <Kind K>
    static void string(void* context, cbor_data data, std::size_t size)
    {
        *static_cast<Item*>(context) = {K, size, {data, size}};
    }

    // What stays at libcbor's empty callbacks leaves `other`.
    static cbor_callbacks callbacks()
    {
        cbor_callbacks table = cbor_empty_callbacks;
        table.uint8 = number<Kind::unsigned_integer, std::uint8_t>;
        table.uint16 = number<Kind::unsigned_integer, std::uint16_t>;
        table.uint32 = number<Kind::unsigned_integer, std::uint32_t>;
        table.uint64 = number<Kind::unsigned_integer, std::uint64_t>;
        table.negint8 = number<Kind::negative_integer, std::uint8_t>;
        table.negint16 = number<Kind::negative_integer, std::uint16_t>;
        table.negint32 = number<Kind::negative_integer, std::uint32_t>;
        table.negint64 = number<Kind::negative_integer, std::uint64_t>;
        table.byte_string = string<Kind::bytes>;
        table.string = string<Kind::text>;
        table.array_start = number<Kind::array, std::size_t>;
        table.map_start = number<Kind::map, std::size_t>;
        return table;
    }
};

Result<CborReader::Item> CborReader::next()
{
    static const auto callbacks = Item::callbacks();
    if (m_rest.empty())
        return fail(ErrorCode::malformed, "CBOR: cut off");
    Item item;
    const auto decoded = cbor_stream_decode(m_rest.data(), m_rest.size(), &callbacks, &item);
    if (decoded.status != CBOR_DECODER_FINISHED)
        return fail(ErrorCode::malformed, "CBOR: not well-formed, or cut off");
    if (item.kind == Kind::other)
        return fail(ErrorCode::malformed, "CBOR: a form that WebAuthn does not use");
    if (decoded.read != shortest_head(item.value) + item.content.size())
        return fail(ErrorCode::malformed, "CBOR: not the shortest form");
    m_rest = m_rest.subspan(decoded.read);
    return item;
}

Result<std::size_t> CborReader::map_up_to(std::size_t max_pairs)
{
    TRY_ASSIGN(item, next());
    if (item.kind != Kind::map || item.value > max_pairs)
        return fail(ErrorCode::malformed, "CBOR: not a map of the size expected");
    return static_cast<std::size_t>(item.value);
}

Status CborReader::map(std::size_t pairs)
{
    TRY_ASSIGN(found, map_up_to(pairs));
    if (found != pairs)
        return fail(ErrorCode::malformed, "CBOR: a map lacks members");
    return {};
}

Result<std::size_t> CborReader::array_up_to(std::size_t max_items)
{
    TRY_ASSIGN(item, next());
    if (item.kind != Kind::array || item.value > max_items)
        return fail(ErrorCode::malformed, "CBOR: not an array of the size expected");
    return static_cast<std::size_t>(item.value);
}

Result<std::int64_t> CborReader::integer()
{
    TRY_ASSIGN(item, next());
    const bool is_negative = item.kind == Kind::negative_integer;
    if ((item.kind != Kind::unsigned_integer && !is_negative) || item.value > INT64_MAX)
        return fail(ErrorCode::malformed, "CBOR: not an integer");
    const auto value = static_cast<std::int64_t>(item.value);
    return is_negative ? -1 - value : value;
}

Status CborReader::integer_is(std::int64_t expected)
{
    TRY_ASSIGN(found, integer());
    if (found != expected)
        return fail(ErrorCode::malformed,
                    "CBOR: " + std::to_string(found) + " where " + std::to_string(expected) + " must be");
    return {};
}

Result<std::string_view> CborReader::text(std::size_t max_size)
{
    TRY_ASSIGN(item, next());
    if (item.kind != Kind::text || item.value > max_size)
        return fail(ErrorCode::malformed, "CBOR: not a text of the size expected");
    return as_text(item.content);
}

Result<ByteView> CborReader::bytes(std::size_t max_size)
{
    TRY_ASSIGN(item, next());
    if (item.kind != Kind::bytes || item.value > max_size)
        return fail(ErrorCode::malformed, "CBOR: not a byte string of the size expected");
    return item.content;
}

Status CborReader::finish() const
{
    if (!m_rest.empty())
        return fail(ErrorCode::malformed, "CBOR: bytes left over");
    return {};
}

void CborWriter::head(std::size_t (*encode)(std::size_t, unsigned char*, std::size_t), std::size_t value)
{
    unsigned char buffer[9];
    const auto size = encode(value, buffer, sizeof buffer);
    QSS_ASSERT(size > 0);
    m_out.insert(m_out.end(), buffer, buffer + size);
}

CborWriter& CborWriter::map(std::size_t pairs)
{
    head(cbor_encode_map_start, pairs);
    return *this;
}

CborWriter& CborWriter::array(std::size_t items)
{
    head(cbor_encode_array_start, items);
    return *this;
}

CborWriter& CborWriter::integer(std::int64_t value)
{
    if (value >= 0)
        head(cbor_encode_uint, static_cast<std::uint64_t>(value));
    else
        head(cbor_encode_negint, static_cast<std::uint64_t>(-1 - value));
    return *this;
}

CborWriter& CborWriter::text(std::string_view value)
{
    head(cbor_encode_string_start, value.size());
    m_out.insert(m_out.end(), value.begin(), value.end());
    return *this;
}

CborWriter& CborWriter::bytes(ByteView value)
{
    head(cbor_encode_bytestring_start, value.size());
    m_out.insert(m_out.end(), value.begin(), value.end());
    return *this;
}

}
