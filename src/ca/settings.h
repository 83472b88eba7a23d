// What the ceremony fixed for good: whose CA this is, and which keys of others it believes. Kept sealed
// by the key store: a flipped byte stops the CA. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/algorithms.h"
#include "proto/ca.pb.h"
#include "role/role_main.h"

namespace qss::ca {

using role::Mode;

struct Officer {
    std::string name;
    Bytes spki; // P-256, DER
};

struct Settings { // encoded as "QSS-CA-SETTINGS-v1", in this order
    Mode mode = Mode::production;
    std::string country;
    std::string organisation;
    std::string organisation_identifier;
    std::string public_host;
    crypto::KeyType key_type = crypto::KeyType::p256;
    std::string own_policy; // OID; under 1.3.6.1.4.1.32473, RFC 5612's for examples, in a sandbox only
    Bytes sam_evidence_spki;
    Bytes ocsp_spki;
    std::vector<Officer> officers;
    std::vector<std::string> server_names;
    std::uint32_t revocations_per_hour = 100; // that qss-api may ask for; officers order the rest

    [[nodiscard]] Bytes encode() const;
    static Result<Settings> decode(ByteView encoding);
    // invalid_argument, saying what is wrong.
    static Result<Settings> from_request(const proto::ca::InitialiseRequest& request);

    // "TEST " in a sandbox: its certificates say so (OVR-6.9.2-01).
    [[nodiscard]] std::string marked(std::string_view name) const;
};

}
