// Signer keys: made, attested to the CA, linked to their certificate, destroyed (docs/invariants.md 5
// to 7; KEY-3, KEY-6, KEY-7). One live key for each signer and pack. Safe from any thread.
#pragma once

#include "proto/sam.pb.h"
#include "sam/environment.h"
#include "sam/key_pool.h"

namespace qss::sam {

class Keys {
public:
    Keys(Environment& environment, KeyPool& pool) : m_environment(environment), m_pool(pool) {}

    // The live key when there is one. conflict: it has another type, or no authenticator is bound.
    // unavailable: RSA pool empty. unsupported: the type's sunset has passed.
    Result<proto::sam::MakeKeyReply> make(const proto::sam::MakeKeyRequest& request);
    Result<proto::sam::AttestKeyReply> attest(const proto::sam::AttestKeyRequest& request);
    // verification_failed: not by the issuing CA, for another key, or for another person.
    Result<proto::sam::LinkCertificateReply> link(const proto::sam::LinkCertificateRequest& request);
    Result<proto::sam::RevokeKeyReply> revoke(const proto::sam::RevokeKeyRequest& request);

private:
    Environment& m_environment;
    KeyPool& m_pool;
};

}
