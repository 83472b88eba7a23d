#include "service/checkpoints.h"

#include <filesystem>

#include <gtest/gtest.h>
#include <stdlib.h>

#include "proto/sam.pb.h"
#include "store/sam_checkpoint.h"

namespace qss::service {

namespace {

// Answers with "1", "2", … and remembers what it was shown.
class CountingSam final : public Transport {
public:
    Status call(std::uint16_t type, const google::protobuf::MessageLite& request,
                google::protobuf::MessageLite& reply, Milliseconds) override
    {
        EXPECT_EQ(type, proto::sam::EXCHANGE_CHECKPOINT);
        proto::sam::ExchangeCheckpointRequest shown;
        shown.ParseFromString(request.SerializeAsString());
        m_shown = shown.checkpoint();
        if (m_refusal)
            return fail(*m_refusal);
        proto::sam::ExchangeCheckpointReply next;
        next.set_checkpoint(std::to_string(++m_count));
        reply.ParseFromString(next.SerializeAsString());
        return {};
    }

    std::string m_shown;
    std::optional<Error> m_refusal;
    int m_count = 0;
};

class CheckpointsTest : public testing::Test {
protected:
    CheckpointsTest()
    {
        char pattern[] = "/tmp/qss-checkpoints-XXXXXX";
        m_directory = ::mkdtemp(pattern);
        m_store = std::move(*store::Store::open({.path = (m_directory / "main.db").string()}));
    }
    ~CheckpointsTest() override { std::filesystem::remove_all(m_directory); }

    std::filesystem::path m_directory;
    std::unique_ptr<store::Store> m_store;
    CountingSam m_sam;
    SamClient m_client{m_sam};
};

}

TEST_F(CheckpointsTest, WhatWasKeptIsShownAtTheNextStart)
{
    EXPECT_TRUE(Checkpoints(*m_store, m_client).exchange());
    EXPECT_EQ(m_sam.m_shown, "");
    Checkpoints restarted(*m_store, m_client);
    EXPECT_TRUE(restarted.exchange());
    EXPECT_EQ(m_sam.m_shown, "1");
    EXPECT_TRUE(restarted.exchange());
    EXPECT_EQ(m_sam.m_shown, "2");
}

TEST_F(CheckpointsTest, ARefusedOneStays)
{
    Checkpoints checkpoints(*m_store, m_client);
    EXPECT_TRUE(checkpoints.exchange());
    m_sam.m_refusal = Error{ErrorCode::tampered, "put back"};
    EXPECT_EQ(checkpoints.exchange().error().code, ErrorCode::tampered);
    EXPECT_EQ(checkpoints.exchange().error().code, ErrorCode::tampered);
    EXPECT_EQ(m_sam.m_shown, "1");
}

}
