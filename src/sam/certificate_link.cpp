#include "sam/certificate_link.h"

#include "crypto/digest.h"
#include "pki/name.h"

namespace qss::sam {

namespace {

Status check_subject(const pki::Certificate& certificate, const statements::RegistrationStatement& statement)
{
    const auto same = [&certificate](std::string_view oid, const std::string& value) {
        return certificate.subject_attribute(oid) == value;
    };
    const bool names =
        same(pki::oids::given_name, statement.given_name) && same(pki::oids::surname, statement.surname);
    if (!names || !same(pki::oids::country, statement.country))
        return fail(ErrorCode::verification_failed, "the certificate's subject is not the signer's");
    const auto common_name = certificate.subject_attribute(pki::oids::common_name);
    if (common_name.find(statement.given_name) == std::string::npos ||
        common_name.find(statement.surname) == std::string::npos)
        return fail(ErrorCode::verification_failed, "the certificate's common name is not the signer's");
    if (!statement.identity_number.empty() && !same(pki::oids::serial_number, statement.identity_number))
        return fail(ErrorCode::verification_failed, "the certificate's serialNumber is not the signer's");
    return {};
}

}

Result<Bytes> issuer_key_of(const pki::Certificate& certificate, const Config& config)
{
    TRY_ASSIGN(issuing, config.issuer_of(certificate));
    return crypto::sha256(issuing.public_key().spki());
}

Status check_link(const pki::Certificate& certificate, const KeyRecord& key, const SignerRecord& signer,
                  const Config& config, TimePoint now)
{
    TRY_ASSIGN(issuing, config.issuer_of(certificate));
    TRY_ASSIGN(root, pki::Certificate::from_der(config.root_certificate));
    if (config.is_revoked(crypto::sha256(issuing.public_key().spki())))
        return fail(ErrorCode::gone, "the issuing CA was revoked");
    TRY(certificate.check_issued_by(issuing));
    TRY(pki::check_path(certificate, std::span(&issuing, 1), root, now));
    if (certificate.is_ca())
        return fail(ErrorCode::verification_failed, "a CA certificate is no signer's");
    if (!equal_public(certificate.public_key().spki(), key.spki))
        return fail(ErrorCode::verification_failed, "the certificate is for another key");
    TRY_ASSIGN(statement, signer.registration());
    return check_subject(certificate, statement);
}

Status check_later(const pki::Certificate& certificate, ByteView linked_der)
{
    TRY_ASSIGN(linked, pki::Certificate::from_der(linked_der));
    if (certificate.not_after() <= linked.not_after() || certificate.not_before() < linked.not_before())
        return fail(ErrorCode::conflict, "the key has a later certificate already");
    return {};
}

}
