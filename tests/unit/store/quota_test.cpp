#include "store/quota.h"

#include <atomic>
#include <filesystem>
#include <thread>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/random.h"
#include "store/store.h"
#include "store/tenants.h"

namespace qss::store {
namespace {

class QuotaTest : public testing::Test {
protected:
    QuotaTest()
    {
        char pattern[] = "/tmp/qss-quota-XXXXXX";
        m_directory = ::mkdtemp(pattern);
        open();
        EXPECT_TRUE(m_store->write([this](sqlite::Database& db) -> Status {
            Tenants tenants(db);
            const auto enterprise = EnterpriseId::generate(m_random);
            TRY(tenants.add(Enterprise{enterprise, default_provider(), "e", "LV", {}}));
            return tenants.add(Pack{.id = m_pack,
                                    .enterprise_id = enterprise,
                                    .name = "p",
                                    .session_lifetime = Milliseconds(0),
                                    .valid_until = {},
                                    .created_at = {}});
        }));
    }
    ~QuotaTest() override { std::filesystem::remove_all(m_directory); }

    void open()
    {
        m_store.reset();
        m_store = std::move(*Store::open({.path = (m_directory / "main.db").string()}));
    }
    Status spend(std::int64_t quota, std::int64_t units)
    {
        return m_store->write(
            [&](sqlite::Database& db) { return Quota(db, Counted::signatures).spend(m_pack, quota, units); });
    }
    std::int64_t used()
    {
        return *m_store->read(
            [&](sqlite::Database& db) { return Quota(db, Counted::signatures).used(m_pack); });
    }

    SystemRandom m_random;
    const PackId m_pack = PackId::generate(m_random);
    std::filesystem::path m_directory;
    std::unique_ptr<Store> m_store;
};

TEST_F(QuotaTest, SpendsUpToTheLastUnitAndNoFurther)
{
    EXPECT_TRUE(spend(5, 3));
    EXPECT_EQ(spend(5, 3).error().code, ErrorCode::quota_reached);
    EXPECT_TRUE(spend(5, 2));
    EXPECT_EQ(spend(5, 1).error().code, ErrorCode::quota_reached);
    EXPECT_TRUE(m_store->write(
        [&](sqlite::Database& db) { return Quota(db, Counted::signatures).give_back(m_pack, 2); }));
    EXPECT_EQ(used(), 3);
}

TEST_F(QuotaTest, AFailedTransactionSpendsNothing)
{
    EXPECT_FALSE(m_store->write([&](sqlite::Database& db) -> Status {
        TRY(Quota(db, Counted::signatures).spend(m_pack, 5, 3));
        return fail(ErrorCode::conflict, "no");
    }));
    EXPECT_EQ(used(), 0);
}

TEST_F(QuotaTest, StaysExactThroughFoldsThreadsAndReopening)
{
    std::vector<std::thread> threads;
    std::atomic<int> spent = 0;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 200; ++i)
                if (spend(700, 1))
                    ++spent;
        });
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(spent, 700);
    EXPECT_EQ(used(), 700);
    open();
    EXPECT_EQ(used(), 700);
    const auto rows = *m_store->read([&](sqlite::Database& db) -> Result<std::int64_t> {
        auto query = db.prepare("SELECT count(*) FROM quota_use");
        TRY(query.step());
        return query.integer(0);
    });
    EXPECT_LE(rows, Quota::fold_at_rows);
}

}
}
