#include "role/orders.h"

#include <set>

#include <gtest/gtest.h>

namespace qss::role {

namespace {

using namespace std::chrono_literals;
using statements::Order;
using statements::VerifiedOrder;

class OrdersTest : public testing::Test {
protected:
    proto::CarryOutRequest signed_by(std::size_t count, const std::string& action = "rename",
                                     const std::string& role = "ca")
    {
        const auto now = clock.now();
        const Order order{OrderId::generate(random), Bytes(32, 7), role, action, {}, "", now, now + 1h};
        proto::CarryOutRequest request;
        for (std::size_t i = 0; i < count; ++i)
            request.add_signatures(
                to_string(ByteView(statements::sign_statement(order.encode(), keys[i]).value().encode())));
        return request;
    }
    ErrorCode refusal(const proto::CarryOutRequest& request)
    {
        const auto reply = orders.carry_out(request);
        return reply ? ErrorCode::internal : reply.error().code;
    }

    SystemRandom random;
    FakeClock clock{from_unix_ms(1'795'000'000'000)};
    std::vector<crypto::PrivateKey> keys = [] {
        std::vector<crypto::PrivateKey> made;
        made.push_back(crypto::PrivateKey::generate(crypto::KeyType::p256).value());
        made.push_back(crypto::PrivateKey::generate(crypto::KeyType::p256).value());
        return made;
    }();
    OrderAuthority authority{Mode::production,
                             Bytes(32, 7),
                             {keys[0].public_key().spki(), keys[1].public_key().spki()}};
    State state = State::READY;
    std::set<std::string> carried;
    Orders orders{"ca",
                  {{"rename", 2, only_ready,
                    [this](VerifiedOrder order) -> Result<Bytes> {
                        if (!carried.insert(order.order().id.text()).second)
                            return fail(ErrorCode::already_exists, "carried out already");
                        return to_bytes("renamed");
                    }}},
                  [this] { return authority; },
                  [this] { return state; },
                  clock};
};

}

TEST_F(OrdersTest, carries_out_once_what_enough_officers_signed)
{
    const auto request = signed_by(2);
    const auto reply = orders.carry_out(request);
    ASSERT_TRUE(reply) << reply.error().detail;
    EXPECT_EQ(reply->outcome(), "renamed");
    EXPECT_EQ(refusal(request), ErrorCode::already_exists);
    EXPECT_EQ(carried.size(), 1U);
}

TEST_F(OrdersTest, one_officer_is_enough_in_a_sandbox_alone)
{
    EXPECT_EQ(refusal(signed_by(1)), ErrorCode::forbidden);
    authority.mode = Mode::sandbox;
    EXPECT_TRUE(orders.carry_out(signed_by(1)));
}

TEST_F(OrdersTest, refuses_what_it_does_not_know)
{
    EXPECT_EQ(refusal(signed_by(2, "erase")), ErrorCode::unsupported);
    EXPECT_EQ(refusal(signed_by(2, "rename", "sam")), ErrorCode::forbidden);
    EXPECT_EQ(refusal({}), ErrorCode::invalid_argument);
    authority.officers.pop_back();
    EXPECT_EQ(refusal(signed_by(2)), ErrorCode::verification_failed);
    EXPECT_TRUE(carried.empty());
}

TEST_F(OrdersTest, refuses_in_a_state_that_does_not_permit_it)
{
    state = State::SUSPENDED;
    EXPECT_EQ(refusal(signed_by(2)), ErrorCode::conflict);
    EXPECT_TRUE(carried.empty());
}

TEST_F(OrdersTest, an_order_that_expired_in_the_drawer)
{
    const auto request = signed_by(2);
    clock.advance(1h);
    EXPECT_EQ(refusal(request), ErrorCode::expired);
}

}
