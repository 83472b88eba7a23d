#include "pki/profile.h"

#include <array>

#include "pki/name.h"

namespace qss::pki {

namespace {

using std::chrono::days;
using enum ProfileId;
using enum SubjectKind;

constexpr auto published = Feature::crl_point | Feature::ca_issuers | Feature::ocsp;
constexpr auto ca_usage = static_cast<std::uint16_t>(key_cert_sign | crl_sign);
constexpr days none{0};

constexpr Qualified for_signatures{oids::qcp_n_qscd, oids::qc_type_esign, oids::semantics_natural};
constexpr Qualified for_seals{oids::qcp_l_qscd, oids::qc_type_eseal, oids::semantics_legal};

// EN 319 412-2 and 412-3: type A, contentCommitment alone (NAT-4.3.2-1, -3; LEG-4.3.1-3, -4)
constexpr Profile qualified(ProfileId id, std::string_view name, SubjectKind subject, Feature features,
                            days max_validity)
{
    return {id,
            name,
            CaRole::end_entity,
            subject,
            content_commitment,
            "",
            Policies::qualified_and_own,
            subject == natural_person ? &for_signatures : &for_seals,
            features,
            max_validity,
            none};
}

constexpr auto assured = Feature::ca_issuers | Feature::validity_assured;

constexpr std::array<Profile, profile_count> profiles{{
    // RFC 5280 4.2.1.3, 4.2.1.9
    {root, "root", CaRole::any_path, provider, ca_usage, "", Policies::none, nullptr, Feature::none,
     days(20 * 365), none},
    // EN 319 412-2 GEN-4.2.3.1: the issuer of qualified certificates
    {issuing_ca, "issuing_ca", CaRole::path_zero, provider, ca_usage, "", Policies::any, nullptr, published,
     days(10 * 365), none},
    // Apart from the qualified root; what it issues is looked up, not revoked by a list.
    {access_ca, "access_ca", CaRole::path_zero, provider, ca_usage, "", Policies::none, nullptr,
     Feature::none, days(10 * 365), none},
    qualified(natural_person_esign, "natural_person_esign", natural_person, published, days(1095)),
    {sam_evidence, "sam_evidence", CaRole::end_entity, provider, digital_signature,
     oids::purpose_sam_evidence, Policies::own, nullptr, published, days(5 * 365), none},
    {officer, "officer", CaRole::end_entity, provider, digital_signature, oids::purpose_officer,
     Policies::own, nullptr, published, days(5 * 365), none},
    // RFC 6960 4.2.2.2.1: nocheck, short life; EN 319 411-2 CSS-6.6.3-01B: no OCSP AIA
    {ocsp_responder, "ocsp_responder", CaRole::end_entity, provider, digital_signature, oids::ocsp_signing,
     Policies::none, nullptr, Feature::ca_issuers | Feature::ocsp_no_check, days(90), none},
    {client, "client", CaRole::end_entity, machine, digital_signature, oids::client_auth, Policies::none,
     nullptr, Feature::none, days(825), none},
    {server, "server", CaRole::end_entity, machine, digital_signature, oids::server_auth, Policies::none,
     nullptr, Feature::alt_names, days(825), none},
    // RFC 3161 2.3: the one purpose, critical. EN 319 422 6: the key is used for a part of the validity, so
    // that its tokens can be verified long after the last of them.
    {tsu, "tsu", CaRole::end_entity, provider, digital_signature, oids::time_stamping, Policies::own, nullptr,
     published | Feature::critical_purpose, days(6 * 365), days(365)},
    qualified(legal_person_eseal, "legal_person_eseal", legal_person, published, days(1095)),
    // Either it can be revoked, and is like any other, or its life is within the time that a revocation may
    // take (EN 319 411-1 REV-6.2.4-03A: 24 hours) and it says so (GEN-6.6.1-04, -05).
    qualified(natural_person_short, "natural_person_short", natural_person, published, days(7)),
    qualified(legal_person_short, "legal_person_short", legal_person, published, days(7)),
    qualified(natural_person_assured, "natural_person_assured", natural_person, assured, days(1)),
    qualified(legal_person_assured, "legal_person_assured", legal_person, assured, days(1)),
    // RFC 5280 3.2: a cross-certificate; any policy, as a root limits none
    {root_cross, "root_cross", CaRole::any_path, provider, ca_usage, "", Policies::any, nullptr, published,
     days(20 * 365), none},
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

const Profile* find_profile(std::string_view name)
{
    for (const auto& profile : profiles)
        if (profile.name == name)
            return &profile;
    return nullptr;
}

}
