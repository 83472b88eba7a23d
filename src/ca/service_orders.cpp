// Orders of officers, as the CA carries them out: each in one transaction, with m_mutex held.
#include "base/log.h"
#include "ca/service.h"

namespace qss::ca {

// Without those whose certificate was revoked.
role::OrderAuthority Service::order_authority() const
{
    role::OrderAuthority authority{m_settings->mode, m_settings->installation, {}};
    const auto read = m_options.writer.write([&](sqlite::Database& database) -> Status {
        for (const auto& officer : m_settings->officers) {
            TRY_ASSIGN(is_retired, Transaction(database).is_retired(officer.spki));
            if (!is_retired)
                authority.officers.push_back(officer.spki);
        }
        return {};
    });
    return read ? authority : role::OrderAuthority{};
}

Result<proto::CarryOutReply> Service::carry_out(const proto::CarryOutRequest& request)
{
    const std::lock_guard lock(m_mutex); // the officers who are asked for are those who are obeyed
    return m_orders.carry_out(request);
}

Result<Bytes> Service::carry(const OrderAct& act, const statements::VerifiedOrder& order)
{
    const auto now = m_options.clock.now();
    TRY_ASSIGN(parameters, statements::NamedValues::decode(order.order().parameters));
    auto settings = *m_settings;
    const IssuanceInput input{settings, m_options.keys, m_throw_away, now, m_options.random};
    TRY_ASSIGN(outcome, m_options.writer.write_returning([&](sqlite::Database& database) -> Result<Bytes> {
        Transaction transaction(database);
        TRY_ASSIGN(carried, transaction.carry(order, now));
        Issuance issuance(input, transaction, &carried);
        OrderScope scope{settings, *m_authorities, input, transaction, carried, issuance};
        TRY_ASSIGN(values, act.run(scope, std::move(parameters)));
        TRY(transaction.replace_settings(settings, m_options.keys, carried));
        auto encoded = values.encode();
        TRY(transaction.finish(carried, encoded));
        return encoded;
    }));
    if (const auto read = read_settings(); !read) { // it is durable: what is in memory would be another CA
        m_state = role::State::SUSPENDED;
        log::alarm("the CA does not read back what it was ordered; suspended",
                   {{"detail", read.error().detail}});
        return fail(read.error());
    }
    return outcome;
}

Result<proto::CarryOutReply> Service::order_outcome(const proto::OrderOutcomeRequest& request)
{
    TRY_ASSIGN(id, OrderId::from_bytes(as_bytes(request.order_id())));
    TRY_ASSIGN(outcome, m_options.writer.write_returning([&](sqlite::Database& database) {
        return Transaction(database).order_outcome(id);
    }));
    proto::CarryOutReply reply;
    reply.set_outcome(to_string(ByteView(outcome)));
    return reply;
}

}
