#include "service/timestamps.h"

#include <condition_variable>
#include <future>

#include "proto/ca.pb.h"
#include "proto/tsa.pb.h"
#include "store/quota.h"
#include "unit/service/signing_bed.h"

namespace qss::service {
namespace {

// The unit: answers each request with its own bytes; or is away; or waits until it may answer.
class FakeTsa final : public Transport {
public:
    Status call(std::uint16_t, const google::protobuf::MessageLite& request,
                google::protobuf::MessageLite& reply, Milliseconds) override
    {
        std::unique_lock lock(m_mutex);
        if (const auto* stamp = dynamic_cast<const proto::tsa::StampRequest*>(&request)) {
            sizes.push_back(stamp->requests_size());
            m_changed.notify_all();
            m_changed.wait(lock, [this] { return !hold; });
            for (const auto& one : stamp->requests())
                dynamic_cast<proto::tsa::StampReply&>(reply).add_responses("answer to " + one);
        }
        if (const auto* update = dynamic_cast<const proto::tsa::UpdateCrlRequest*>(&request))
            shown.push_back(update->crl());
        if (auto* lists = dynamic_cast<proto::ca::CurrentCrlsReply*>(&reply)) {
            lists->add_crls(list);
            lists->add_paths("/crl/issuing.crl");
        }
        if (is_away)
            return fail(ErrorCode::unavailable, "away");
        return {};
    }
    void wait_until_asked(std::size_t times)
    {
        std::unique_lock lock(m_mutex);
        m_changed.wait(lock, [&] { return sizes.size() >= times; });
    }
    void let_go()
    {
        const std::lock_guard lock(m_mutex);
        hold = false;
        m_changed.notify_all();
    }

    std::mutex m_mutex; // guards the rest
    std::condition_variable m_changed;
    std::vector<int> sizes; // of the messages
    std::vector<std::string> shown;
    std::string list = "a list";
    bool hold = false;
    bool is_away = false;
};

class TimestampsTest : public SigningBed {
protected:
    TimestampsTest() { m_application.pack.timestamp_quota = 2; }

    std::future<Result<Bytes>> ask(const std::string& text)
    {
        auto promise = std::make_shared<std::promise<Result<Bytes>>>();
        auto future = promise->get_future();
        m_timestamps.answer(to_bytes(std::string_view(text)),
                            [promise](Result<Bytes> answer) { promise->set_value(std::move(answer)); });
        return future;
    }
    Result<Bytes> stamp()
    {
        return m_timestamps.stamp(m_application,
                                  crypto::Digest::of(crypto::HashAlgorithm::sha256, as_bytes("x")));
    }

    FakeTsa m_fake;
    TsaClient m_tsa{m_fake};
    CaClient m_ca{m_fake};
    Timestamps m_timestamps{{*m_store, m_tsa, m_ca, m_clock}};
};

TEST_F(TimestampsTest, WhatComesMeanwhileGoesTogetherAndEachGetsItsOwnAnswer)
{
    m_fake.hold = true;
    m_timestamps.start();
    std::vector<std::future<Result<Bytes>>> answers;
    for (std::size_t i = 0; i < 2; ++i) { // one for each that sends
        answers.push_back(ask(std::to_string(i)));
        m_fake.wait_until_asked(i + 1);
    }
    for (int i = 2; i < 100; ++i)
        answers.push_back(ask(std::to_string(i)));
    m_fake.let_go();
    for (std::size_t i = 0; i < answers.size(); ++i)
        EXPECT_EQ(answers[i].get(), to_bytes("answer to " + std::to_string(i)));
    EXPECT_EQ(m_fake.sizes.size(), 4U);
    EXPECT_LE(*std::max_element(m_fake.sizes.begin(), m_fake.sizes.end()), 64);
}

TEST_F(TimestampsTest, TooManyThatWaitAreSentAwayAtOnceAndNobodyIsForgottenAtTheEnd)
{
    std::vector<std::future<Result<Bytes>>> answers; // nobody sends yet
    for (int i = 0; i < 4096; ++i)
        answers.push_back(ask("x"));
    const auto refused = ask("y").get();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
    m_timestamps.start();
    m_timestamps.stop();
    for (auto& answer : answers)
        EXPECT_TRUE(answer.get());
    EXPECT_FALSE(ask("z").get()); // stopped
}

TEST_F(TimestampsTest, WhileTheUnitIsAwayAllAreToldSo)
{
    m_fake.is_away = true;
    m_timestamps.start();
    const auto refused = ask("x").get();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
}

TEST_F(TimestampsTest, OnlyWhatWasGivenCounts)
{
    m_fake.is_away = true;
    EXPECT_EQ(stamp().error().code, ErrorCode::unavailable);
    EXPECT_EQ(m_timestamps.remaining(m_application), 2);
    m_fake.is_away = false;
    EXPECT_TRUE(stamp());
    EXPECT_TRUE(stamp());
    EXPECT_EQ(stamp().error().code, ErrorCode::quota_reached);
    EXPECT_EQ(used(), 0); // signatures are counted apart
}

TEST_F(TimestampsTest, TheUnitSeesEachListOnceAndNewOnesSoon)
{
    EXPECT_TRUE(m_timestamps.keep_current());
    m_clock.advance(std::chrono::seconds(31));
    EXPECT_TRUE(m_timestamps.keep_current());
    EXPECT_EQ(m_fake.shown, std::vector<std::string>{"a list"});
    m_fake.list = "another";
    EXPECT_TRUE(m_timestamps.keep_current()); // too early
    EXPECT_EQ(m_fake.shown.size(), 1U);
    m_clock.advance(std::chrono::seconds(31));
    m_fake.is_away = true;
    EXPECT_FALSE(m_timestamps.keep_current());
    m_fake.is_away = false;
    m_fake.shown.clear();
    m_clock.advance(std::chrono::seconds(31));
    EXPECT_TRUE(m_timestamps.keep_current());
    EXPECT_EQ(m_fake.shown, std::vector<std::string>{"another"});
}

}
}
