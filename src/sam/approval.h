// The right to sign, as a value (docs/invariants.md 1, TS 119 431-1 SIG-6.3.1-11): an `Approval` is made
// only by verify_approval, for exactly the digests, key and session whose challenge the signer's
// authenticator signed; use_approval consumes it, marks the session used, durably and once
// (docs/invariants.md 2), and makes the `UsedApproval` that Vault::sign consumes. There is no other way to
// a signer's key. Move-only.
#pragma once

#include "base/clock.h"
#include "sam/config.h"
#include "sam/record.h"
#include "sam/records.h"
#include "webauthn/assertion.h"

namespace qss::sam {

struct ApprovedFacts {
    SessionRecord session;
    KeyRecord key;
    AuthenticatorRecord authenticator;
    webauthn::Assertion assertion;
    std::uint32_t sign_count = 0;
};

class Approval {
public:
    Approval(Approval&&) noexcept = default;
    Approval& operator=(Approval&&) noexcept = default;
    Approval(const Approval&) = delete;
    Approval& operator=(const Approval&) = delete;
    ~Approval() = default;

private:
    friend Result<Approval> verify_approval(SessionRecord session, KeyRecord key,
                                            AuthenticatorRecord authenticator, webauthn::Assertion assertion,
                                            const webauthn::RelyingParty& rp);
    friend class ApprovalUse;
    explicit Approval(ApprovedFacts facts) : m_facts(std::move(facts)) {}
    ApprovedFacts m_facts;
};

class UsedApproval {
public:
    UsedApproval(UsedApproval&&) noexcept = default;
    UsedApproval& operator=(UsedApproval&&) noexcept = default;
    UsedApproval(const UsedApproval&) = delete;
    UsedApproval& operator=(const UsedApproval&) = delete;
    ~UsedApproval() = default;

private:
    friend class ApprovalUse;
    friend class Vault;
    explicit UsedApproval(ApprovedFacts facts) : m_facts(std::move(facts)) {}
    ApprovedFacts m_facts;
};

// Recomputes the challenge from the digests that are about to be signed. verification_failed when the
// assertion is not by this authenticator, or for anything else than this session.
Result<Approval> verify_approval(SessionRecord session, KeyRecord key, AuthenticatorRecord authenticator,
                                 webauthn::Assertion assertion, const webauthn::RelyingParty& rp);

// Why the key can not sign now: not linked, revoked, certificate changed or outside its validity, key
// type past its sunset (docs/invariants.md 7; SIG-6.3.1-08).
Status check_key_usable(const KeyRecord& key, ByteView certificate_sha256, TimePoint now);
// And whether officers have ordered the CA of its certificate to be believed no more.
Status check_key_usable(const Config& config, const KeyRecord& key, ByteView certificate_sha256,
                        TimePoint now);

// The session can not be activated any more: its result, for ever, is this refusal.
Status refuse_for_good(Transaction& transaction, SessionRecord session, const Error& refusal);

// Returns once the session is marked used on the disk. Everything is read again in that transaction.
// `conflict`: another activation was first. `expired`: too late by now. `locked`, verification_failed:
// the authenticator has been locked or removed meanwhile. `gone`, `unsupported`: the key may not sign,
// and the session has been refused for good.
Result<UsedApproval> use_approval(Record& record, Approval approval);

}
