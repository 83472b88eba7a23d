// What the ceremony fixed, and officers' orders change: whose CA this is, and which keys of others it
// believes. Kept sealed by the key store: a flipped byte stops the CA. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "ca/orders.h"
#include "crypto/algorithms.h"
#include "proto/ca.pb.h"
#include "role/role_main.h"

namespace qss::ca {

using role::Mode;

struct Officer {
    std::string name;
    Bytes spki; // P-256, DER

    static Result<Officer> make(std::string name, ByteView spki);
};

inline constexpr std::size_t max_officers = 16;
inline constexpr std::size_t max_former_officers = 256;

// Not RSA-2048.
Result<crypto::KeyType> authority_key_type(std::string_view name);

struct Settings { // encoded as "QSS-CA-SETTINGS-v1", in this order
    Mode mode = Mode::production;
    std::string country;
    std::string organisation;
    std::string organisation_identifier;
    std::string public_host;
    crypto::KeyType key_type = crypto::KeyType::p256;      // of the issuing CA
    crypto::KeyType root_key_type = crypto::KeyType::p256;
    std::string own_policy; // OID; under 1.3.6.1.4.1.32473, RFC 5612's for examples, in a sandbox only
    Bytes sam_evidence_spki;
    Bytes ocsp_spki;
    Bytes tsa_spki; // of the time-stamping unit; empty: there is none
    std::vector<Officer> officers;
    std::vector<Officer> former_officers; // their statements count where they were accepted already
    std::vector<std::string> server_names;
    std::uint32_t revocations_per_hour = 100; // that qss-api may ask for; officers order the rest
    std::map<pki::ProfileId, std::chrono::days> lifetimes; // shorter than the profile's
    std::map<Authority, std::string> names;                // common names, without mark and generation
    std::chrono::days arl_life{365};                       // of the root's list while its key is offline
    std::uint32_t crl_shards = 1;                          // lists of each issuing CA
    Bytes installation; // SHA-256 of the first root's certificate: orders name it; empty before the ceremony

    [[nodiscard]] Bytes encode() const;
    static Result<Settings> decode(ByteView encoding);
    // invalid_argument, saying what is wrong.
    static Result<Settings> from_request(const proto::ca::InitialiseRequest& request);

    [[nodiscard]] std::chrono::days lifetime(pki::ProfileId profile) const;
    [[nodiscard]] std::string name_of(const AuthorityId& authority) const; // "Root CA", "Root CA G2"
    [[nodiscard]] std::uint32_t lists_of(Authority kind) const; // the access CA has none
    [[nodiscard]] ListId list_of(const AuthorityId& authority, ByteView serial) const; // that covers it
    [[nodiscard]] std::string distribution_point(const ListId& list) const; // URL; empty: it covers all
    [[nodiscard]] const Officer* find_officer(ByteView key_id) const; // SHA-256 of the SPKI; not a former one

    // "TEST " in a sandbox: its certificates say so (OVR-6.9.2-01).
    [[nodiscard]] std::string marked(std::string_view name) const;
};

}
