#include "sam/session_results.h"

#include "base/limits.h"
#include "sap/evidence.h"

namespace qss::sam {

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
    const auto* officer = config.find_officer(statement.signer_key_id);
    if (officer == nullptr)
        return fail(ErrorCode::tampered, "the statement's officer is not in the configuration");
    const sap::Evidence evidence{facts.session.input,
                                 facts.session.display_record,
                                 facts.assertion,
                                 facts.authenticator.link_record,
                                 facts.authenticator.statement,
                                 signatures,
                                 facts.key.certificate,
                                 config.issuing_ca_certificate,
                                 config.evidence_certificate,
                                 officer->certificate,
                                 facts.session.used_at};
    return sap::sign_evidence(evidence, evidence_key);
}

}
