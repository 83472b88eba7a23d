// An authenticator becomes a tombstone: its credential id is never accepted again.
#pragma once

#include "sam/record.h"
#include "sam/records.h"

namespace qss::sam {

inline Status remove_authenticator(Transaction& transaction, AuthenticatorRecord authenticator)
{
    authenticator.state = AuthenticatorRecord::removed;
    transaction.event("authenticator-removed", authenticator.id.bytes());
    return transaction.update(authenticator.to_row());
}

}
