// One shape for all long-lived rows of the SAM's record: the columns that SQL searches by, and
// `contents`, a canonical encoding of the rest. The seal covers all of them. Pure values.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace qss::sam {

enum class Kind : std::int64_t {
    config = 0,
    signer = 1,
    authenticator = 2,
    key = 3,
    session = 4,
    enrolment_key = 5,
    carried_order = 6,
};

struct Row {
    Kind kind = Kind::config;
    Bytes id;
    Bytes owner;                  // what it belongs to: a signer's id
    std::optional<Bytes> lookup;  // unique among the rows of its kind
    std::int64_t state = 0;
    std::int64_t due_unix_ms = 0;
    Bytes contents;
    std::int64_t version = 0;     // 0: not stored yet; counted by the record
    Bytes seal;                   // by the record; empty: not stored yet

    [[nodiscard]] Bytes sealed_encoding() const; // everything but the seal
};

// A keyed multiset hash (MSet-Add-Hash, Clarke et al. 2003): the sum mod 2^256 of a pseudo-random value
// for each row. Adding and removing rows costs one addition; the sum itself is never stored, only a
// seal over it, so that nobody learns the values to look for collisions.
class MultisetSum {
public:
    void add(ByteView element);      // 32 bytes
    void subtract(ByteView element); // 32 bytes
    void add(const MultisetSum& other);
    [[nodiscard]] Bytes bytes() const; // 32
    friend bool operator==(const MultisetSum&, const MultisetSum&) = default;

private:
    std::array<std::uint64_t, 4> m_words{}; // least significant first
};

}
