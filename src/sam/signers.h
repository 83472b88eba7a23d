// Signers exist only through a registration statement of an officer of the ceremony (docs/invariants.md 5;
// TS 119 431-1 LNK-6.2.2). The same statement again changes nothing; a later one supersedes by its
// sequence; signer and enterprise stay together for ever. Safe from any thread.
#pragma once

#include "proto/sam.pb.h"
#include "sam/environment.h"
#include "statements/registration.h"

namespace qss::sam {

class Signers {
public:
    explicit Signers(Environment& environment) : m_environment(environment) {}

    // forbidden: not by an officer of ours. conflict: an older or another statement of that sequence,
    // another enterprise, or the enrolment key of an earlier statement. gone: the signer was destroyed.
    Result<proto::sam::RegisterSignerReply> register_signer(const proto::sam::RegisterSignerRequest& request);
    Result<proto::sam::DestroySignerReply> destroy(const proto::sam::DestroySignerRequest& request);

private:
    Environment& m_environment;
};

}
