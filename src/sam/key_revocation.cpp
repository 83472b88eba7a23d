#include "sam/key_revocation.h"

#include "base/log.h"
#include "pki/crl.h"
#include "sam/lookups.h"
#include "statements/key_attestation.h"
#include "statements/revocation_order.h"

namespace qss::sam {

namespace {

constexpr std::chrono::hours rate_window{1};

Status check_rate(Transaction& transaction, std::uint32_t per_hour)
{
    TRY_ASSIGN(recent,
               transaction.count_due_after(Kind::key, KeyRecord::revoked, transaction.now() - rate_window));
    if (recent < static_cast<std::int64_t>(per_hour))
        return {};
    log::alarm("revocations are above the rate of the ceremony", {{"per_hour", std::to_string(per_hour)}});
    return fail(ErrorCode::rate_limited,
                "more than " + std::to_string(per_hour) + " revocations within an hour take officers");
}

}

Result<Revocation> asked_revocation(Revocation claimed, TimePoint now)
{
    // The CA's own check: what is destroyed here must not be something that the CA then refuses to revoke.
    TRY(pki::check_revocation_reason(claimed.reason));
    TRY(statements::check_requester(claimed.requested_by, claimed.requested_at, now));
    return claimed;
}

void RevokedKeys::forget(Vault& vault) const
{
    for (const auto& key : keys)
        if (!key.blob.empty())
            vault.destroy(key.blob);
}

Result<RevokedKey> revoke_key(Transaction& transaction, KeyRecord key, const Revocation& revocation,
                              const crypto::Signer& evidence_key)
{
    if (key.state == KeyRecord::revoked)
        return RevokedKey{key.id, key.receipt, {}};
    const bool is_in_use =
        key.state == KeyRecord::linked && !has_ended(key.certificate_validity.not_after, transaction.now());
    if (revocation.per_hour && is_in_use) {
        TRY(check_rate(transaction, *revocation.per_hour));
        key.counted_at = transaction.now();
    }
    const statements::RevocationReceipt receipt{key.id,
                                                key.signer_id,
                                                key.certificate_sha256,
                                                revocation.reason,
                                                transaction.now(),
                                                revocation.requested_by,
                                                revocation.requested_at};
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
                                    const Revocation& revocation, const crypto::Signer& evidence_key)
{
    RevokedKeys revoked;
    TRY_ASSIGN(keys, keys_of(transaction, signer));
    for (auto& key : keys) {
        TRY_ASSIGN(one, revoke_key(transaction, std::move(key), revocation, evidence_key));
        revoked.keys.push_back(std::move(one));
    }
    return revoked;
}

}
