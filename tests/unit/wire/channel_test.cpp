#include "wire/channel.h"

#include "unit/wire/server_fixture.h"

namespace qss::wire {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class WireChannel : public ServerFixture {};

proto::ErrorReply text(std::string value)
{
    proto::ErrorReply message; // any message will do
    message.set_detail(std::move(value));
    return message;
}

TEST_F(WireChannel, CallsAndGetsItsAnswer)
{
    start();
    Channel channel(m_path);
    proto::ErrorReply reply;
    ASSERT_TRUE(channel.call(echo, text("hello"), reply, seconds(10)));
    EXPECT_EQ(reply.detail(), "hello");
}

TEST_F(WireChannel, AnErrorReplyBecomesItsError)
{
    start();
    Channel channel(m_path);
    proto::ErrorReply reply;
    const auto status = channel.call(refuse, text("x"), reply, seconds(10));
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::not_found);
    EXPECT_EQ(status.error().detail, "no such thing");
}

TEST_F(WireChannel, ManyThreadsEachGetTheirOwn)
{
    start();
    Channel channel(m_path);
    std::vector<std::thread> threads;
    std::atomic<int> right = 0;
    for (int t = 0; t < 8; ++t)
        threads.emplace_back([&, t] {
            for (int i = 0; i < 200; ++i) {
                const auto sent =
                    std::to_string(t * 1000 + i) + std::string(static_cast<std::size_t>(i * 20), 'x');
                proto::ErrorReply reply;
                if (channel.call(echo, text(sent), reply, seconds(20)) && reply.detail() == sent)
                    ++right;
            }
        });
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(right, 1600);
}

TEST_F(WireChannel, ATimeoutLeavesTheChannelUsable)
{
    start();
    Channel channel(m_path);
    proto::ErrorReply reply;
    const auto late = channel.call(hold, text("late"), reply, milliseconds(20));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, ErrorCode::timed_out);
    m_dispatcher.release(); // its answer comes, and is nobody's
    ASSERT_TRUE(channel.call(echo, text("next"), reply, seconds(10)));
    EXPECT_EQ(reply.detail(), "next");
}

TEST_F(WireChannel, NobodyListens)
{
    Channel channel(m_path);
    proto::ErrorReply reply;
    const auto status = channel.call(echo, text("x"), reply, seconds(1));
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::unavailable);
    EXPECT_FALSE(channel.wait_until_reachable(milliseconds(1)));
}

TEST_F(WireChannel, ComesBackAfterTheServersRestart)
{
    start();
    Channel channel(m_path);
    proto::ErrorReply reply;
    ASSERT_TRUE(channel.call(echo, text("one"), reply, seconds(10)));
    stop();
    EXPECT_FALSE(channel.call(echo, text("lost"), reply, seconds(10)));
    start();
    ASSERT_TRUE(channel.wait_until_reachable(seconds(10)));
    ASSERT_TRUE(channel.call(echo, text("two"), reply, seconds(10)));
    EXPECT_EQ(reply.detail(), "two");
}

TEST_F(WireChannel, ACallUnderWayAtABreakIsUnavailableNotRepeated)
{
    start();
    Channel channel(m_path);
    proto::ErrorReply reply;
    const auto status = channel.call(break_rules, text("x"), reply, seconds(10));
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::unavailable);
    EXPECT_EQ(m_dispatcher.handled, 1);
    EXPECT_TRUE(channel.call(echo, text("x"), reply, seconds(10)));
}

TEST_F(WireChannel, ARefusedUidSeesUnavailableAndDoesNotTryForEver)
{
    start({::geteuid() + 1});
    Channel channel(m_path);
    proto::ErrorReply reply;
    const auto status = channel.call(echo, text("x"), reply, seconds(10));
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::unavailable);
    EXPECT_EQ(m_dispatcher.handled, 0);
}

TEST_F(WireChannel, AReplyOfAnotherTypeBreaksTheLink)
{
    const auto listener = listen_at(m_path);
    ASSERT_TRUE(listener);
    std::thread impostor([&] {
        pollfd wait{listener->get(), POLLIN, 0};
        ::poll(&wait, 1, 10'000);
        const Descriptor peer(::accept4(listener->get(), nullptr, nullptr, SOCK_CLOEXEC));
        FrameReader reader(peer.get());
        const auto header = reader.header();
        const auto body = reader.body((*header)->body_size);
        send(peer, {0, (*header)->request_id, refuse, ReplyStatus::ok}, {});
        is_closed(peer);
    });
    Channel channel(m_path);
    proto::ErrorReply reply;
    const auto status = channel.call(echo, text("x"), reply, seconds(10));
    impostor.join();
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::unavailable);
}

TEST_F(WireChannel, ARequestAboveTheWiresLimitIsNotSent)
{
    start();
    Channel channel(m_path);
    proto::ErrorReply reply;
    const auto status = channel.call(echo, text(std::string(1024 * 1024, 'x')), reply, seconds(10));
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::too_large);
}

}
}
