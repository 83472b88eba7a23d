// The one table of key types and signature algorithms with their sunset dates (TS 119 312 V2.1.1).
// Pure.
#pragma once

#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/digest.h"

namespace qss::crypto {

enum class KeyType { rsa2048, rsa3072, rsa4096, p256, p384 };

enum class SignatureAlgorithm {
    rsa_pkcs1_sha256,
    rsa_pkcs1_sha384,
    rsa_pkcs1_sha512,
    rsa_pss_sha256,
    rsa_pss_sha384,
    rsa_pss_sha512,
    ecdsa_sha256,
    ecdsa_sha384,
    ecdsa_sha512,
};

// Names as configuration, wire and docs have them: "RSA-3072", "P-256".
[[nodiscard]] std::string_view to_string(KeyType type);
Result<KeyType> key_type_from_string(std::string_view name);
[[nodiscard]] bool is_rsa(KeyType type);
[[nodiscard]] int rsa_bits(KeyType type); // 0 for elliptic curves

// No new key and no new certificate for this type from then on.
[[nodiscard]] TimePoint issuance_sunset(KeyType type);
// No signature with this type from then on.
[[nodiscard]] TimePoint use_sunset(KeyType type);
Status check_may_issue(KeyType type, TimePoint now);
// A type on its way out: a key of it gets one certificate and no second (TS 119 312 V2.1.1 8.4).
[[nodiscard]] bool is_certified_once(KeyType type);
Status check_may_sign(KeyType type, TimePoint now);

// "RSA-PKCS1-SHA256", "RSA-PSS-SHA256", "ECDSA-SHA256", ...
[[nodiscard]] std::string_view to_string(SignatureAlgorithm algorithm);
Result<SignatureAlgorithm> signature_algorithm_from_string(std::string_view name);
[[nodiscard]] std::string_view oid(SignatureAlgorithm algorithm); // RSASSA-PSS has one for all hashes
[[nodiscard]] HashAlgorithm hash_of(SignatureAlgorithm algorithm);
[[nodiscard]] bool fits(SignatureAlgorithm algorithm, KeyType type);
// PKCS#1 v1.5 for RSA, ECDSA with the curve's own strength otherwise.
[[nodiscard]] SignatureAlgorithm default_signature_algorithm(KeyType type);

}
