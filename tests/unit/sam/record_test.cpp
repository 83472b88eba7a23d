#include "sam/record.h"

#include <thread>

#include <sqlite3.h>

#include "sqlite/database.h"
#include "unit/sam/sam_fixture.h"

namespace qss::sam::test {
namespace {

// The record's file, changed behind the SAM's back while it is stopped (KEY-5, docs/invariants.md 4).
class TamperTest : public SamTest {
protected:
    sqlite::Database raw() { return must(sqlite::Database::open(record_path(), sqlite::Access::read_write)); }
    void change(const std::string& sql)
    {
        close();
        auto database = raw();
        const auto status = database.execute(attach() + sql);
        ASSERT_TRUE(status) << status.error().detail;
    }
    // What is to be put back waits in a file of its own, as aside.kept.
    void keep(const std::string& rows) { change("CREATE TABLE aside.kept AS SELECT * FROM " + rows); }
    std::string attach() const { return "ATTACH '" + record_path() + ".aside' AS aside; "; }
    void expect_suspended()
    {
        open();
        EXPECT_EQ(sam->state(), role::State::SUSPENDED);
        const auto reply = must(sam->status({}));
        EXPECT_EQ(reply.state(), proto::SUSPENDED);
        EXPECT_FALSE(reply.detail().empty());
        auto& dispatcher = sam->dispatcher();
        for (const auto& entry : dispatch_table(*sam))
            EXPECT_EQ(dispatcher.permit(entry.type, 1),
                      entry.type == proto::sam::STATUS ? wire::Permit::allowed : wire::Permit::refused_now)
                << entry.name;
    }

    Phone m_phone;
    Phone m_other_phone;
};

TEST_F(TamperTest, AnUntouchedRecordOpens)
{
    identity(enrol(m_phone));
    close();
    EXPECT_TRUE(raw().execute("VACUUM"));
    open();
    EXPECT_EQ(sam->state(), role::State::READY);
}

TEST_F(TamperTest, AFlippedByteIsFound)
{
    enrol(m_phone);
    change("UPDATE live_row SET contents = CAST(substr(contents, 1, 40) || x'00' || substr(contents, 42) AS "
           "BLOB) "
           "WHERE kind = 2");
    expect_suspended();
}

TEST_F(TamperTest, EachSealedColumnCounts)
{
    enrol(m_phone);
    change("UPDATE live_row SET state = 1 WHERE kind = 2");
    expect_suspended();
    change("UPDATE live_row SET state = 0, due = 1 WHERE kind = 2");
    expect_suspended();
    change("UPDATE live_row SET due = 0, version = version + 1 WHERE kind = 2");
    expect_suspended();
    change("UPDATE live_row SET version = version - 1 WHERE kind = 2");
    open();
    EXPECT_EQ(sam->state(), role::State::READY) << "as it was";
}

TEST_F(TamperTest, SwappedAuthenticatorsAreFound)
{
    enrol(m_phone);
    enrol(m_other_phone);
    change("UPDATE live_row SET owner = (SELECT b.owner FROM live_row b WHERE b.kind = 2 AND b.id <> "
           "live_row.id) "
           "WHERE kind = 2");
    expect_suspended();
}

TEST_F(TamperTest, ADeletedRowIsFound)
{
    enrol(m_phone);
    change("DELETE FROM live_row WHERE kind = 2");
    expect_suspended();
}

TEST_F(TamperTest, ARowPutBackIsFound)
{
    const auto mine = identity(enrol(m_phone));
    keep("live_row WHERE kind = 3");
    open();
    ASSERT_EQ(sam->state(), role::State::READY);
    ASSERT_TRUE(revoke(mine.key_id));
    change("UPDATE live_row SET (lookup, state, version, contents, seal) = "
           "(SELECT lookup, state, version, contents, seal FROM aside.kept) WHERE kind = 3");
    expect_suspended();
}

TEST_F(TamperTest, ARowPutBackAfterItsArchivingIsFound)
{
    const auto mine = identity(enrol(m_phone));
    const auto input = open_session(mine);
    keep("live_row WHERE kind = 4");
    open();
    ASSERT_TRUE(approve(input, m_phone));
    proto::sam::AcknowledgeRequest request;
    request.add_session_ids(to_string(input.session_id.bytes()));
    ASSERT_TRUE(sam->sessions().acknowledge(request));
    change("INSERT INTO live_row SELECT * FROM aside.kept");
    expect_suspended();
}

TEST_F(TamperTest, AHeadThatIsMissingOrOldIsFound)
{
    enrol(m_phone);
    keep("head");
    open();
    enrol(m_other_phone);
    change("UPDATE head SET (contents, seal) = (SELECT contents, seal FROM aside.kept)");
    expect_suspended();
    change("DELETE FROM head");
    expect_suspended();
}

TEST_F(TamperTest, CutEventsAreFound)
{
    enrol(m_phone);
    change("DELETE FROM event_group WHERE first = (SELECT max(first) FROM event_group)");
    expect_suspended();
}

// Two of them keep ids unique; the SAM never drops one, so somebody else has.
TEST_F(TamperTest, ADroppedIndexIsFound)
{
    enrol(m_phone);
    change("DROP INDEX live_row_owner");
    expect_suspended();
}

TEST_F(TamperTest, APlantedTriggerIsFound)
{
    enrol(m_phone);
    change("CREATE TRIGGER t BEFORE UPDATE ON live_row BEGIN SELECT RAISE(IGNORE); END");
    expect_suspended();
    change("DROP TRIGGER t");
    open();
    EXPECT_EQ(sam->state(), role::State::READY) << "as it was";
}

// An index that lacks a row hides it from who looks by owner: a phone that is bound, say, so that
// another would be the first. Every row and its seal are as they were.
TEST_F(TamperTest, ARowHiddenFromAnIndexIsFound)
{
    enrol(m_phone);
    close();
    sqlite3* file = nullptr; // without the guards of our own connections
    ASSERT_EQ(sqlite3_open(record_path().c_str(), &file), SQLITE_OK);
    constexpr auto hide =
        "DROP INDEX live_row_owner;"
        "CREATE INDEX live_row_owner ON live_row(kind, owner, state) WHERE kind <> 2;"
        "PRAGMA writable_schema=ON;"
        "UPDATE sqlite_schema SET sql = 'CREATE INDEX live_row_owner ON live_row(kind, owner, "
        "state)' WHERE name = 'live_row_owner';";
    EXPECT_EQ(sqlite3_exec(file, hide, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(file);
    sqlite3_close(file);
    expect_suspended();
}

// One connection alone: while the SAM runs, nobody else reads or writes its record.
TEST_F(TamperTest, NobodyElseOpensARunningRecord)
{
    auto second = sqlite::Database::open(record_path(), sqlite::Access::read_only);
    if (second) {
        (void)second->execute("PRAGMA busy_timeout=0");
        auto query = second->prepare("SELECT count(*) FROM live_row");
        EXPECT_FALSE(query.step());
    }
}

class RecordTest : public testing::Test {
protected:
    RecordTest()
    {
        char pattern[] = "/tmp/qss-record-XXXXXX";
        m_directory = ::mkdtemp(pattern);
        reopen();
    }
    ~RecordTest() override
    {
        m_record.reset();
        std::filesystem::remove_all(m_directory);
    }
    void reopen()
    {
        m_record.reset();
        m_record = must(Record::open(m_directory, m_key_store, m_clock));
    }
    static Row row(std::uint8_t id)
    {
        Row made;
        made.kind = Kind::session;
        made.id = Bytes(16, id);
        made.owner = Bytes(16, 1);
        made.contents = to_bytes("contents");
        return made;
    }
    Status insert(std::uint8_t id)
    {
        return m_record->transact([id](Transaction& transaction) {
            transaction.event("inserted", Bytes(16, id));
            return transaction.insert(row(id));
        });
    }

    KeyStoreHooks m_hooks;
    TestKeyStore m_key_store{m_hooks};
    FakeClock m_clock{from_unix_ms(1'795'000'000'000)};
    std::string m_directory;
    std::unique_ptr<Record> m_record;
};

TEST_F(RecordTest, AFailedClosureLeavesNothingBehind)
{
    ASSERT_TRUE(insert(1));
    const auto failed = m_record->transact([](Transaction& transaction) -> Status {
        transaction.event("never", Bytes(16));
        TRY(transaction.insert(row(2)));
        return fail(ErrorCode::rejected, "on purpose");
    });
    EXPECT_CODE(failed, rejected);
    const auto thrown = m_record->transact([](Transaction& transaction) -> Status {
        TRY(transaction.insert(row(3)));
        throw std::runtime_error("on purpose");
    });
    EXPECT_CODE(thrown, internal);
    EXPECT_CODE(insert(1), already_exists);
    EXPECT_EQ(m_record->head().rows, 1U);
    EXPECT_EQ(m_record->head().next_event, 2U);
    reopen();
    EXPECT_TRUE(m_record->integrity());
}

// Many closures in one group, every other one failing: sum and file must agree afterwards.
TEST_F(RecordTest, GroupsKeepTheSumInStep)
{
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t)
        threads.emplace_back([this, t] {
            for (int i = 0; i < 20; ++i) {
                const auto id = static_cast<std::uint8_t>(t * 20 + i);
                const auto status = m_record->transact([id](Transaction& transaction) -> Status {
                    TRY(transaction.insert(row(id)));
                    if (id % 2 == 0)
                        return fail(ErrorCode::rejected, "on purpose");
                    return {};
                });
                EXPECT_EQ(status.has_value(), id % 2 != 0);
            }
        });
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(m_record->head().rows, 80U);
    reopen();
    EXPECT_TRUE(m_record->integrity());
    EXPECT_EQ(m_record->head().rows, 80U);
}

TEST_F(RecordTest, AnUpdateIsConditionalOnWhatWasRead)
{
    ASSERT_TRUE(insert(1));
    const auto read = must(m_record->transact(
        [](Transaction& transaction) { return transaction.find(Kind::session, Bytes(16, 1)); }));
    const auto update = [this, &read](std::int64_t state) {
        return m_record->transact([&](Transaction& transaction) {
            auto changed = *read;
            changed.state = state;
            return transaction.update(std::move(changed));
        });
    };
    EXPECT_TRUE(update(1));
    EXPECT_CODE(update(2), conflict);
    const auto archived =
        m_record->transact([&read](Transaction& transaction) { return transaction.archive(*read); });
    EXPECT_CODE(archived, conflict);
    reopen();
    EXPECT_TRUE(m_record->integrity());
}

TEST_F(RecordTest, AnArchivedIdIsTakenForEver)
{
    ASSERT_TRUE(insert(1));
    const auto archive = [this] {
        return m_record->transact([](Transaction& transaction) -> Status {
            TRY_ASSIGN(found, transaction.find(Kind::session, Bytes(16, 1)));
            return transaction.archive(std::move(*found));
        });
    };
    ASSERT_TRUE(archive());
    EXPECT_TRUE(must(m_record->transact([](Transaction& transaction) {
                    return transaction.find_archived(Bytes(16, 1));
                })).has_value());
    ASSERT_TRUE(insert(1));
    EXPECT_CODE(archive(), already_exists);
}

TEST_F(RecordTest, EventsAreNumberedWithoutGaps)
{
    for (std::uint8_t id = 1; id <= 5; ++id)
        ASSERT_TRUE(insert(id));
    EXPECT_EQ(m_record->head().next_event, 6U);
    const auto before = m_record->head().chain_hash;
    reopen();
    EXPECT_EQ(m_record->head().chain_hash, before);
    ASSERT_TRUE(insert(6));
    EXPECT_NE(m_record->head().chain_hash, before);
}

TEST_F(RecordTest, ReadingWritesNothing)
{
    ASSERT_TRUE(insert(1));
    m_record.reset();
    const auto size = [this] { return std::filesystem::file_size(m_directory + "/record.db"); };
    const auto before = size();
    reopen();
    for (int i = 0; i < 10; ++i)
        EXPECT_TRUE(m_record->transact(
            [](Transaction& transaction) { return transaction.find(Kind::session, Bytes(16, 1)); }));
    EXPECT_FALSE(std::filesystem::exists(m_directory + "/record.db-wal") &&
                 std::filesystem::file_size(m_directory + "/record.db-wal") > 0);
    EXPECT_EQ(size(), before);
}

TEST(MultisetSumTest, AddsAndSubtractsMod2To256)
{
    MultisetSum sum;
    const Bytes all_ones(32, 0xFF);
    Bytes one(32);
    one[0] = 1;
    sum.add(all_ones);
    sum.add(one);
    EXPECT_EQ(sum.bytes(), Bytes(32)) << "carries through all words and out";
    sum.subtract(one);
    EXPECT_EQ(sum.bytes(), all_ones);
    sum.subtract(all_ones);
    EXPECT_EQ(sum, MultisetSum());
    const auto a = crypto::sha256(as_bytes("a"));
    const auto b = crypto::sha256(as_bytes("b"));
    MultisetSum ab;
    ab.add(a);
    ab.add(b);
    MultisetSum ba;
    ba.add(b);
    ba.add(a);
    EXPECT_EQ(ab, ba);
    ba.subtract(b);
    EXPECT_EQ(ba.bytes(), a);
}

}
}
