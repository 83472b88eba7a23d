// The CBOR (RFC 8949) that WebAuthn's structures are made of, pulled item by item: definite lengths,
// shortest heads (CTAP2 canonical form), integers, strings, arrays and maps; tags, floats and simple
// values are refused. A reader asks for what must come next, so nothing nests deeper than its caller
// expects. libcbor's streaming decoder does the work: it allocates nothing. Pure.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace qss::webauthn {

class CborReader {
public:
    // The view must outlive the reader and what it returned by view.
    explicit CborReader(ByteView encoded) : m_rest(encoded) {}

    // Each is `malformed` if the next item is anything else.
    Status map(std::size_t pairs);
    Result<std::size_t> map_up_to(std::size_t max_pairs);
    Result<std::size_t> array_up_to(std::size_t max_items);
    Result<std::int64_t> integer();
    Status integer_is(std::int64_t expected);
    Result<std::string_view> text(std::size_t max_size);
    Result<ByteView> bytes(std::size_t max_size);
    Status finish() const; // nothing is left over

private:
    struct Item;
    Result<Item> next();
    ByteView m_rest;
};

// The same forms written, for the software authenticator.
class CborWriter {
public:
    CborWriter& map(std::size_t pairs);
    CborWriter& array(std::size_t items);
    CborWriter& integer(std::int64_t value);
    CborWriter& text(std::string_view value);
    CborWriter& bytes(ByteView value);
    Bytes take() { return std::move(m_out); }

private:
    void head(std::size_t (*encode)(std::size_t, unsigned char*, std::size_t), std::size_t value);
    Bytes m_out;
};

}
