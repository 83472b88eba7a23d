#include "delivery/pump.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "delivery/file_sink.h"
#include "store/outbox.h"

namespace qss::delivery {
namespace {

class PumpTest : public testing::Test {
protected:
    PumpTest()
    {
        char pattern[] = "/tmp/qss-pump-XXXXXX";
        m_directory = ::mkdtemp(pattern);
        m_outbox = m_directory / "outbox";
        m_store = std::move(*store::Store::open({.path = (m_directory / "main.db").string()}));
    }
    ~PumpTest() override { std::filesystem::remove_all(m_directory); }

    void put(store::MessageKind kind, const std::string& address)
    {
        EXPECT_TRUE(m_store->write([&](sqlite::Database& db) {
            return store::Outbox(db).add({0, kind, address, "Subject", "Text\n\ncode: 12345678", 0},
                                         m_clock.now());
        }));
    }
    std::size_t waiting()
    {
        return m_store
            ->read([](sqlite::Database& db) { return store::Outbox(db).due(TimePoint::max(), 100); })
            ->size();
    }
    static std::string read(const std::filesystem::path& path)
    {
        std::ostringstream text;
        text << std::ifstream(path).rdbuf();
        return text.str();
    }

    FakeClock m_clock{TimePoint(Milliseconds(1'800'000'000'000))};
    std::filesystem::path m_directory;
    std::filesystem::path m_outbox;
    std::unique_ptr<store::Store> m_store;
};

TEST_F(PumpTest, WritesPrivateFilesForPeopleAndPrograms)
{
    std::filesystem::create_directory(m_outbox);
    FileSink sink(m_outbox.string());
    Pump pump(*m_store, sink, m_clock);
    put(store::MessageKind::email, "ann@example.com");
    put(store::MessageKind::sms, "+37120000000");
    ASSERT_TRUE(pump.pump_once());
    const auto email = m_outbox / "email-ann@example.com-1.txt";
    EXPECT_EQ(read(email), "to: ann@example.com\nsubject: Subject\n\nText\n\ncode: 12345678\n");
    EXPECT_EQ(read(m_outbox / "sms-+37120000000-2.txt"), "to: +37120000000\n\nText\n\ncode: 12345678\n");
    struct stat facts{};
    ASSERT_EQ(::stat(email.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777U, 0600U);
    EXPECT_EQ(waiting(), 0U);
}

TEST_F(PumpTest, AnAddressCannotLeaveTheDirectory)
{
    std::filesystem::create_directory(m_outbox);
    FileSink sink(m_outbox.string());
    ASSERT_TRUE(sink.deliver({7, store::MessageKind::email, "../../x/y", "", "", 0}));
    EXPECT_TRUE(std::filesystem::exists(m_outbox / "email-.._.._x_y-7.txt"));
}

TEST_F(PumpTest, AMessageIsKeptUntilTheSinkHasIt)
{
    FileSink sink(m_outbox.string()); // the directory is not there yet
    Pump pump(*m_store, sink, m_clock);
    put(store::MessageKind::sms, "1");
    ASSERT_TRUE(pump.pump_once());
    EXPECT_EQ(waiting(), 1U);
    std::filesystem::create_directory(m_outbox);
    ASSERT_TRUE(pump.pump_once()); // not due yet
    EXPECT_EQ(waiting(), 1U);
    m_clock.advance(Milliseconds(1'000));
    ASSERT_TRUE(pump.pump_once());
    EXPECT_EQ(waiting(), 0U);
}

}
}
