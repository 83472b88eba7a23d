// Binding authenticators to signers and removing them (docs/invariants.md 5; SAD-10, KEY-5). The first one
// needs an officer's fresh statement and the signature of the enrolment key that it names, each further
// one an approval by one that is bound; the last one's removal destroys the signer's keys. A credential id
// belongs to one signer for ever. Safe from any thread.
#pragma once

#include "proto/sam.pb.h"
#include "sam/binding_challenges.h"
#include "sam/environment.h"
#include "webauthn/attestation.h"

namespace qss::sam {

class Authenticators {
public:
    explicit Authenticators(Environment& environment) : m_environment(environment) {}

    Result<proto::sam::BeginBindingReply> begin_binding(const proto::sam::BeginBindingRequest& request);
    // verification_failed: attestation, enrolment signature or approval. forbidden: a first one without a
    // statement for it.
    // already_exists: the credential id is known. quota_reached: limits::authenticators_per_signer.
    // The same request again, with the same attestation object, gives the same reply and changes nothing.
    Result<proto::sam::BindReply> bind(const proto::sam::BindRequest& request);
    Result<proto::sam::RemoveAuthenticatorReply> remove(
        const proto::sam::RemoveAuthenticatorRequest& request);

private:
    struct Proposal; // what bind() has verified so far
    Result<std::optional<proto::sam::BindReply>> find_done(const SignerId& signer_id,
                                                           const proto::sam::BindRequest& request);
    static Status check_enrolment(const proto::sam::BindRequest& request, const Proposal& proposal,
                                  const Config& config);
    Result<std::optional<AuthenticatorId>> check_approval(const proto::sam::BindRequest& request,
                                                          const Proposal& proposal, const Config& config);
    Status store(Transaction& transaction, const Proposal& proposal,
                 const AuthenticatorRecord& authenticator);

    Environment& m_environment;
    BindingChallenges m_challenges;
};

// Counts a wrong assertion against the authenticator, durably (SAD-13). Returns `locked` when that was
// one too many, else `wrong`.
Error note_wrong_assertion(Record& record, const AuthenticatorId& id, const Error& wrong);

webauthn::Assertion assertion_from(const proto::sam::Assertion& message);

}
