#include "sam/key_revocation.h"

#include "sam/lookups.h"
#include "statements/key_attestation.h"

namespace qss::sam {

void RevokedKeys::forget(Vault& vault) const
{
    for (const auto& key : keys)
        if (!key.blob.empty())
            vault.destroy(key.blob);
}

Result<RevokedKey> revoke_key(Transaction& transaction, KeyRecord key, std::uint64_t reason,
                              const crypto::Signer& evidence_key)
{
    if (key.state == KeyRecord::revoked)
        return RevokedKey{key.id, key.receipt, {}};
    const statements::RevocationReceipt receipt{key.id, key.signer_id, key.certificate_sha256, reason,
                                                transaction.now()};
    TRY_ASSIGN(signed_receipt, statements::sign_statement(receipt.encode(), evidence_key));
    RevokedKey revoked{key.id, signed_receipt.encode(), std::move(key.blob)};
    key.blob.clear();
    key.receipt = revoked.receipt;
    key.state = KeyRecord::revoked;
    transaction.event("key-destroyed", key.id.bytes(), signed_receipt.hash());
    TRY(transaction.update(key.to_row()));
    return revoked;
}

Result<RevokedKeys> revoke_all_keys(Transaction& transaction, const SignerId& signer,
                                    const crypto::Signer& evidence_key)
{
    RevokedKeys revoked;
    TRY_ASSIGN(keys, keys_of(transaction, signer));
    for (auto& key : keys) {
        TRY_ASSIGN(one, revoke_key(transaction, std::move(key), reason_cessation, evidence_key));
        revoked.keys.push_back(std::move(one));
    }
    return revoked;
}

}
