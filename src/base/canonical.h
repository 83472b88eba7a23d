// The one canonical encoding of everything that is signed, hashed or sealed outside ASN.1: a
// sequence of fields, each a 4-byte big-endian length and that many bytes. Integers are fields of
// 8 bytes, big-endian, times Unix milliseconds; texts are UTF-8; a list is its count followed by its
// elements. The first field is a tag such as "QSS-SAD-v1" that names the structure. Specified in
// docs/protocol-sam.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"

namespace qss {

class CanonicalWriter {
public:
    explicit CanonicalWriter(std::string_view tag) { text(tag); }

    CanonicalWriter& bytes(ByteView value);
    CanonicalWriter& text(std::string_view value) { return bytes(as_bytes(value)); }
    CanonicalWriter& u64(std::uint64_t value);
    CanonicalWriter& time(TimePoint value); // Unix milliseconds; 1970 to 9999

    [[nodiscard]] const Bytes& encoded() const { return m_out; }
    Bytes take() { return std::move(m_out); }

private:
    Bytes m_out;
};

// Reads what CanonicalWriter wrote, strictly: the tag first, `finish()` last, which refuses bytes
// left over. The view must outlive the reader and what it returned by view.
class CanonicalReader {
public:
    static Result<CanonicalReader> open(ByteView encoded, std::string_view tag);

    Result<ByteView> bytes(std::size_t max_size);
    Result<ByteView> bytes_exactly(std::size_t size);
    Result<std::string> text(std::size_t max_size); // valid UTF-8 without NUL
    Result<std::uint64_t> u64();
    Result<TimePoint> time();
    Result<std::size_t> count(std::size_t max); // of a list
    template <class IdType>
    Result<IdType> id()
    {
        TRY_ASSIGN(value, bytes_exactly(IdType::size_bytes));
        return IdType::from_bytes(value);
    }
    Status finish() const;

private:
    explicit CanonicalReader(ByteView rest) : m_rest(rest) {}
    ByteView m_rest;
};

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
[[nodiscard]] bool is_valid_utf8(std::string_view text);

}
