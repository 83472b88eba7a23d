// Reading what a message refers to, inside a transaction, with one answer for "not there". Pure but for
// the record.
#pragma once

#include <string>
#include <vector>

#include "sam/record.h"
#include "sam/records.h"

namespace qss::sam {

Result<SignerRecord> find_live_signer(Transaction& transaction, const SignerId& id); // not_found, gone
Result<std::vector<AuthenticatorRecord>> live_authenticators(Transaction& transaction,
                                                             const SignerId& signer);
Result<std::vector<KeyRecord>> keys_of(Transaction& transaction, const SignerId& signer);
Result<KeyRecord> find_key(Transaction& transaction, const KeyId& id);      // not_found; may be revoked
Result<KeyRecord> find_live_key(Transaction& transaction, const KeyId& id); // gone when revoked

// An id as a message has it: malformed ids are the peer's mistake, not a broken frame.
template <class SomeId>
Result<SomeId> id_from(const std::string& field)
{
    auto id = SomeId::from_bytes(as_bytes(field));
    if (!id)
        return fail(ErrorCode::invalid_argument, "an id is 16 bytes");
    return id;
}

}
