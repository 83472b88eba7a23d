#include "pki/profile.h"

#include <array>

#include "pki/name.h"

namespace qss::pki {

namespace {

using std::chrono::days;
using enum ProfileId;

constexpr auto published = Feature::crl_point | Feature::ca_issuers | Feature::ocsp;
constexpr auto ca_usage = static_cast<std::uint16_t>(key_cert_sign | crl_sign);

constexpr std::array<Profile, 9> profiles{{
    // RFC 5280 4.2.1.3, 4.2.1.9
    {root, "root", CaRole::any_path, ca_usage, "", Policies::none, Feature::none, days(20 * 365)},
    // EN 319 412-2 GEN-4.2.3.1: the issuer of qualified certificates
    {issuing_ca, "issuing_ca", CaRole::path_zero, ca_usage, "", Policies::any, published, days(10 * 365)},
    // Apart from the qualified root; what it issues is looked up, not revoked by a list.
    {access_ca, "access_ca", CaRole::path_zero, ca_usage, "", Policies::none, Feature::none, days(10 * 365)},
    // EN 319 412-2: type A, contentCommitment alone (NAT-4.3.2-1, -3)
    {natural_person_esign, "natural_person_esign", CaRole::end_entity, content_commitment, "",
     Policies::qualified_and_own, published | Feature::qc_statements, days(1095)},
    {sam_evidence, "sam_evidence", CaRole::end_entity, digital_signature, oids::purpose_sam_evidence,
     Policies::own, published, days(5 * 365)},
    {officer, "officer", CaRole::end_entity, digital_signature, oids::purpose_officer, Policies::own,
     published, days(5 * 365)},
    // RFC 6960 4.2.2.2.1: nocheck, short life; EN 319 411-2 CSS-6.6.3-01B: no OCSP AIA
    {ocsp_responder, "ocsp_responder", CaRole::end_entity, digital_signature, oids::ocsp_signing,
     Policies::none, Feature::ca_issuers | Feature::ocsp_no_check, days(90)},
    {client, "client", CaRole::end_entity, digital_signature, oids::client_auth, Policies::none,
     Feature::none, days(825)},
    {server, "server", CaRole::end_entity, digital_signature, oids::server_auth, Policies::none,
     Feature::alt_names, days(825)},
}};

constexpr bool in_order()
{
    for (std::size_t i = 0; i < profiles.size(); ++i)
        if (static_cast<std::size_t>(profiles[i].id) != i)
            return false;
    return true;
}
static_assert(in_order());

}

const Profile& profile(ProfileId id)
{
    return profiles[static_cast<std::size_t>(id)];
}

}
