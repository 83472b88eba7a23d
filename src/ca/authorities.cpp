#include "ca/authorities.h"

#include <algorithm>

namespace qss::ca {

namespace {

Result<AuthorityState> load_one(const AuthorityRow& row, keystore::KeyStore& keys)
{
    TRY_ASSIGN(certificate, pki::Certificate::from_der(row.certificate));
    if (!equal_public(certificate.public_key().spki(), row.key.spki))
        return fail(ErrorCode::tampered, "an authority's certificate is not its key's");
    std::shared_ptr<const crypto::Signer> signer;
    if (!row.key.blob.empty()) {
        TRY_ASSIGN(loaded, keys.load(row.key.blob, row.key.spki));
        signer = std::move(loaded);
    }
    return AuthorityState{row.id, AuthorityKey(row.id, std::move(signer)), std::move(certificate)};
}

}

Result<Authorities> Authorities::load(Transaction& transaction, keystore::KeyStore& keys)
{
    TRY_ASSIGN(rows, transaction.authorities());
    Authorities out;
    for (const auto& row : rows) {
        TRY_ASSIGN(state, load_one(row, keys));
        out.m_states.push_back(std::move(state));
    }
    for (const auto kind : {Authority::root, Authority::issuing, Authority::access}) {
        std::uint32_t next = 1;
        for (const auto& state : out.m_states)
            if (state.id.kind == kind && state.id.generation != next++)
                return fail(ErrorCode::tampered, "a generation of an authority is missing");
        if (next == 1)
            return fail(ErrorCode::tampered, "an authority is missing");
    }
    return out;
}

const AuthorityState& Authorities::of(Authority kind) const
{
    const auto found = std::find_if(m_states.rbegin(), m_states.rend(),
                                    [&](const AuthorityState& state) { return state.id.kind == kind; });
    QSS_ASSERT(found != m_states.rend());
    return *found;
}

const AuthorityState& Authorities::at(const AuthorityId& id) const
{
    const auto found = std::find_if(m_states.begin(), m_states.end(),
                                    [&](const AuthorityState& state) { return state.id == id; });
    QSS_ASSERT(found != m_states.end());
    return *found;
}

}
