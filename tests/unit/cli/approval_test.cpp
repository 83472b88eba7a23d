#include "cli/approval.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/random.h"
#include "scratch_directory.h"

namespace qss::cli {
namespace {

namespace fs = std::filesystem;

class ApprovalTest : public testing::Test {
protected:
    Approval kept()
    {
        const statements::RegistrationStatement statement{StatementId::generate(m_random),
                                                          SignerId::generate(m_random),
                                                          EnterpriseId::generate(m_random),
                                                          1,
                                                          "",
                                                          "",
                                                          "anna@example.com",
                                                          "",
                                                          "",
                                                          "",
                                                          "",
                                                          {},
                                                          {}};
        auto letter =
            InvitationLetter::write(m_directory.path(), statement, Secret(to_bytes("secret")), "").value();
        return Approval::keep(m_request, m_statement, std::move(letter)).value();
    }
    std::vector<Approval> unfinished() { return Approval::unfinished(m_directory.path()).value(); }

    SystemRandom m_random;
    const test::ScratchDirectory m_directory;
    const std::string m_request = RegistrationId::generate(m_random).text();
    const Bytes m_statement = to_bytes("a signed statement");
};

TEST_F(ApprovalTest, IsFoundAgainUntilItsOutcomeIsKnown)
{
    const auto approval = kept();
    const auto found = unfinished();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].registration_id(), m_request);
    EXPECT_EQ(found[0].statement(), m_statement);
    EXPECT_EQ(found[0].letter().path(), approval.letter().path());
    ASSERT_TRUE(found[0].accepted());
    EXPECT_TRUE(unfinished().empty());
    EXPECT_EQ(invitation_in(approval.letter().path()).value(), "secret");
}

TEST_F(ApprovalTest, OneThatWasRefusedLeavesNothing)
{
    kept().refused();
    EXPECT_TRUE(fs::is_empty(m_directory.path()));
}

TEST_F(ApprovalTest, AnOfficerThatEndedAfterHandingOverFinishes)
{
    const auto approval = kept();
    ASSERT_TRUE(approval.letter().hand_over());
    const auto found = unfinished();
    ASSERT_EQ(found.size(), 1U);
    ASSERT_TRUE(found[0].accepted());
    EXPECT_TRUE(unfinished().empty());
    EXPECT_TRUE(fs::exists(approval.letter().path()));
}

TEST_F(ApprovalTest, AFileThatIsNoStatementIsNamed)
{
    for (const auto* text : {"", "{}", R"({"registration_id":"../users","statement":""})"}) {
        const auto file = m_directory.write("x.txt.statement", text);
        const auto found = Approval::unfinished(m_directory.path());
        ASSERT_FALSE(found) << text;
        EXPECT_NE(found.error().detail.find(fs::path(file).string()), std::string::npos)
            << found.error().detail;
    }
    EXPECT_FALSE(Approval::unfinished(m_directory.path() / "none"));
}

}
}
