#include "crypto/algorithms.h"

#include <array>

namespace qss::crypto {

namespace {

using namespace std::chrono;

struct KeyRow {
    KeyType type;
    std::string_view name;
    int rsa_bits;
    TimePoint issuance_sunset;
    TimePoint use_sunset;
};

constexpr TimePoint day(int y, unsigned m, unsigned d)
{
    return sys_days(year(y) / month(m) / std::chrono::day(d));
}

// TS 119 312 V2.1.1 table 8.4: RSA below 3000 bits gets no certificate after 2026-12-31 and none may
// be used after 2028-12-31, and no key of it is certified again. The others have no date yet: the next
// edition is awaited before 2036.
constexpr auto no_date = day(2036, 1, 1);
constexpr std::array<KeyRow, 5> key_rows{{
    {KeyType::rsa2048, "RSA-2048", 2048, day(2027, 1, 1), day(2029, 1, 1)},
    {KeyType::rsa3072, "RSA-3072", 3072, no_date, no_date},
    {KeyType::rsa4096, "RSA-4096", 4096, no_date, no_date},
    {KeyType::p256, "P-256", 0, no_date, no_date},
    {KeyType::p384, "P-384", 0, no_date, no_date},
}};

struct SignatureRow {
    SignatureAlgorithm algorithm;
    std::string_view name;
    std::string_view oid;
    HashAlgorithm hash;
    bool rsa;
};

constexpr std::array<SignatureRow, 9> signature_rows{{
    {SignatureAlgorithm::rsa_pkcs1_sha256, "RSA-PKCS1-SHA256", "1.2.840.113549.1.1.11", HashAlgorithm::sha256,
     true},
    {SignatureAlgorithm::rsa_pkcs1_sha384, "RSA-PKCS1-SHA384", "1.2.840.113549.1.1.12", HashAlgorithm::sha384,
     true},
    {SignatureAlgorithm::rsa_pkcs1_sha512, "RSA-PKCS1-SHA512", "1.2.840.113549.1.1.13", HashAlgorithm::sha512,
     true},
    {SignatureAlgorithm::rsa_pss_sha256, "RSA-PSS-SHA256", "1.2.840.113549.1.1.10", HashAlgorithm::sha256,
     true},
    {SignatureAlgorithm::rsa_pss_sha384, "RSA-PSS-SHA384", "1.2.840.113549.1.1.10", HashAlgorithm::sha384,
     true},
    {SignatureAlgorithm::rsa_pss_sha512, "RSA-PSS-SHA512", "1.2.840.113549.1.1.10", HashAlgorithm::sha512,
     true},
    {SignatureAlgorithm::ecdsa_sha256, "ECDSA-SHA256", "1.2.840.10045.4.3.2", HashAlgorithm::sha256, false},
    {SignatureAlgorithm::ecdsa_sha384, "ECDSA-SHA384", "1.2.840.10045.4.3.3", HashAlgorithm::sha384, false},
    {SignatureAlgorithm::ecdsa_sha512, "ECDSA-SHA512", "1.2.840.10045.4.3.4", HashAlgorithm::sha512, false},
}};

const KeyRow& row(KeyType type)
{
    return key_rows[static_cast<std::size_t>(type)];
}

const SignatureRow& row(SignatureAlgorithm algorithm)
{
    return signature_rows[static_cast<std::size_t>(algorithm)];
}

constexpr bool in_order()
{
    for (std::size_t i = 0; i < key_rows.size(); ++i)
        if (static_cast<std::size_t>(key_rows[i].type) != i)
            return false;
    for (std::size_t i = 0; i < signature_rows.size(); ++i)
        if (static_cast<std::size_t>(signature_rows[i].algorithm) != i)
            return false;
    return true;
}
static_assert(in_order());

}

std::string_view to_string(KeyType type)
{
    return row(type).name;
}

Result<KeyType> key_type_from_string(std::string_view name)
{
    for (const auto& candidate : key_rows)
        if (candidate.name == name)
            return candidate.type;
    return fail(ErrorCode::unsupported, "key type " + std::string(name.substr(0, 32)) +
                                            "; known: RSA-2048, RSA-3072, RSA-4096, P-256, P-384");
}

bool is_rsa(KeyType type)
{
    return row(type).rsa_bits != 0;
}

int rsa_bits(KeyType type)
{
    return row(type).rsa_bits;
}

TimePoint issuance_sunset(KeyType type)
{
    return row(type).issuance_sunset;
}

TimePoint use_sunset(KeyType type)
{
    return row(type).use_sunset;
}

Status check_may_issue(KeyType type, TimePoint now)
{
    if (now >= row(type).issuance_sunset)
        return fail(ErrorCode::unsupported,
                    std::string(to_string(type)) + " gets no new key or certificate any more (TS 119 312)");
    return {};
}

bool is_certified_once(KeyType type)
{
    return row(type).issuance_sunset < no_date;
}

Status check_may_sign(KeyType type, TimePoint now)
{
    if (now >= row(type).use_sunset)
        return fail(ErrorCode::unsupported,
                    std::string(to_string(type)) + " may not sign any more (TS 119 312)");
    return {};
}

std::string_view to_string(SignatureAlgorithm algorithm)
{
    return row(algorithm).name;
}

Result<SignatureAlgorithm> signature_algorithm_from_string(std::string_view name)
{
    for (const auto& candidate : signature_rows)
        if (candidate.name == name)
            return candidate.algorithm;
    return fail(ErrorCode::unsupported, "signature algorithm " + std::string(name.substr(0, 32)));
}

std::string_view oid(SignatureAlgorithm algorithm)
{
    return row(algorithm).oid;
}

HashAlgorithm hash_of(SignatureAlgorithm algorithm)
{
    return row(algorithm).hash;
}

bool fits(SignatureAlgorithm algorithm, KeyType type)
{
    return row(algorithm).rsa == is_rsa(type);
}

SignatureAlgorithm default_signature_algorithm(KeyType type)
{
    switch (type) {
    case KeyType::p256: return SignatureAlgorithm::ecdsa_sha256;
    case KeyType::p384: return SignatureAlgorithm::ecdsa_sha384;
    default: return SignatureAlgorithm::rsa_pkcs1_sha256;
    }
}

}
