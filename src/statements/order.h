// Officers' orders: what changes a role's keys, officers or policy, or revokes without `qss-api`. An
// Order is one action for one role of one installation; each officer signs the same bytes. A role carries
// out a VerifiedOrder alone, which moves, is made only by verify_order, and is consumed by the transaction
// that writes its id down, so that no order is carried out twice (411-1 OVR-6.3.5-04: dual control). Pure.
#pragma once

#include <span>
#include <string>

#include "base/clock.h"
#include "base/ids.h"
#include "statements/signed.h"

namespace qss::statements {

inline constexpr std::chrono::days order_max_life{30};
inline constexpr std::size_t order_max_signatures = 16;

struct Order { // tag "QSS-ORDER-v1"
    OrderId id;
    Bytes installation;    // SHA-256 of the root certificate that the role trusts
    std::string role;      // "sam", "ca", "ocsp", "tsa"
    std::string action;    // of that role, such as "revoke"
    Bytes parameters;      // the action's own canonical encoding, tag first; up to 3 KiB
    std::string reason;    // for people; up to limits::label_size
    TimePoint issued_at;
    TimePoint expires_at;  // at most order_max_life later

    [[nodiscard]] Bytes encode() const;
    static Result<Order> decode(ByteView encoding);
};

// What a role demands of an order.
struct OrderRules {
    std::string_view role;
    ByteView installation;
    std::span<const Bytes> officers; // SPKI, DER
    std::size_t needed = 2;          // different officers who signed
};

class VerifiedOrder {
public:
    VerifiedOrder(VerifiedOrder&&) = default;
    VerifiedOrder& operator=(VerifiedOrder&&) = default;

    [[nodiscard]] const Order& order() const { return m_order; }
    [[nodiscard]] const Bytes& hash() const { return m_hash; } // SHA-256 of the encoding

private:
    friend Result<VerifiedOrder> verify_order(std::span<const SignedStatement>, const OrderRules&, TimePoint);
    VerifiedOrder(Order order, Bytes hash) : m_order(std::move(order)), m_hash(std::move(hash)) {}
    Order m_order;
    Bytes m_hash;
};

// `signatures`: one from each officer, over the same bytes. verification_failed: another order among them, a
// signature that does not hold or is not a pinned officer's, one officer twice; forbidden: too few officers,
// another role or installation; expired: not yet, or no longer.
Result<VerifiedOrder> verify_order(std::span<const SignedStatement> signatures, const OrderRules& rules,
                                   TimePoint now);

}
