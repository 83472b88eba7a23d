#include "sam/session_results.h"

#include "base/limits.h"
#include "sap/evidence.h"

namespace qss::sam {

namespace {

// Evidence holds one certificate of the SAM's. What an earlier evidence key signed is said again with the
// current one: the sealed record is what vouches for it.
Result<Bytes> under_current_key(const Bytes& link_record, const crypto::Signer& evidence_key)
{
    TRY_ASSIGN(signed_record, statements::SignedStatement::decode(link_record));
    if (equal_public(signed_record.signer_key_id, statements::key_id_of(evidence_key.public_key())))
        return link_record;
    TRY_ASSIGN(again, statements::sign_statement(std::move(signed_record.encoding), evidence_key));
    return again.encode();
}

}

Result<proto::sam::SessionResult> result_of(const SessionRecord& session)
{
    QSS_ASSERT(session.state == SessionRecord::finished);
    proto::sam::SessionResult result;
    result.set_session_id(to_string(session.input.session_id.bytes()));
    if (session.evidence.empty()) {
        result.set_refusal_code(static_cast<std::uint32_t>(session.refusal));
        result.set_refusal_detail(session.refusal_detail);
        return result;
    }
    TRY_ASSIGN(signed_evidence, statements::SignedStatement::decode(session.evidence, limits::evidence_size));
    TRY_ASSIGN(evidence, sap::Evidence::decode(signed_evidence.encoding));
    for (const auto& signature : evidence.signatures)
        result.add_signatures(to_string(signature));
    result.set_evidence(to_string(session.evidence));
    return result;
}

Result<Bytes> make_evidence(const ApprovedFacts& facts, const std::vector<Bytes>& signatures,
                            const Config& config, const crypto::Signer& evidence_key)
{
    TRY_ASSIGN(statement, statements::SignedStatement::decode(facts.authenticator.statement));
    const auto* officer = config.find_officer_ever(statement.signer_key_id);
    if (officer == nullptr)
        return fail(ErrorCode::tampered, "the statement's officer is not in the configuration");
    TRY_ASSIGN(link_record, under_current_key(facts.authenticator.link_record, evidence_key));
    TRY_ASSIGN(certificate, pki::Certificate::from_der(facts.key.certificate));
    TRY_ASSIGN(issuing, config.issuer_of(certificate));
    const sap::Evidence evidence{facts.session.input,
                                 facts.session.display_record,
                                 facts.assertion,
                                 link_record,
                                 facts.authenticator.statement,
                                 signatures,
                                 facts.key.certificate,
                                 issuing.der(),
                                 config.evidence_certificate,
                                 officer->certificate,
                                 facts.session.used_at};
    return sap::sign_evidence(evidence, evidence_key);
}

}
