#include "sam/vault.h"

#include <algorithm>

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
    TRY_ASSIGN(signatures, key->sign_each(input.signature_algorithm, input.digests));
    // A fault in an RSA signature with CRT gives the key away (Boneh, DeMillo, Lipton): each is checked.
    const auto checked =
        crypto::is_rsa(facts.key.type) ? signatures.size() : std::min<std::size_t>(1, signatures.size());
    for (std::size_t i = 0; i < checked; ++i)
        TRY(key->public_key().verify(input.signature_algorithm, input.digests[i], signatures[i]));
    return signatures;
}

}
