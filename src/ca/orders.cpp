#include "ca/orders.h"

#include "pki/lint.h"
#include "pki/public_urls.h"

namespace qss::ca {

namespace {

std::string_view word_of(Authority authority)
{
    switch (authority) {
    case Authority::root: return "root";
    case Authority::issuing: return "issuing";
    case Authority::access: return "access";
    }
    return "";
}

}

std::string AuthorityId::name() const
{
    const std::string word(word_of(kind));
    return generation == 1 ? word : word + "-g" + std::to_string(generation);
}

std::string ListId::path() const
{
    return pki::crl_path(authority.name(), shard);
}

Result<Draft> Draft::make(AuthorityId authority, const pki::Profile& profile,
                          const pki::CertificateContents& contents, const crypto::PrivateKey& throw_away)
{
    Draft draft;
    draft.m_authority = authority;
    draft.m_profile = profile.id;
    TRY_ASSIGN(tbs, pki::encode_tbs_certificate(profile, contents, throw_away.type()));
    TRY_ASSIGN(trial, pki::sign_certificate(tbs, throw_away));
    TRY(pki::lint(trial, profile));
    draft.m_tbs = std::move(tbs);
    draft.m_serial = trial.serial();
    draft.m_spki = trial.public_key().spki();
    draft.m_not_after = trial.not_after();
    return draft;
}

Status AuthorityKey::check_here() const
{
    if (is_away())
        return fail(ErrorCode::unavailable, "the key of the " + m_authority.name() +
                                                " CA is offline: officers order attach-root first");
    return {};
}

Result<pki::Certificate> AuthorityKey::issue(IssuanceOrder order) const
{
    QSS_ASSERT(order.m_authority == m_authority);
    TRY(check_here());
    return pki::sign_certificate(order.m_tbs, *m_signer);
}

Result<pki::Crl> AuthorityKey::issue(CrlOrder order) const
{
    QSS_ASSERT(order.m_authority == m_authority);
    TRY(check_here());
    return pki::sign_crl(order.m_tbs, *m_signer);
}

}
