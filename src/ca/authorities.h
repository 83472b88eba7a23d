// The CA's authorities: root, issuing and access CA, of each the current generation, which issues, and
// those before it, which only go on telling the status of what they issued. A value.
#pragma once

#include <span>
#include <vector>

#include "ca/record.h"

namespace qss::ca {

struct AuthorityState {
    AuthorityId id;
    AuthorityKey key;
    pki::Certificate certificate;
};

class Authorities {
public:
    // Of a record that went through its ceremony. tampered when key and certificate do not fit.
    static Result<Authorities> load(Transaction& transaction, keystore::KeyStore& keys);

    [[nodiscard]] const AuthorityState& of(Authority kind) const;         // the current one
    [[nodiscard]] const AuthorityState& at(const AuthorityId& id) const;  // must exist
    [[nodiscard]] std::span<const AuthorityState> all() const { return m_states; }

private:
    std::vector<AuthorityState> m_states; // each kind's in the order of its generations
};

}
