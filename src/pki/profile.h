// Certificate profiles as data (EN 319 412-2, 412-3, 412-5 and 411-2; EN 319 422 for the TSU; RFC 5280). One
// builder (certificate_builder.h) turns a profile and its contents into bytes; one lint (lint.h) reads the
// result back and compares. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace qss::pki {

// The CA's record keeps the number: new ones come last.
enum class ProfileId {
    root,
    issuing_ca,
    access_ca,
    natural_person_esign, // QCP-n-qscd
    sam_evidence,         // under the root
    officer,              // under the root
    ocsp_responder,       // under the root or the issuing CA
    client,               // under the access CA
    server,               // under the access CA, sandbox only
    tsu,                  // under the issuing CA
    legal_person_eseal,   // QCP-l-qscd
    natural_person_short, // revocable, and short
    legal_person_short,
    natural_person_assured, // validity-assured: never revoked
    legal_person_assured,
    root_cross,           // a root by another root: cross-over of a re-key (RFC 4210 4.4)
};
inline constexpr std::size_t profile_count = 16;

// RFC 5280 4.2.1.3; bit 0 is the most significant of 16.
enum KeyUsage : std::uint16_t {
    digital_signature = 0x8000,
    content_commitment = 0x4000,
    key_cert_sign = 0x0400,
    crl_sign = 0x0200,
};

enum class CaRole { end_entity, any_path, path_zero };
enum class Policies { none, any, own, qualified_and_own };
enum class SubjectKind { provider, natural_person, legal_person, machine };

enum class Feature : std::uint8_t {
    none = 0,
    crl_point = 1,
    ca_issuers = 2,
    ocsp = 4,
    ocsp_no_check = 8,
    alt_names = 16,
    critical_purpose = 32, // RFC 3161 2.3: of the TSU
    validity_assured = 64, // EN 319 412-1 5.2, with noRevAvail (RFC 9608)
};
constexpr Feature operator|(Feature a, Feature b)
{
    return static_cast<Feature>(static_cast<std::uint8_t>(a) | static_cast<std::uint8_t>(b));
}

// What makes a certificate a qualified one, as OIDs.
struct Qualified {
    std::string_view policy;    // EN 319 411-2 5.3
    std::string_view type;      // QcType (EN 319 412-5 4.2.3)
    std::string_view semantics; // the identifier's, when claimed (EN 319 412-1 5.1)
};

struct Profile {
    ProfileId id;
    std::string_view name;
    CaRole ca;
    SubjectKind subject;
    std::uint16_t key_usage;             // always critical
    std::string_view extended_key_usage; // one OID, or empty
    Policies policies;
    const Qualified* qualified; // null: no qcStatements
    Feature features;
    std::chrono::days max_validity;
    std::chrono::days key_use; // privateKeyUsagePeriod from notBefore; 0: none

    [[nodiscard]] constexpr bool has(Feature feature) const
    {
        return (static_cast<std::uint8_t>(features) & static_cast<std::uint8_t>(feature)) != 0;
    }
    [[nodiscard]] constexpr bool is_self_signed() const
    {
        return id == ProfileId::root || id == ProfileId::access_ca;
    }
};

[[nodiscard]] const Profile& profile(ProfileId id);
[[nodiscard]] const Profile* find_profile(std::string_view name); // null: none has it

}
