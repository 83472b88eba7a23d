#include "sam/lookups.h"

namespace qss::sam {

Result<SignerRecord> find_live_signer(Transaction& transaction, const SignerId& id)
{
    TRY_ASSIGN(row, transaction.find(Kind::signer, id.bytes()));
    if (!row)
        return fail(ErrorCode::not_found, "signer " + id.text());
    TRY_ASSIGN(signer, SignerRecord::from_row(std::move(*row)));
    if (signer.state == SignerRecord::destroyed)
        return fail(ErrorCode::gone, "the signer was destroyed");
    return signer;
}

Result<std::vector<AuthenticatorRecord>> live_authenticators(Transaction& transaction, const SignerId& signer)
{
    TRY_ASSIGN(rows, transaction.owned_by(Kind::authenticator, signer.bytes()));
    std::vector<AuthenticatorRecord> live;
    for (auto& row : rows) {
        TRY_ASSIGN(authenticator, AuthenticatorRecord::from_row(std::move(row)));
        if (authenticator.state == AuthenticatorRecord::live)
            live.push_back(std::move(authenticator));
    }
    return live;
}

Result<std::vector<KeyRecord>> keys_of(Transaction& transaction, const SignerId& signer)
{
    TRY_ASSIGN(rows, transaction.owned_by(Kind::key, signer.bytes()));
    std::vector<KeyRecord> keys;
    for (auto& row : rows) {
        TRY_ASSIGN(key, KeyRecord::from_row(std::move(row)));
        keys.push_back(std::move(key));
    }
    return keys;
}

Result<KeyRecord> find_key(Transaction& transaction, const KeyId& id)
{
    TRY_ASSIGN(row, transaction.find(Kind::key, id.bytes()));
    if (!row)
        return fail(ErrorCode::not_found, "key " + id.text());
    return KeyRecord::from_row(std::move(*row));
}

Result<KeyRecord> find_live_key(Transaction& transaction, const KeyId& id)
{
    TRY_ASSIGN(key, find_key(transaction, id));
    if (key.state == KeyRecord::revoked)
        return fail(ErrorCode::gone, "the key was destroyed");
    return key;
}

}
