#include "sam/vault.h"

namespace qss::sam {

Result<std::shared_ptr<const crypto::Signer>> Vault::evidence_key(const Config& config)
{
    return m_key_store.load(config.evidence_blob, config.evidence_spki);
}

SignedFacts Vault::sign(UsedApproval approval)
{
    auto signatures = sign_all(approval.m_facts);
    return {std::move(approval.m_facts), std::move(signatures)};
}

Result<std::vector<Bytes>> Vault::sign_all(const ApprovedFacts& facts)
{
    const auto& input = facts.session.input;
    TRY_ASSIGN(key, m_key_store.load(facts.key.blob, facts.key.spki));
    const bool verify_each = crypto::is_rsa(facts.key.type);
    std::vector<Bytes> signatures;
    signatures.reserve(input.digests.size());
    for (const auto& digest : input.digests) {
        TRY_ASSIGN(signature, key->sign(input.signature_algorithm, digest));
        if (verify_each || signatures.empty())
            TRY(key->public_key().verify(input.signature_algorithm, digest, signature));
        signatures.push_back(std::move(signature));
    }
    return signatures;
}

}
