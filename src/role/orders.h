// Officers' orders as a role takes them (statements/order.h): a table of actions, how many officers each
// needs, in which states it is permitted. The message CarryOut (type 5) carries an order to any role, from
// `qss-api` or straight from the operator's command line; who carries it does not matter. Safe from any
// thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "proto/wire.pb.h"
#include "role/dispatch.h"
#include "role/role_main.h"
#include "statements/order.h"

namespace qss::role {

inline constexpr int carry_out_type = 5;
inline constexpr int order_outcome_type = 6;
inline constexpr std::size_t carry_out_size =
    statements::order_max_signatures * (limits::statement_size + 256);
static_assert(carry_out_size < limits::wire_message_size);

struct OrderAction {
    std::string_view name;
    std::size_t officers; // different ones; a sandbox has a single officer, who is enough there
    States states;
    // In one transaction writes the order's id down, which fails with already_exists the second time, and
    // does what it says. The outcome is the action's own.
    std::function<Result<Bytes>(statements::VerifiedOrder order)> carry_out;
};

// Whom the role obeys: what its ceremony, or a later order, fixed.
struct OrderAuthority {
    Mode mode = Mode::production;
    Bytes installation;
    std::vector<Bytes> officers; // SPKI, DER
};

class Orders {
public:
    // `authority` and `state` are asked at each order. All references outlive this.
    Orders(std::string_view role, std::vector<OrderAction> actions, std::function<OrderAuthority()> authority,
           std::function<State()> state, Clock& clock);

    // forbidden, expired, verification_failed as verify_order; unsupported: no such action;
    // conflict: not in this state.
    Result<proto::CarryOutReply> carry_out(const proto::CarryOutRequest& request);

private:
    std::string_view m_role;
    std::vector<OrderAction> m_actions;
    std::function<OrderAuthority()> m_authority;
    std::function<State()> m_state;
    Clock& m_clock;
};

}
