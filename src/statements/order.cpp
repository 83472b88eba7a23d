#include "statements/order.h"

#include <algorithm>

#include "base/canonical.h"

namespace qss::statements {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view tag = "QSS-ORDER-v1";
constexpr std::size_t hash_size = 32;
constexpr std::size_t max_word = 64;
constexpr std::size_t max_parameters = 3 * 1024;
static_assert(max_parameters + 4 * limits::label_size < limits::statement_size);
constexpr auto clock_tolerance = 5min; // the officer's clock may be ahead of ours

Status check_signatures(std::span<const SignedStatement> signatures, const OrderRules& rules)
{
    if (signatures.empty() || signatures.size() > order_max_signatures)
        return fail(ErrorCode::verification_failed, "an order carries 1 to 16 officers' signatures");
    std::vector<ByteView> seen;
    for (const auto& signature : signatures) {
        if (!equal_public(signature.encoding, signatures.front().encoding))
            return fail(ErrorCode::verification_failed, "the officers signed different orders");
        const auto twice = [&](ByteView id) { return equal_public(id, signature.signer_key_id); };
        if (std::any_of(seen.begin(), seen.end(), twice))
            return fail(ErrorCode::verification_failed, "one officer signed twice");
        const auto is_signer = [&](const Bytes& spki) {
            return equal_public(crypto::sha256(spki), signature.signer_key_id);
        };
        const auto officer = std::find_if(rules.officers.begin(), rules.officers.end(), is_signer);
        if (officer == rules.officers.end())
            return fail(ErrorCode::verification_failed,
                        "an order is signed by somebody who is no officer here");
        TRY_ASSIGN(key, crypto::PublicKey::from_spki(*officer));
        TRY(signature.verify(key));
        seen.emplace_back(signature.signer_key_id);
    }
    if (seen.size() < rules.needed)
        return fail(ErrorCode::forbidden, "the order needs " + std::to_string(rules.needed) +
                                              " officers, and carries the signatures of " +
                                              std::to_string(seen.size()));
    return {};
}

}

Bytes Order::encode() const
{
    CanonicalWriter writer(tag);
    writer.bytes(id.bytes()).bytes(installation).text(role).text(action).bytes(parameters).text(reason);
    return writer.time(issued_at).time(expires_at).take();
}

Result<Order> Order::decode(ByteView encoding)
{
    TRY_ASSIGN(reader, CanonicalReader::open(encoding, tag));
    TRY_ASSIGN(id, reader.id<OrderId>());
    TRY_ASSIGN(installation, reader.bytes_exactly(hash_size));
    TRY_ASSIGN(role, reader.text(max_word));
    TRY_ASSIGN(action, reader.text(max_word));
    TRY_ASSIGN(parameters, reader.bytes(max_parameters));
    TRY_ASSIGN(reason, reader.text(limits::label_size));
    TRY_ASSIGN(issued_at, reader.time());
    TRY_ASSIGN(expires_at, reader.time());
    TRY(reader.finish());
    if (expires_at <= issued_at || expires_at - issued_at > order_max_life)
        return fail(ErrorCode::malformed, "an order lives up to 30 days");
    return Order{id,
                 to_bytes(installation),
                 std::move(role),
                 std::move(action),
                 to_bytes(parameters),
                 std::move(reason),
                 issued_at,
                 expires_at};
}

Result<VerifiedOrder> verify_order(std::span<const SignedStatement> signatures, const OrderRules& rules,
                                   TimePoint now)
{
    QSS_ASSERT(rules.needed >= 1);
    TRY(check_signatures(signatures, rules));
    TRY_ASSIGN(order, Order::decode(signatures.front().encoding));
    if (order.role != rules.role)
        return fail(ErrorCode::forbidden, "the order is for " + order.role);
    if (!equal_public(order.installation, rules.installation))
        return fail(ErrorCode::forbidden, "the order is for another installation");
    if (order.issued_at > now + clock_tolerance)
        return fail(ErrorCode::expired, "the order is from the future: look at the clocks");
    if (now >= order.expires_at)
        return fail(ErrorCode::expired, "the order has expired: sign a new one");
    return VerifiedOrder(std::move(order), signatures.front().hash());
}

}
