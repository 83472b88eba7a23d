// The only door to the key store's signing keys: a signer's key signs for a UsedApproval alone, the
// SAM's own evidence key signs its statements (docs/invariants.md 1, KEY-11). Safe from any thread.
#pragma once

#include <memory>
#include <vector>

#include "keystore/key_store.h"
#include "sam/approval.h"
#include "sam/config.h"

namespace qss::sam {

struct SignedFacts {
    ApprovedFacts facts;
    Result<std::vector<Bytes>> signatures; // in the order of the digests
};

class Vault {
public:
    explicit Vault(keystore::KeyStore& key_store) : m_key_store(key_store) {}

    [[nodiscard]] std::string_view kind() const { return m_key_store.kind(); }
    Result<keystore::GeneratedKey> generate(crypto::KeyType type, const std::stop_token& give_up = {})
    {
        return m_key_store.generate(type, give_up);
    }
    void destroy(ByteView blob) { m_key_store.destroy(blob); }
    Result<std::shared_ptr<const crypto::Signer>> evidence_key(const Config& config);

    // Signs all of the digests and verifies: each RSA signature (a faulty one would give the key away:
    // Boneh, DeMillo, Lipton), one ECDSA signature a session.
    SignedFacts sign(UsedApproval approval);

private:
    Result<std::vector<Bytes>> sign_all(const ApprovedFacts& facts);
    keystore::KeyStore& m_key_store;
};

}
