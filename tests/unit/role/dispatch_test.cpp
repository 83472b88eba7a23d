#include "role/dispatch.h"

#include <gtest/gtest.h>

#include "proto/sam.pb.h"

namespace qss::role {
namespace {

using proto::ErrorReply;
using proto::StatusReply;
using proto::StatusRequest;

class DispatchTest : public testing::Test {
protected:
    Dispatch make()
    {
        std::vector<Entry> entries;
        entries.push_back(entry<ErrorReply>(7, "seven", only_ready, 16, [this](const ErrorReply& request) {
            ++calls;
            return Result<ErrorReply>(request);
        }));
        entries.push_back(entry<StatusRequest>(1, "status", any_state, 0, [this](const StatusRequest&) {
            StatusReply reply;
            reply.set_state(state);
            return Result<StatusReply>(std::move(reply));
        }));
        entries.push_back(entry<StatusRequest>(
            2, "initialise", States{State::UNINITIALISED}, 0,
            [](const StatusRequest&) -> Result<StatusReply> { return fail(ErrorCode::io, "no"); }));
        entries.push_back(entry<StatusRequest>(3, "foreign", only_ready, 0,
                                               [](const StatusRequest&) -> Result<StatusReply> {
                                                   return fail(ErrorCode::malformed, "inside");
                                               }));
        return Dispatch(std::move(entries), [this] { return state; });
    }

    State state = State::READY;
    int calls = 0;
    Dispatch dispatch = make();
};

TEST_F(DispatchTest, WhatIsNotInTheTableIsAViolation)
{
    EXPECT_EQ(dispatch.permit(0, 0), wire::Permit::violation);
    EXPECT_EQ(dispatch.permit(4, 0), wire::Permit::violation);
    EXPECT_EQ(dispatch.permit(65535, 0), wire::Permit::violation);
    EXPECT_EQ(dispatch.permit(7, 0), wire::Permit::allowed);
    const auto unknown = dispatch.handle(4, {});
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, ErrorCode::malformed);
}

TEST_F(DispatchTest, EachMessageHasItsOwnLimit)
{
    EXPECT_EQ(dispatch.permit(7, 16), wire::Permit::allowed);
    EXPECT_EQ(dispatch.permit(7, 17), wire::Permit::violation);
    EXPECT_EQ(dispatch.permit(1, 1), wire::Permit::violation);
    const auto too_large = dispatch.handle(7, Bytes(17, 0));
    ASSERT_FALSE(too_large);
    EXPECT_EQ(too_large.error().code, ErrorCode::malformed);
    EXPECT_EQ(calls, 0);
}

TEST_F(DispatchTest, TheStateDecides)
{
    for (const auto& [now, seven, initialise] :
         {std::tuple(State::UNINITIALISED, wire::Permit::refused_now, wire::Permit::allowed),
          std::tuple(State::AWAITING_CERTIFICATE, wire::Permit::refused_now, wire::Permit::refused_now),
          std::tuple(State::READY, wire::Permit::allowed, wire::Permit::refused_now),
          std::tuple(State::SUSPENDED, wire::Permit::refused_now, wire::Permit::refused_now)}) {
        state = now;
        EXPECT_EQ(dispatch.permit(1, 0), wire::Permit::allowed);
        EXPECT_EQ(dispatch.permit(7, 0), seven) << now;
        EXPECT_EQ(dispatch.permit(2, 0), initialise) << now;
    }
}

TEST_F(DispatchTest, TheStateIsReadAgainWhenTheHandlerRuns)
{
    ASSERT_EQ(dispatch.permit(7, 0), wire::Permit::allowed);
    state = State::SUSPENDED; // between the header and the worker
    const auto result = dispatch.handle(7, {});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::conflict);
    EXPECT_EQ(calls, 0);
}

TEST_F(DispatchTest, AnswersAndErrorsPass)
{
    const Bytes body{0x12, 0x02, 'h', 'i'}; // ErrorReply.detail = "hi"
    const auto reply = dispatch.handle(7, body);
    ASSERT_TRUE(reply);
    EXPECT_EQ(*reply, body);
    state = State::UNINITIALISED;
    const auto error = dispatch.handle(2, {});
    ASSERT_FALSE(error);
    EXPECT_EQ(error.error().code, ErrorCode::io);
}

TEST_F(DispatchTest, WhatIsMalformedInsideAWholeMessageIsOnlyRefused)
{
    const auto refused = dispatch.handle(3, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument); // `malformed` would close the connection
    EXPECT_EQ(refused.error().detail, "inside");
}

TEST_F(DispatchTest, ABodyThatDoesNotParseIsMalformed)
{
    const auto result = dispatch.handle(7, Bytes{0x12, 0x7F, 'h'});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::malformed);
    EXPECT_EQ(calls, 0);
}

TEST_F(DispatchTest, AnUnknownFieldIsMalformed)
{
    const auto result = dispatch.handle(7, Bytes{0x12, 0x02, 'h', 'i', 0x78, 0x01}); // field 15
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::malformed);
    EXPECT_EQ(calls, 0);
}

TEST(ParseTest, AnUnknownFieldInsideIsMalformed)
{
    const Bytes known{0x12, 0x03, 0x0A, 0x01, 'c'}; // an assertion with a credential id
    EXPECT_TRUE(parse<proto::sam::ActivateRequest>(known));
    const Bytes unknown{0x12, 0x03, 0xA0, 0x06, 0x01}; // field 100
    EXPECT_EQ(parse<proto::sam::ActivateRequest>(unknown).error().code, ErrorCode::malformed);
    EXPECT_EQ(parse<proto::sam::InitialiseRequest>(Bytes{0x22, 0x03, 0xA0, 0x06, 0x01}).error().code,
              ErrorCode::malformed);
}

}
}
