#include "sam/checkpoint.h"

#include "statements/signed.h"
#include "unit/sam/sam_fixture.h"

namespace qss::sam::test {
namespace {

class CheckpointTest : public SamTest {
protected:
    Result<std::string> exchange(const std::string& shown)
    {
        proto::sam::ExchangeCheckpointRequest request;
        request.set_checkpoint(shown);
        TRY_ASSIGN(reply, sam->exchange_checkpoint(request));
        return reply.checkpoint();
    }
    void copy_record(const std::string& to)
    {
        close();
        std::filesystem::copy_file(record_path(), to, std::filesystem::copy_options::overwrite_existing);
        open();
    }
    void restore_record(const std::string& from)
    {
        close();
        std::filesystem::remove(record_path() + "-wal");
        std::filesystem::copy_file(from, record_path(), std::filesystem::copy_options::overwrite_existing);
        open();
    }
    [[nodiscard]] std::string copy() const { return options.directory + "/copy.db"; }
};

TEST_F(CheckpointTest, AnHonestRecordGrowsPastItsCheckpoints)
{
    const auto first = must(exchange(""));
    enrol(Phone());
    const auto second = must(exchange(first));
    EXPECT_NE(first, second);
    reopen();
    EXPECT_TRUE(exchange(first));
    EXPECT_TRUE(exchange(second));
    EXPECT_EQ(sam->state(), role::State::READY);
}

// The whole file put back: every seal and the head are true, only the checkpoint tells.
TEST_F(CheckpointTest, ARecordPutBackIsSuspendedForGood)
{
    Phone phone;
    const auto mine = identity(enrol(phone));
    const auto input = open_session(mine);
    copy_record(copy());
    ASSERT_TRUE(approve(input, phone));
    const auto kept = must(exchange(""));
    restore_record(copy());
    ASSERT_EQ(sam->state(), role::State::READY);
    EXPECT_CODE(exchange(kept), tampered);
    EXPECT_EQ(sam->state(), role::State::SUSPENDED);
    EXPECT_EQ(sam->dispatcher().permit(proto::sam::ACTIVATE, 1), wire::Permit::refused_now);
    reopen();
    EXPECT_EQ(sam->state(), role::State::SUSPENDED);
    EXPECT_FALSE(must(sam->status({})).detail().empty());
}

// Put back and used until it has as many events as before: another history.
TEST_F(CheckpointTest, AnotherHistoryIsSuspended)
{
    enrol(Phone());
    copy_record(copy());
    enrol(Phone());
    const auto kept = must(exchange(""));
    restore_record(copy());
    for (int i = 0; i < 3; ++i)
        enrol(Phone());
    EXPECT_CODE(exchange(kept), tampered);
    EXPECT_EQ(sam->state(), role::State::SUSPENDED);
}

// Put back, and told by forged groups of events that it had the checkpoint's hash: one ends the chain where
// the old head says, the other has the checkpoint's number and hash.
TEST_F(CheckpointTest, AForgedChainConvincesNobody)
{
    enrol(Phone());
    copy_record(copy());
    enrol(Phone());
    const auto shown = must(exchange(""));
    const auto kept =
        must(Checkpoint::decode(must(statements::SignedStatement::decode(as_bytes(shown))).encoding));
    restore_record(copy());
    close();
    {
        auto database = must(sqlite::Database::open(record_path(), sqlite::Access::read_write));
        const auto next = static_cast<std::int64_t>(kept.next_event);
        auto end = database.prepare(
            "INSERT INTO event_group SELECT ?, first + count - ?, x'', hash FROM event_group "
            "ORDER BY first DESC LIMIT 1");
        ASSERT_TRUE(end.bind(next + 1'000).bind(next + 1'000).run());
        auto forged = database.prepare("INSERT INTO event_group VALUES(?, 1, x'', ?)");
        ASSERT_TRUE(forged.bind(next - 1).bind(kept.chain_hash).run());
    }
    open();
    EXPECT_CODE(exchange(shown), tampered);
}

TEST_F(CheckpointTest, NobodyElsesCheckpointSuspends)
{
    const auto stranger = must(crypto::PrivateKey::generate(crypto::KeyType::p256));
    const Checkpoint far{1'000'000, Bytes(32)};
    EXPECT_CODE(exchange(to_string(must(statements::sign_statement(far.encode(), stranger)).encode())),
                verification_failed);
    EXPECT_EQ(sam->state(), role::State::READY);
}

TEST_F(CheckpointTest, AcknowledgementsCarryOneNowAndThen)
{
    const auto acknowledge = [this] { return must(sam->sessions().acknowledge({})).checkpoint(); };
    const auto first = acknowledge();
    EXPECT_FALSE(first.empty());
    EXPECT_TRUE(acknowledge().empty());
    clock.advance(Milliseconds(1'000));
    EXPECT_FALSE(acknowledge().empty());
    EXPECT_TRUE(exchange(first));
}

}
}
