// Revocations that officers order: of any certificate that the CA issued, and past qss-api.
#include "ca/service.h"
#include "statements/revocation_order.h"

namespace qss::ca {

namespace {

// Those under the access CA are no business of relying parties: qss-api unlinks them. A root is taken off
// the trusted list.
Status check_revocable(pki::ProfileId profile)
{
    using enum pki::ProfileId;
    if (profile == root || profile == access_ca || profile == client || profile == server)
        return fail(ErrorCode::unsupported, "no list tells of certificates of this kind");
    return {};
}

}

Result<AuthorityId> Service::revoke_ordered(Transaction& transaction, const statements::VerifiedOrder& order,
                                            const RevocationTarget& target, TimePoint now)
{
    TRY(transaction.carry(order, now));
    const auto serial = target.certificate.serial();
    TRY_ASSIGN(row, transaction.certificate(serial));
    if (!row || !equal_public(row->certificate, target.certificate.der()))
        return fail(ErrorCode::not_found, "the certificate is not one of ours");
    TRY(check_revocable(row->profile));
    TRY(row->profile == pki::ProfileId::issuing_ca ? pki::check_authority_revocation_reason(target.reason)
                                                   : pki::check_revocation_reason(target.reason));
    TRY(m_authorities->at(row->authority).key.check_here()); // else no list would tell of it
    TRY(transaction.revoke(serial,
                           {target.reason, std::string(statements::order_requester) + order.order().id.text(),
                            order.order().issued_at, std::nullopt},
                           now));
    std::size_t left = 0;
    for (const auto& officer : m_settings->officers) {
        TRY_ASSIGN(is_retired, transaction.is_retired(officer.spki));
        left += is_retired ? 0 : 1;
    }
    if (left < (m_settings->mode == Mode::sandbox ? 1U : 2U))
        return fail(ErrorCode::conflict, "too few officers would be left to order anything");
    return row->authority;
}

Result<Bytes> Service::revoke_by_order(const statements::VerifiedOrder& order)
{
    TRY_ASSIGN(parameters, statements::RevocationOrder::decode(order.order().parameters));
    TRY_ASSIGN(certificate, pki::Certificate::from_der(parameters.certificate));
    TRY_ASSIGN(reason, pki::revocation_reason_from_string(parameters.revocation_reason));
    const RevocationTarget target{std::move(certificate), reason};
    const auto now = m_options.clock.now();
    TRY_ASSIGN(authority, m_options.writer.write_returning([&](sqlite::Database& database) {
        Transaction transaction(database);
        return revoke_ordered(transaction, order, target, now);
    }));
    return fresh_crl(m_settings->list_of(authority, target.certificate.serial()));
}

}
