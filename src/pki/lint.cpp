#include "pki/lint.h"

#include <algorithm>
#include <set>

#include <openssl/x509v3.h>

#include "pki/asn1.h"
#include "pki/name.h"

namespace qss::pki {

namespace {

using PurposesPtr = std::unique_ptr<EXTENDED_KEY_USAGE, crypto::Deleter<EXTENDED_KEY_USAGE_free>>;

Status need(bool condition, std::string_view rule)
{
    if (!condition)
        return fail(ErrorCode::verification_failed, "pre-issuance lint: " + std::string(rule));
    return {};
}

std::string dotted(const ASN1_OBJECT* object)
{
    char text[128];
    return OBJ_obj2txt(text, sizeof text, object, 1) > 0 ? std::string(text) : std::string();
}

std::set<std::string, std::less<>> expected_extensions(const Profile& profile)
{
    std::set<std::string, std::less<>> expected;
    const auto add = [&](bool present, std::string_view oid) {
        if (present)
            expected.emplace(oid);
    };
    add(profile.ca != CaRole::end_entity, oids::basic_constraints);
    add(true, oids::key_usage);
    add(true, oids::subject_key_identifier);
    add(true, oids::authority_key_identifier);
    add(!profile.extended_key_usage.empty(), oids::extended_key_usage);
    add(profile.policies != Policies::none, oids::certificate_policies);
    add(profile.has(Feature::crl_point), oids::crl_distribution_points);
    add(profile.has(Feature::ca_issuers) || profile.has(Feature::ocsp), oids::authority_info_access);
    add(profile.qualified != nullptr, oids::qc_statements);
    add(profile.has(Feature::validity_assured), oids::validity_assured);
    add(profile.has(Feature::validity_assured), oids::no_rev_avail);
    add(profile.key_use != std::chrono::days(0), oids::private_key_usage_period);
    add(profile.has(Feature::ocsp_no_check), oids::ocsp_no_check);
    add(profile.has(Feature::alt_names), oids::subject_alt_name);
    return expected;
}

Status lint_extensions(const X509* x509, const Profile& profile)
{
    auto missing = expected_extensions(profile);
    for (int i = 0; i < X509_get_ext_count(x509); ++i) {
        auto* extension = X509_get_ext(x509, i);
        const auto oid = dotted(X509_EXTENSION_get_object(extension));
        TRY(need(missing.erase(oid) == 1, "extension " + oid + " is doubled or not in the profile"));
        const bool must_be_critical =
            oid == oids::basic_constraints || oid == oids::key_usage ||
            (oid == oids::extended_key_usage && profile.has(Feature::critical_purpose));
        TRY(need((X509_EXTENSION_get_critical(extension) != 0) == must_be_critical, "criticality of " + oid));
    }
    return need(missing.empty(), "extension " + (missing.empty() ? "" : *missing.begin()) + " is missing");
}

Status lint_usage(X509* x509, const Profile& profile)
{
    const auto usage = X509_get_key_usage(x509);
    // OpenSSL numbers the first octet's bits as we do, in the low octet.
    TRY(need(usage == static_cast<std::uint32_t>(profile.key_usage >> 8), "key usage"));
    const PurposesPtr purposes(
        static_cast<EXTENDED_KEY_USAGE*>(X509_get_ext_d2i(x509, NID_ext_key_usage, nullptr, nullptr)));
    const bool expected =
        profile.extended_key_usage.empty()
            ? purposes == nullptr
            : purposes != nullptr && sk_ASN1_OBJECT_num(purposes.get()) == 1 &&
                  dotted(sk_ASN1_OBJECT_value(purposes.get(), 0)) == profile.extended_key_usage;
    TRY(need(expected, "extended key usage"));
    TRY(need((X509_check_ca(x509) == 1) == (profile.ca != CaRole::end_entity), "basic constraints"));
    return need(X509_get_pathlen(x509) == (profile.ca == CaRole::path_zero ? 0 : -1), "path length");
}

Status lint_identifiers(const Certificate& certificate, const Profile& profile)
{
    auto* x509 = certificate.handle();
    TRY_ASSIGN(own, key_identifier(certificate.public_key().spki()));
    TRY(need(certificate.subject_key_id() == own, "subject key identifier is not method 1"));
    const auto* authority = X509_get0_authority_key_id(x509);
    TRY(need(authority != nullptr && ASN1_STRING_length(authority) == 20, "authority key identifier"));
    TRY(need(X509_get0_authority_serial(x509) == nullptr && X509_get0_authority_issuer(x509) == nullptr,
             "authority key identifier holds more than the key identifier (GEN-4.3.1-1)"));
    const bool same_name = X509_NAME_cmp(X509_get_subject_name(x509), X509_get_issuer_name(x509)) == 0;
    TRY(need(same_name == profile.is_self_signed(), "issuer and subject"));
    const auto serial = certificate.serial();
    return need(serial.size() >= 16 && serial.size() <= 20, "serial number is not 16 to 20 octets");
}

int count_in_subject(const X509_NAME* name, std::string_view oid)
{
    int count = 0;
    for (int i = 0; i < X509_NAME_entry_count(name); ++i)
        if (dotted(X509_NAME_ENTRY_get_object(X509_NAME_get_entry(name, i))) == oid)
            ++count;
    return count;
}

// EN 319 412-2 NAT-4.2.4-1, -3, -10, -15; GEN-4.2.3.1-2 for what issues.
Status lint_subject(const Certificate& certificate, const Profile& profile)
{
    const auto* name = X509_get_subject_name(certificate.handle());
    const auto once = [&](std::string_view oid) { return count_in_subject(name, oid) == 1; };
    for (int i = 0; i < X509_NAME_entry_count(name); ++i)
        TRY(need(once(dotted(X509_NAME_ENTRY_get_object(X509_NAME_get_entry(name, i)))),
                 "attribute twice in subject"));
    TRY(need(once(oids::common_name), "no common name"));
    if (profile.subject == SubjectKind::machine)
        return {};
    TRY(need(once(oids::country) && once(oids::organisation), "subject has no country or organisation"));
    if (profile.subject == SubjectKind::natural_person) {
        TRY(need(once(oids::given_name) || once(oids::surname), "no name of the person (NAT-4.2.4-1)"));
        TRY(need(once(oids::serial_number), "no serialNumber"));
    } else {
        TRY(need(profile.subject != SubjectKind::legal_person || once(oids::organisation_identifier),
                 "no organizationIdentifier (LEG-4.2.1-2)"));
        TRY(need(certificate.subject_attribute(oids::organisation_identifier) !=
                     certificate.subject_attribute(oids::organisation),
                 "organizationIdentifier equals organization (GEN-4.2.3.1-3)"));
    }
    return {};
}

// EN 319 412-1 5.1.3, what pkilint takes: PAS|IDC|PNO|TIN, country, hyphen.
bool is_natural_identifier(std::string_view number)
{
    constexpr std::string_view schemes[] = {"PAS", "IDC", "PNO", "TIN"};
    const auto capital = [](char c) { return c >= 'A' && c <= 'Z'; };
    const bool scheme =
        std::find(std::begin(schemes), std::end(schemes), number.substr(0, 3)) != std::end(schemes);
    return scheme && number.size() > 6 && capital(number[3]) && capital(number[4]) && number[5] == '-';
}

SequencePtr read_sequence(const ASN1_STRING* string)
{
    const auto* cursor = ASN1_STRING_get0_data(string);
    const auto* end = cursor + ASN1_STRING_length(string);
    SequencePtr sequence(d2i_ASN1_SEQUENCE_ANY(nullptr, &cursor, ASN1_STRING_length(string)));
    return cursor == end ? std::move(sequence) : nullptr;
}

// EN 319 412-5 4.2 and 4.3: the statements' identifiers, each once, with the shape of the first field.
Status lint_qc_statements(const Certificate& certificate, const Profile& profile)
{
    const ObjectPtr oid(OBJ_txt2obj(std::string(oids::qc_statements).c_str(), 1));
    const int index = X509_get_ext_by_OBJ(certificate.handle(), oid.get(), -1);
    TRY(need(index >= 0, "no qcStatements"));
    const auto all = read_sequence(X509_EXTENSION_get_data(X509_get_ext(certificate.handle(), index)));
    TRY(need(all != nullptr, "qcStatements do not parse"));
    std::set<std::string, std::less<>> seen;
    for (int i = 0; i < sk_ASN1_TYPE_num(all.get()); ++i) {
        const auto* type = sk_ASN1_TYPE_value(all.get(), i);
        TRY(need(type->type == V_ASN1_SEQUENCE, "qcStatement is no sequence"));
        const auto statement = read_sequence(type->value.sequence);
        TRY(need(statement != nullptr && sk_ASN1_TYPE_num(statement.get()) >= 1 &&
                     sk_ASN1_TYPE_value(statement.get(), 0)->type == V_ASN1_OBJECT,
                 "qcStatement has no identifier"));
        TRY(need(seen.insert(dotted(sk_ASN1_TYPE_value(statement.get(), 0)->value.object)).second,
                 "qcStatement twice (QCS-4.1-02A)"));
    }
    for (const auto required : {oids::qc_compliance, oids::qc_sscd, oids::qc_type, oids::qc_pds})
        TRY(need(seen.erase(std::string(required)) == 1,
                 "qcStatement " + std::string(required) + " is missing"));
    const bool claimed = seen.erase(std::string(oids::qc_syntax_v2)) == 1;
    TRY(need(seen.empty(), "qcStatement that is not in the profile"));
    if (profile.subject != SubjectKind::natural_person)
        return {};
    const auto number = certificate.subject_attribute(oids::serial_number);
    return need(!claimed || is_natural_identifier(number),
                "serialNumber does not have the semantics that it claims");
}

}

Status lint(const Certificate& certificate, const Profile& profile)
{
    auto* x509 = certificate.handle();
    TRY(lint_extensions(x509, profile));
    TRY(lint_usage(x509, profile));
    TRY(lint_identifiers(certificate, profile));
    TRY(lint_subject(certificate, profile));
    if (profile.qualified != nullptr)
        TRY(lint_qc_statements(certificate, profile));
    TRY(need(certificate.not_after() - certificate.not_before() <= profile.max_validity,
             "validity is too long"));
    return need(is_accepted_signature(X509_get_signature_nid(x509)), "signature algorithm");
}

}
