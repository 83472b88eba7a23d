#include "pki/certificate_builder.h"

#include <algorithm>

#include "base/limits.h"
#include "pki/asn1.h"
#include "pki/der.h"
#include "pki/extensions.h"

namespace qss::pki {

namespace {

Bytes policies_extension(const Profile& profile, std::string_view own_policy)
{
    switch (profile.policies) {
    case Policies::none: return {};
    case Policies::any:
        return certificate_policies(std::initializer_list<std::string_view>{oids::any_policy});
    case Policies::own: return certificate_policies(std::initializer_list<std::string_view>{own_policy});
    case Policies::qualified_and_own:
        return certificate_policies(
            std::initializer_list<std::string_view>{profile.qualified->policy, own_policy});
    }
    return {};
}

Bytes ca_extension(CaRole role)
{
    switch (role) {
    case CaRole::end_entity: return {};
    case CaRole::any_path: return basic_constraints_any_path();
    case CaRole::path_zero: return basic_constraints_path_zero();
    }
    return {};
}

// Both ends count, as those of the certificate's validity, which it never outlasts.
TimePoint key_use_end(const Profile& profile, const CertificateContents& contents)
{
    return std::min<TimePoint>(contents.not_before + profile.key_use - std::chrono::seconds(1),
                               contents.not_after);
}

Result<Bytes> encode_extensions(const Profile& profile, const CertificateContents& contents)
{
    TRY_ASSIGN(key_id, key_identifier(contents.spki));
    auto all =
        concat({ca_extension(profile.ca), key_usage(profile.key_usage), subject_key_identifier(key_id),
                authority_key_identifier(profile.is_self_signed() ? key_id : contents.authority_key_id)});
    const auto add = [&all](const Bytes& extension) { all = concat({all, extension}); };
    if (!profile.extended_key_usage.empty())
        add(extended_key_usage(profile.extended_key_usage,
                               profile.has(Feature::critical_purpose) ? Critical::yes : Critical::no));
    add(policies_extension(profile, contents.own_policy));
    if (profile.has(Feature::crl_point))
        add(crl_distribution_point(contents.crl_url));
    if (profile.has(Feature::ca_issuers) || profile.has(Feature::ocsp))
        add(authority_info_access(profile.has(Feature::ocsp) ? contents.ocsp_url : "",
                                  contents.ca_issuers_url));
    if (profile.qualified != nullptr)
        add(extension(oids::qc_statements, Critical::no,
                      encode_qc_statements(profile.qualified->type, contents.pds_url, contents.semantics)));
    if (profile.has(Feature::validity_assured)) {
        add(extension(oids::validity_assured, Critical::no, der::null()));
        add(extension(oids::no_rev_avail, Critical::no, der::null()));
    }
    if (profile.key_use != std::chrono::days(0))
        add(private_key_usage_period(contents.not_before, key_use_end(profile, contents)));
    if (profile.has(Feature::ocsp_no_check))
        add(extension(oids::ocsp_no_check, Critical::no, der::null()));
    if (profile.has(Feature::alt_names)) {
        TRY_ASSIGN(names, subject_alt_name(contents.alt_names));
        add(names);
    }
    return der::explicitly(3, der::sequence({all}));
}

Status check_contents(const Profile& profile, const CertificateContents& contents)
{
    const auto need = [](bool condition, std::string_view what) -> Status {
        if (!condition)
            return fail(ErrorCode::invalid_argument, "certificate contents: " + std::string(what));
        return {};
    };
    TRY(need(!contents.serial.empty() && contents.serial.size() <= 20 && contents.serial.front() < 0x80,
             "serial"));
    TRY(need(profile.is_self_signed() == contents.issuer.empty(), "issuer"));
    TRY(need(profile.is_self_signed() == contents.authority_key_id.empty(), "authority key identifier"));
    TRY(need(!contents.subject.empty(), "subject"));
    TRY(need(contents.not_before < contents.not_after, "validity"));
    TRY(need(profile.policies != Policies::own || !contents.own_policy.empty(), "policy"));
    TRY(need(profile.policies != Policies::qualified_and_own || !contents.own_policy.empty(), "policy"));
    TRY(need(!profile.has(Feature::crl_point) || !contents.crl_url.empty(), "CRL URL"));
    TRY(need(!profile.has(Feature::ca_issuers) || !contents.ca_issuers_url.empty(), "issuer URL"));
    TRY(need(!profile.has(Feature::ocsp) || !contents.ocsp_url.empty(), "OCSP URL"));
    TRY(need(profile.qualified == nullptr || !contents.pds_url.empty(), "PDS URL"));
    return {};
}

}

Bytes random_serial(Random& random)
{
    auto serial = random.bytes(16);
    // A leading byte of 01 keeps all 128 bits, the INTEGER positive and its length the same for all.
    serial.insert(serial.begin(), 0x01);
    return serial;
}

Result<Bytes> encode_tbs_certificate(const Profile& profile, const CertificateContents& contents,
                                     crypto::KeyType signer_type)
{
    TRY(check_contents(profile, contents));
    TRY_ASSIGN(subject, encode_name(contents.subject));
    TRY_ASSIGN(extensions, encode_extensions(profile, contents));
    return der::sequence({der::explicitly(0, der::integer(2)), der::integer(contents.serial),
                          der::algorithm_identifier(crypto::default_signature_algorithm(signer_type)),
                          profile.is_self_signed() ? subject : contents.issuer,
                          der::sequence({der::time(contents.not_before), der::time(contents.not_after)}),
                          subject, contents.spki, extensions});
}

Result<Certificate> sign_certificate(ByteView tbs, const crypto::Signer& signer)
{
    TRY_ASSIGN(der, der::sign(tbs, signer));
    return Certificate::from_der(der);
}

Bytes encode_qc_statements(std::string_view type, std::string_view pds_url, Semantics semantics)
{
    const auto compliance = der::sequence({der::oid(oids::qc_compliance)});
    const auto sscd = der::sequence({der::oid(oids::qc_sscd)});
    const auto qc_type = der::sequence({der::oid(oids::qc_type), der::sequence({der::oid(type)})});
    const auto location = der::sequence({der::ia5_string(pds_url), der::printable_string("en")});
    const auto pds = der::sequence({der::oid(oids::qc_pds), der::sequence({location})});
    if (semantics == Semantics::none)
        return der::sequence({compliance, sscd, qc_type, pds});
    const auto identifier =
        der::oid(semantics == Semantics::natural ? oids::semantics_natural : oids::semantics_legal);
    const auto syntax = der::sequence({der::oid(oids::qc_syntax_v2), der::sequence({identifier})});
    return der::sequence({compliance, sscd, qc_type, pds, syntax});
}

}
