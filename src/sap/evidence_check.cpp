// check_evidence, one step a function. Nothing in evidence is believed before the root has vouched for
// who says it; each step names what it refuses.
#include "base/limits.h"
#include "pki/certificate.h"
#include "pki/name.h"
#include "sap/evidence.h"
#include "statements/key_attestation.h"
#include "statements/registration.h"
#include "webauthn/client_data.h"

namespace qss::sap {

namespace {

using pki::Certificate;
using statements::LinkRecord;
using statements::RegistrationStatement;
using statements::SignedStatement;

Status refuse(std::string detail)
{
    return fail(ErrorCode::verification_failed, "evidence: " + std::move(detail));
}

// Says which part failed, whatever the reason was.
template <class T>
Result<T> part(std::string_view name, Result<T> result)
{
    if (!result)
        return fail(ErrorCode::verification_failed,
                    "evidence: " + std::string(name) + ": " + result.error().detail);
    return result;
}

// A certificate for one of the service's own signing keys: directly under the root, for that purpose.
Result<Certificate> under_root(ByteView der, const Certificate& root, std::string_view purpose,
                               TimePoint time)
{
    TRY_ASSIGN(certificate, Certificate::from_der(der));
    if (const auto status = certificate.check_issued_by(root); !status)
        return fail(ErrorCode::verification_failed, "not issued by this root: " + status.error().detail);
    TRY(pki::check_path(certificate, {}, root, time));
    if (certificate.is_ca() || !certificate.is_only_for(purpose))
        return fail(ErrorCode::verification_failed, "certificate is not for this purpose");
    return certificate;
}

Result<DisplayRecord> check_display(const Evidence& evidence)
{
    TRY_ASSIGN(display, DisplayRecord::decode(evidence.display_record));
    if (!equal_public(crypto::sha256(evidence.display_record), evidence.input.display_hash))
        return fail(ErrorCode::verification_failed, "is not the one that was approved");
    if (!display.labels.empty() && display.labels.size() != evidence.input.digests.size())
        return fail(ErrorCode::verification_failed, "has not one label for each digest");
    return display;
}

struct Registered {
    RegistrationStatement statement;
    Bytes hash;
    std::string officer_name;
};

// The officer's own word that this signer is this person.
Result<Registered> check_registration(const Evidence& evidence, const Certificate& root)
{
    TRY_ASSIGN(signed_statement, SignedStatement::decode(evidence.registration_statement));
    TRY_ASSIGN(statement, RegistrationStatement::decode(signed_statement.encoding));
    TRY_ASSIGN(officer, under_root(evidence.officer_certificate, root, pki::oids::purpose_officer,
                                   statement.verified_at));
    TRY(signed_statement.verify(officer.public_key()));
    if (statement.signer_id != evidence.input.signer_id)
        return fail(ErrorCode::verification_failed, "is about another signer");
    return Registered{std::move(statement), signed_statement.hash(),
                      officer.subject_attribute(pki::oids::common_name)};
}

// The SAM's word that this authenticator was bound to this signer on this statement.
Result<LinkRecord> check_link(const Evidence& evidence, const Certificate& evidence_certificate,
                              ByteView statement)
{
    TRY_ASSIGN(signed_link, SignedStatement::decode(evidence.link_record));
    TRY(signed_link.verify(evidence_certificate.public_key()));
    TRY_ASSIGN(link, LinkRecord::decode(signed_link.encoding));
    if (link.signer_id != evidence.input.signer_id)
        return fail(ErrorCode::verification_failed, "is about another signer");
    if (!equal_public(link.statement_hash, statement))
        return fail(ErrorCode::verification_failed, "refers to another registration statement");
    if (!equal_public(link.credential_id, evidence.assertion.credential_id))
        return fail(ErrorCode::verification_failed, "is about another authenticator");
    if (link.bound_at > evidence.used_at)
        return fail(ErrorCode::verification_failed, "is younger than the approval");
    return link;
}

// The signer's gesture, over a challenge computed from what was signed.
Status check_approval(const Evidence& evidence, const LinkRecord& link)
{
    const auto challenge = evidence.input.challenge();
    const auto& rp_id = evidence.input.rp_id;
    TRY_ASSIGN(origin,
               webauthn::origin_under(evidence.assertion.client_data_json, "webauthn.get", challenge, rp_id));
    TRY_ASSIGN(key, crypto::PublicKey::from_spki(link.public_key_spki));
    TRY(webauthn::check_assertion(evidence.assertion, challenge, {rp_id, {origin}}, key));
    return {};
}

// The certificate that was approved, under the root, naming the person of the statement.
Result<Certificate> check_signing_certificate(const Evidence& evidence, const Certificate& root,
                                              const RegistrationStatement& person)
{
    TRY_ASSIGN(leaf, Certificate::from_der(evidence.signing_certificate));
    TRY_ASSIGN(issuing, Certificate::from_der(evidence.issuing_ca_certificate));
    if (!equal_public(leaf.sha256(), evidence.input.certificate_sha256))
        return fail(ErrorCode::verification_failed, "is not the one that was approved");
    TRY(issuing.check_issued_by(root));
    TRY(leaf.check_issued_by(issuing));
    TRY(pki::check_path(leaf, {&issuing, 1}, root, evidence.used_at));
    if (leaf.is_ca() || leaf.subject_attribute(pki::oids::given_name) != person.given_name ||
        leaf.subject_attribute(pki::oids::surname) != person.surname)
        return fail(ErrorCode::verification_failed, "names another person than the registration statement");
    if (!person.identity_number.empty() &&
        leaf.subject_attribute(pki::oids::serial_number) != person.identity_number)
        return fail(ErrorCode::verification_failed,
                    "has another identity number than the registration statement");
    return leaf;
}

Status check_signatures(const Evidence& evidence, const Certificate& leaf)
{
    const auto& digests = evidence.input.digests;
    if (evidence.signatures.size() != digests.size())
        return fail(ErrorCode::verification_failed, "not one for each digest");
    for (std::size_t i = 0; i < digests.size(); ++i)
        TRY(leaf.public_key().verify(evidence.input.signature_algorithm, digests[i], evidence.signatures[i]));
    return {};
}

}

Result<EvidenceFacts> check_evidence(ByteView signed_evidence, ByteView root_der, std::string_view rp_id)
{
    TRY_ASSIGN(root, part("root", Certificate::from_der(root_der)));
    TRY_ASSIGN(statement, part("this is no evidence file",
                               SignedStatement::decode(signed_evidence, limits::evidence_size)));
    TRY_ASSIGN(evidence, part("encoding", Evidence::decode(statement.encoding)));
    TRY_ASSIGN(sam, part("SAM's certificate", under_root(evidence.evidence_certificate, root,
                                                         pki::oids::purpose_sam_evidence, evidence.used_at)));
    TRY(part("SAM's signature", statement.verify(sam.public_key())));
    if (evidence.input.rp_id != rp_id)
        TRY(refuse("for another relying party: " + evidence.input.rp_id));
    if (evidence.used_at >= evidence.input.expires_at)
        TRY(refuse("the session had expired"));
    TRY_ASSIGN(display, part("display record", check_display(evidence)));
    TRY_ASSIGN(registered, part("registration statement", check_registration(evidence, root)));
    TRY_ASSIGN(link, part("link record", check_link(evidence, sam, registered.hash)));
    TRY(part("approval", check_approval(evidence, link)));
    TRY_ASSIGN(leaf,
               part("signing certificate", check_signing_certificate(evidence, root, registered.statement)));
    TRY(part("signatures", check_signatures(evidence, leaf)));
    const auto& person = registered.statement;
    return EvidenceFacts{std::move(evidence), person.given_name + " " + person.surname, person.email,
                         std::move(registered.officer_name), std::move(display)};
}

}
