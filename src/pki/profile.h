// Certificate profiles as data (EN 319 412-2, 412-5 and 411-2; RFC 5280). One builder
// (certificate_builder.h) turns a profile and its contents into bytes; one lint (lint.h) reads the
// result back and compares. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace qss::pki {

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
};

// RFC 5280 4.2.1.3; bit 0 is the most significant of 16.
enum KeyUsage : std::uint16_t {
    digital_signature = 0x8000,
    content_commitment = 0x4000,
    key_cert_sign = 0x0400,
    crl_sign = 0x0200,
};

enum class CaRole { end_entity, any_path, path_zero };
enum class Policies { none, any, own, qualified_and_own };
enum class Feature : std::uint8_t {
    none = 0,
    crl_point = 1,
    ca_issuers = 2,
    ocsp = 4,
    ocsp_no_check = 8,
    qc_statements = 16,
    alt_names = 32,
};
constexpr Feature operator|(Feature a, Feature b)
{
    return static_cast<Feature>(static_cast<std::uint8_t>(a) | static_cast<std::uint8_t>(b));
}

struct Profile {
    ProfileId id;
    std::string_view name;
    CaRole ca;
    std::uint16_t key_usage;             // always critical
    std::string_view extended_key_usage; // one OID, not critical; or empty
    Policies policies;
    Feature features;
    std::chrono::days max_validity;

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

}
