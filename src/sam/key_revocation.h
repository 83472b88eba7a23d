// Destroying keys, for good (docs/invariants.md 7; KEY-7): the wrapped key is overwritten, a tombstone and a
// signed receipt stay, and asking again gives the same receipt. In the caller's transaction; the warm
// copies go once that is durable. What qss-api asks for is counted: beyond the ceremony's rate it takes
// officers, so that who owns qss-api cannot end everybody's identity at once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sam/config.h"
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

inline constexpr std::uint32_t reason_cessation = 5; // RFC 5280 5.3.1 cessationOfOperation

struct Revocation { // that somebody wants
    std::uint32_t reason = 0;
    std::string requested_by;
    TimePoint requested_at;
    std::optional<std::uint32_t> per_hour; // at most so many; nullopt: officers order it
};

// invalid_argument: a reason that we do not give, a name that is too long or poses as officers', a time to
// come.
Result<Revocation> asked_revocation(Revocation claimed, TimePoint now);

// Of qss-api, which says who asked it (a request of sam.proto with these fields).
template <class Request>
Result<Revocation> asked_revocation(const Request& request, std::uint32_t reason, const Config& config,
                                    TimePoint now)
{
    return asked_revocation(
        {reason, request.requested_by().empty() ? std::string("qss-api") : request.requested_by(),
         request.requested_at_unix_ms() == 0 ? now : from_unix_ms(request.requested_at_unix_ms()),
         config.revocations_per_hour},
        now);
}

// rate_limited: too many within the hour. A key that nothing can be signed with any more does not count.
Result<RevokedKey> revoke_key(Transaction& transaction, KeyRecord key, const Revocation& revocation,
                              const crypto::Signer& evidence_key);
// All the signer ever had, those revoked before with the receipts they got then.
Result<RevokedKeys> revoke_all_keys(Transaction& transaction, const SignerId& signer,
                                    const Revocation& revocation, const crypto::Signer& evidence_key);

}
