#include "wire/server.h"

#include <sys/stat.h>

#include "base/limits.h"
#include "unit/wire/server_fixture.h"

namespace qss::wire {
namespace {

class WireServer : public ServerFixture {};

Bytes receive(const Descriptor& fd, Header& header)
{
    FrameReader reader(fd.get());
    const auto got = reader.header();
    EXPECT_TRUE(got && *got);
    if (!got || !*got)
        return {};
    header = **got;
    return reader.body(header.body_size).value_or(Bytes{});
}

TEST_F(WireServer, TheSocketIsNotOpenToTheWorld)
{
    start();
    struct stat status{};
    ASSERT_EQ(::stat(m_path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0660U);
}

TEST_F(WireServer, AReplyRepeatsIdAndType)
{
    start();
    const auto fd = raw();
    ASSERT_EQ(send(fd, {3, 99, echo, ReplyStatus::ok}, as_bytes("abc")), Sent::all);
    Header header;
    EXPECT_EQ(to_string(receive(fd, header)), "abc");
    EXPECT_EQ(header.request_id, 99U);
    EXPECT_EQ(header.type, echo);
    EXPECT_EQ(header.status, ReplyStatus::ok);
}

TEST_F(WireServer, AnotherUidIsRefused)
{
    start({::geteuid() + 1});
    const auto fd = raw();
    send(fd, {3, 1, echo, ReplyStatus::ok}, as_bytes("abc"));
    EXPECT_TRUE(is_closed(fd));
    EXPECT_EQ(m_dispatcher.handled, 0);
}

TEST_F(WireServer, AListedUidIsServed)
{
    start({::geteuid() + 1, ::geteuid()});
    const auto fd = raw();
    send(fd, {3, 1, echo, ReplyStatus::ok}, as_bytes("abc"));
    EXPECT_FALSE(is_closed(fd));
}

TEST_F(WireServer, AnUnknownTypeClosesBeforeItsBodyHasArrived)
{
    start();
    const auto fd = raw();
    const auto header = encode_header({1000, 1, 999, ReplyStatus::ok}); // no body follows
    ASSERT_EQ(::send(fd.get(), header.data(), header.size(), MSG_NOSIGNAL), ssize_t{header_size});
    EXPECT_TRUE(is_closed(fd));
    EXPECT_EQ(m_dispatcher.handled, 0);
}

TEST_F(WireServer, ABodyAboveTheTypesLimitCloses)
{
    start();
    const auto fd = raw();
    const auto header = encode_header({echo_limit + 1, 1, echo, ReplyStatus::ok});
    ASSERT_EQ(::send(fd.get(), header.data(), header.size(), MSG_NOSIGNAL), ssize_t{header_size});
    EXPECT_TRUE(is_closed(fd));
}

TEST_F(WireServer, ABodyAboveTheWiresLimitCloses)
{
    start();
    const auto fd = raw();
    const auto header = encode_header({0xFFFFFFFF, 1, echo, ReplyStatus::ok});
    ASSERT_EQ(::send(fd.get(), header.data(), header.size(), MSG_NOSIGNAL), ssize_t{header_size});
    EXPECT_TRUE(is_closed(fd));
}

TEST_F(WireServer, ARequestWithAReplysStatusCloses)
{
    start();
    const auto fd = raw();
    send(fd, {3, 1, echo, ReplyStatus::error}, as_bytes("abc"));
    EXPECT_TRUE(is_closed(fd));
    EXPECT_EQ(m_dispatcher.handled, 0);
}

TEST_F(WireServer, AMalformedBodyClosesWithoutAnAnswer)
{
    start();
    const auto fd = raw();
    send(fd, {3, 1, break_rules, ReplyStatus::ok}, as_bytes("abc"));
    EXPECT_TRUE(is_closed(fd));
    EXPECT_EQ(m_dispatcher.handled, 1);
}

TEST_F(WireServer, WhatIsNotPermittedNowIsAConflictAndTheStreamGoesOn)
{
    start();
    const auto fd = raw();
    const Bytes large(100'000, 1);
    send(fd, {100'000, 1, not_now, ReplyStatus::ok}, large);
    Header header;
    const auto body = receive(fd, header);
    EXPECT_EQ(header.status, ReplyStatus::error);
    proto::ErrorReply error;
    ASSERT_TRUE(error.ParseFromArray(body.data(), static_cast<int>(body.size())));
    EXPECT_EQ(error.code(), static_cast<std::uint32_t>(ErrorCode::conflict));
    EXPECT_EQ(m_dispatcher.handled, 0);
    send(fd, {3, 2, echo, ReplyStatus::ok}, as_bytes("abc"));
    EXPECT_EQ(to_string(receive(fd, header)), "abc");
}

TEST_F(WireServer, FramesMayArriveByteForByteAndInHeaps)
{
    start();
    const auto fd = raw();
    const auto header = encode_header({3, 7, echo, ReplyStatus::ok});
    Bytes stream(header.begin(), header.end());
    stream.insert(stream.end(), {'a', 'b', 'c'});
    for (const auto byte : stream)
        ASSERT_EQ(::send(fd.get(), &byte, 1, MSG_NOSIGNAL), 1);
    Bytes heap;
    for (int i = 0; i < 200; ++i)
        heap.insert(heap.end(), stream.begin(), stream.end());
    ASSERT_EQ(::send(fd.get(), heap.data(), heap.size(), MSG_NOSIGNAL), static_cast<ssize_t>(heap.size()));
    FrameReader reader(fd.get());
    for (int i = 0; i < 201; ++i) {
        const auto got = reader.header();
        ASSERT_TRUE(got && *got);
        EXPECT_EQ((*got)->request_id, 7U);
        EXPECT_EQ(to_string(*reader.body((*got)->body_size)), "abc");
    }
}

TEST_F(WireServer, TooManyConnectionsAreRefused)
{
    start();
    std::vector<Descriptor> peers;
    for (std::size_t i = 0; i < limits::wire_connections; ++i) {
        peers.push_back(raw());
        Header header;
        send(peers.back(), {1, i, echo, ReplyStatus::ok}, as_bytes("x"));
        EXPECT_EQ(to_string(receive(peers.back(), header)), "x");
    }
    EXPECT_TRUE(is_closed(raw()));
}

TEST_F(WireServer, ASecondServerDoesNotTakeTheSocket)
{
    start();
    const auto second = Server::listen({m_path, {}, 1}, m_dispatcher);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::already_exists);
    Header header;
    const auto fd = raw();
    send(fd, {1, 1, echo, ReplyStatus::ok}, as_bytes("x"));
    EXPECT_EQ(to_string(receive(fd, header)), "x");
}

TEST_F(WireServer, ASocketLeftBehindIsReplaced)
{
    {
        const auto left_behind = listen_at(m_path);
        ASSERT_TRUE(left_behind);
    }
    ASSERT_TRUE(std::filesystem::exists(m_path));
    start();
    EXPECT_FALSE(HasFatalFailure());
}

TEST_F(WireServer, StopAnswersWhatIsUnderWay)
{
    start();
    const auto fd = raw();
    send(fd, {1, 1, hold, ReplyStatus::ok}, as_bytes("x"));
    while (m_dispatcher.handled == 0)
        std::this_thread::yield();
    m_server->stop();
    m_dispatcher.release();
    Header header;
    EXPECT_EQ(to_string(receive(fd, header)), "x");
    EXPECT_TRUE(is_closed(fd));
    m_thread.join();
    EXPECT_FALSE(std::filesystem::exists(m_path));
}

}
}
