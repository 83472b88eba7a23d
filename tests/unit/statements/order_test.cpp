#include "statements/order.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace qss::statements {

namespace {

using namespace std::chrono_literals;

constexpr auto now = TimePoint(Milliseconds(1'795'000'000'000));

class OrderTest : public testing::Test {
protected:
    Order order()
    {
        return {OrderId::generate(random), installation, "ca",       "revoke",
                to_bytes("parameters"),    "lost phone", now - 1min, now + 1h};
    }
    std::vector<SignedStatement> signed_by(const Order& what, std::initializer_list<int> who)
    {
        std::vector<SignedStatement> out;
        for (const int one : who)
            out.push_back(sign_statement(what.encode(), keys[static_cast<std::size_t>(one)]).value());
        return out;
    }
    Result<VerifiedOrder> verify(const std::vector<SignedStatement>& signatures, std::size_t needed = 2,
                                 TimePoint at = now)
    {
        return verify_order(signatures, {"ca", installation, officers, needed}, at);
    }
    static crypto::PrivateKey key() { return crypto::PrivateKey::generate(crypto::KeyType::p256).value(); }

    SystemRandom random;
    Bytes installation = Bytes(32, 7);
    std::vector<crypto::PrivateKey> keys = [] {
        std::vector<crypto::PrivateKey> made;
        for (int i = 0; i < 4; ++i)
            made.push_back(key());
        return made;
    }();
    std::vector<Bytes> officers{keys[0].public_key().spki(), keys[1].public_key().spki(),
                                keys[2].public_key().spki()}; // the last key is a stranger's
};

ErrorCode code_of(const Result<VerifiedOrder>& result)
{
    return result ? ErrorCode::internal : result.error().code;
}

}

TEST_F(OrderTest, as_many_officers_as_needed_or_more)
{
    const auto what = order();
    EXPECT_TRUE(verify(signed_by(what, {0, 1})));
    EXPECT_TRUE(verify(signed_by(what, {2, 0, 1})));
    EXPECT_TRUE(verify(signed_by(what, {1}), 1));
    const auto verified = verify(signed_by(what, {0, 1}));
    EXPECT_EQ(verified->order().encode(), what.encode());
    EXPECT_EQ(verified->hash(), crypto::sha256(what.encode()));
}

TEST_F(OrderTest, too_few_or_one_twice_or_a_stranger)
{
    const auto what = order();
    EXPECT_EQ(code_of(verify(signed_by(what, {0}))), ErrorCode::forbidden);
    EXPECT_EQ(code_of(verify(signed_by(what, {0, 0}))), ErrorCode::verification_failed);
    EXPECT_EQ(code_of(verify(signed_by(what, {0, 3}))), ErrorCode::verification_failed);
    EXPECT_EQ(code_of(verify(signed_by(what, {0, 1, 3}))), ErrorCode::verification_failed);
    EXPECT_EQ(code_of(verify({})), ErrorCode::verification_failed);
}

TEST_F(OrderTest, all_sign_the_same_bytes)
{
    auto signatures = signed_by(order(), {0});
    signatures.push_back(signed_by(order(), {1}).front()); // another id
    EXPECT_EQ(code_of(verify(signatures)), ErrorCode::verification_failed);
}

TEST_F(OrderTest, a_changed_order_has_no_signature)
{
    auto signatures = signed_by(order(), {0, 1});
    for (auto& signature : signatures)
        signature.encoding.back() ^= 1; // a millisecond of its expiry
    EXPECT_EQ(code_of(verify(signatures)), ErrorCode::verification_failed);
}

TEST_F(OrderTest, another_role_or_installation)
{
    auto what = order();
    what.role = "sam";
    EXPECT_EQ(code_of(verify(signed_by(what, {0, 1}))), ErrorCode::forbidden);
    what = order();
    what.installation[0] ^= 1;
    EXPECT_EQ(code_of(verify(signed_by(what, {0, 1}))), ErrorCode::forbidden);
}

TEST_F(OrderTest, its_time)
{
    const auto signatures = signed_by(order(), {0, 1});
    EXPECT_TRUE(verify(signatures, 2, now + 1h - 1ms));
    EXPECT_EQ(code_of(verify(signatures, 2, now + 1h)), ErrorCode::expired);
    EXPECT_TRUE(verify(signatures, 2, now - 6min));
    EXPECT_EQ(code_of(verify(signatures, 2, now - 6min - 1ms)), ErrorCode::expired);
}

TEST_F(OrderTest, decode_is_strict)
{
    const auto encoding = order().encode();
    for (std::size_t size = 0; size < encoding.size(); ++size)
        EXPECT_FALSE(Order::decode(ByteView(encoding).first(size))) << size;
    auto what = order();
    what.expires_at = what.issued_at;
    EXPECT_FALSE(Order::decode(what.encode()));
    what.expires_at = what.issued_at + order_max_life;
    EXPECT_TRUE(Order::decode(what.encode()));
    what.expires_at += 1ms;
    EXPECT_FALSE(Order::decode(what.encode()));
    what = order();
    what.parameters = Bytes(3 * 1024 + 1);
    EXPECT_FALSE(Order::decode(what.encode()));
}

}
