// Hash algorithms and digests. A `Digest` has the right length for its algorithm from birth
// (TS 119 431-1 SIG-6.3.1-10). Pure; safe from any thread.
#pragma once

#include "base/bytes.h"
#include "base/result.h"

namespace qss::crypto {

enum class HashAlgorithm { sha256, sha384, sha512 };

[[nodiscard]] std::size_t digest_size(HashAlgorithm algorithm); // bytes
[[nodiscard]] std::string_view to_string(HashAlgorithm algorithm); // "SHA-256"
[[nodiscard]] std::string_view oid(HashAlgorithm algorithm);    // dotted, NIST CSOR

class Digest {
public:
    static Result<Digest> from_bytes(HashAlgorithm algorithm, ByteView bytes);
    static Digest of(HashAlgorithm algorithm, ByteView data);

    [[nodiscard]] HashAlgorithm algorithm() const { return m_algorithm; }
    [[nodiscard]] ByteView bytes() const { return m_bytes; }

    friend bool operator==(const Digest&, const Digest&) = default;

private:
    Digest(HashAlgorithm algorithm, Bytes bytes) : m_algorithm(algorithm), m_bytes(std::move(bytes)) {}
    HashAlgorithm m_algorithm;
    Bytes m_bytes;
};

Bytes sha256(ByteView data);                       // 32 bytes
Bytes sha1(ByteView data); // 20 bytes; for identifiers that standards fix, never for security
Bytes hmac_sha256(ByteView key, ByteView data); // 32 bytes

}
