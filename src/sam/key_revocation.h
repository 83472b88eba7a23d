// Destroying keys, for good (docs/invariants.md 7; KEY-7): the wrapped key is overwritten, a tombstone and a
// signed receipt stay, and asking again gives the same receipt. In the caller's transaction; the warm
// copies go once that is durable.
#pragma once

#include <cstdint>
#include <vector>

#include "sam/record.h"
#include "sam/records.h"
#include "sam/vault.h"

namespace qss::sam {

struct RevokedKey {
    KeyId key_id;
    Bytes receipt; // SignedStatement transport
    Bytes blob;    // as it was; empty when it was destroyed before
};

struct RevokedKeys {
    std::vector<RevokedKey> keys;
    void forget(Vault& vault) const;
};

inline constexpr std::uint64_t reason_cessation = 5; // RFC 5280 5.3.1 cessationOfOperation

Result<RevokedKey> revoke_key(Transaction& transaction, KeyRecord key, std::uint64_t reason,
                              const crypto::Signer& evidence_key);
// All the signer ever had, those revoked before with the receipts they got then.
Result<RevokedKeys> revoke_all_keys(Transaction& transaction, const SignerId& signer,
                                    const crypto::Signer& evidence_key);

}
