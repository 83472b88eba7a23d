#include "role/orders.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/log.h"

namespace qss::role {

Orders::Orders(std::string_view role, std::vector<OrderAction> actions,
               std::function<OrderAuthority()> authority, std::function<State()> state, Clock& clock)
    : m_role(role), m_actions(std::move(actions)), m_authority(std::move(authority)),
      m_state(std::move(state)), m_clock(clock)
{
}

Result<proto::CarryOutReply> Orders::carry_out(const proto::CarryOutRequest& request)
{
    if (request.signatures_size() < 1 ||
        static_cast<std::size_t>(request.signatures_size()) > statements::order_max_signatures)
        return fail(ErrorCode::invalid_argument, "an order carries 1 to 16 officers' signatures");
    std::vector<statements::SignedStatement> signatures;
    for (const auto& transport : request.signatures()) {
        TRY_ASSIGN(signature, statements::SignedStatement::decode(as_bytes(transport)));
        signatures.push_back(std::move(signature));
    }
    // Unverified as yet: it only says what has to be verified.
    TRY_ASSIGN(claimed, statements::Order::decode(signatures.front().encoding));
    const auto action = std::find_if(m_actions.begin(), m_actions.end(),
                                     [&](const OrderAction& one) { return one.name == claimed.action; });
    if (action == m_actions.end())
        return fail(ErrorCode::unsupported, std::string(m_role) + " knows no order " + claimed.action);
    const auto authority = m_authority();
    const auto needed = authority.mode == Mode::sandbox ? std::size_t{1} : action->officers;
    TRY_ASSIGN(order, statements::verify_order(signatures,
                                               {m_role, authority.installation, authority.officers, needed},
                                               m_clock.now()));
    if (!action->states.contains(m_state()))
        return fail(ErrorCode::conflict, "the role's state does not permit " + std::string(action->name));
    const auto id = order.order().id.text();
    const auto outcome = action->carry_out(std::move(order));
    log::info("officers' order", {{"action", std::string(action->name)},
                                  {"order", id},
                                  {"outcome", outcome ? "done" : outcome.error().detail}});
    if (!outcome)
        return fail(outcome.error());
    proto::CarryOutReply reply;
    reply.set_outcome(to_string(ByteView(*outcome)));
    return reply;
}

}
