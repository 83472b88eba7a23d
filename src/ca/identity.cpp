#include "ca/identity.h"

#include <algorithm>

namespace qss::ca {

namespace {

Result<statements::SignedStatement> verify_attestation(const Settings& settings, ByteView transport)
{
    TRY_ASSIGN(signed_attestation, statements::SignedStatement::decode(transport));
    TRY_ASSIGN(key, crypto::PublicKey::from_spki(settings.sam_evidence_spki));
    TRY(signed_attestation.verify(key));
    return signed_attestation;
}

struct Registration {
    statements::SignedStatement statement;
    Bytes officer_spki;
};

Result<Registration> verify_registration(const Settings& settings, ByteView transport)
{
    TRY_ASSIGN(signed_statement, statements::SignedStatement::decode(transport));
    for (const auto* officers : {&settings.officers, &settings.former_officers}) {
        for (const auto& officer : *officers) {
            if (!equal_public(crypto::sha256(officer.spki), signed_statement.signer_key_id))
                continue;
            TRY_ASSIGN(key, crypto::PublicKey::from_spki(officer.spki));
            TRY(signed_statement.verify(key));
            return Registration{std::move(signed_statement), officer.spki};
        }
    }
    return fail(ErrorCode::verification_failed, "statement is not by a pinned officer");
}

Status check_binding(const Settings& settings, const statements::KeyAttestation& attestation,
                     const statements::RegistrationStatement& statement, ByteView statement_hash)
{
    if (!equal_public(attestation.statement_hash, statement_hash))
        return fail(ErrorCode::verification_failed, "attestation is for another statement");
    if (attestation.signer_id != statement.signer_id)
        return fail(ErrorCode::verification_failed, "attestation is for another signer");
    if (attestation.sandbox != (settings.mode == Mode::sandbox))
        return fail(ErrorCode::forbidden, "a sandbox's attestation and CA go together, and no others");
    // Each certificate here carries QcSSCD; outside a sandbox that is for HSMs alone (docs/invariants.md 3).
    if (settings.mode == Mode::production && attestation.key_store != "pkcs11")
        return fail(ErrorCode::forbidden, "software keys carry no QcSSCD outside a sandbox");
    return {};
}

}

Result<IdentityRequest> verify_identity_request(const Settings& settings, ByteView key_attestation,
                                                ByteView registration_statement)
{
    TRY_ASSIGN(signed_attestation, verify_attestation(settings, key_attestation));
    TRY_ASSIGN(attestation, statements::KeyAttestation::decode(signed_attestation.encoding));
    TRY_ASSIGN(registration, verify_registration(settings, registration_statement));
    const auto& signed_statement = registration.statement;
    TRY_ASSIGN(statement, statements::RegistrationStatement::decode(signed_statement.encoding));
    TRY(check_binding(settings, attestation, statement, signed_statement.hash()));
    TRY_ASSIGN(key, crypto::PublicKey::from_spki(attestation.spki));
    const bool by_former_officer = settings.find_officer(signed_statement.signer_key_id) == nullptr;
    return IdentityRequest{signed_attestation.hash(), std::move(attestation),
                           std::move(statement),      std::move(registration.officer_spki),
                           by_former_officer,         std::move(key)};
}

pki::CertificateContents identity_contents(const IdentityRequest& request, const Settings& settings,
                                           const AuthorityState& issuer, const std::string& serial_number,
                                           TimePoint now, std::chrono::days lifetime, Random& random)
{
    const auto& statement = request.statement;
    auto contents = contents_under(issuer.id, &issuer.certificate, settings, now, lifetime, random);
    // Nothing that outlives the algorithm (TS 119 312).
    contents.not_after =
        std::min(contents.not_after, crypto::use_sunset(request.key.type()) - std::chrono::seconds(1));
    contents.spki = request.key.spki();
    contents.subject = {
        {pki::oids::country, statement.country},
        {pki::oids::organisation, statement.organisation},
        {pki::oids::surname, statement.surname},
        {pki::oids::given_name, statement.given_name},
        {pki::oids::serial_number, serial_number},
        {pki::oids::common_name, settings.marked(statement.given_name + " " + statement.surname)}};
    contents.semantics = statement.identity_number.empty() ? pki::Semantics::none : pki::Semantics::natural;
    return contents;
}

}
