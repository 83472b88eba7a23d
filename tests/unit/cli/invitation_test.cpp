#include "cli/invitation.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/encoding.h"
#include "cli/sandbox_outbox.h"
#include "client/files.h"
#include "scratch_directory.h"

namespace qss::cli {
namespace {

// RFC 6979 A.2.5: private key, Ux, Uy.
constexpr std::string_view published = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"
                                       "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
                                       "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";

std::string published_invitation()
{
    return base64url_encode(hex_decode(published).value());
}

TEST(Invitation, IsScalarAndPoint)
{
    const auto text = published_invitation();
    ASSERT_EQ(text.size(), 128U);
    const auto key = read_invitation(text);
    ASSERT_TRUE(key) << key.error().detail;
    EXPECT_EQ(hex_encode(ByteView(key->public_key().spki()).last(64)), published.substr(64));
    EXPECT_EQ(as_text(make_invitation(*key).reveal()), text);
}

TEST(Invitation, ComesBackWhole)
{
    for (int i = 0; i < 20; ++i) {
        const auto key = crypto::PrivateKey::generate(crypto::KeyType::p256);
        const auto read = read_invitation(as_text(make_invitation(*key).reveal()));
        ASSERT_TRUE(read) << read.error().detail;
        EXPECT_EQ(read->public_key().spki(), key->public_key().spki());
    }
}

TEST(Invitation, OneThatIsNotWholeOrNotRightIsRefused)
{
    const auto good = published_invitation();
    auto other_scalar = hex_decode(published).value();
    other_scalar[31] ^= 1;
    auto other_point = hex_decode(published).value();
    other_point[95] ^= 1;
    auto zero = hex_decode(published).value();
    std::fill_n(zero.begin(), 32, std::uint8_t{0});
    for (const auto& bad :
         {std::string(), good.substr(1), good + "A", good.substr(0, 127) + "!",
          base64url_encode(other_scalar), base64url_encode(other_point), base64url_encode(zero)}) {
        const auto read = read_invitation(bad);
        ASSERT_FALSE(read) << bad;
        EXPECT_EQ(read.error().code, ErrorCode::malformed) << bad;
    }
}

statements::RegistrationStatement statement_for(const std::string& email)
{
    const Bytes id(16, 1);
    return {StatementId::from_bytes(id).value(),
            SignerId::from_bytes(id).value(),
            EnterpriseId::from_bytes(id).value(),
            1,
            "Example SIA",
            "LV",
            email,
            "+37120000000",
            "Anna",
            "Ozola",
            "",
            {},
            from_unix_ms(1'795'521'600'000)};
}

TEST(InvitationLetter, IsThereForTheEmployeeOnceItIsHandedOver)
{
    const test::ScratchDirectory directory;
    const Secret invitation(to_bytes("secret"));
    const auto letter =
        InvitationLetter::write(directory.path(), statement_for("a/b@example.com"), invitation, "");
    ASSERT_TRUE(letter) << letter.error().detail;
    const SandboxOutbox outbox(directory.path());
    EXPECT_FALSE(outbox.wait_for("a/b@example.com", "invitation", 20)) << "the statement may be refused";
    ASSERT_TRUE(letter->hand_over());
    EXPECT_EQ(outbox.wait_for("a/b@example.com", "invitation", 20).value(), "secret");
    EXPECT_EQ(letter->path().parent_path(), directory.path());
    struct stat info{};
    ASSERT_EQ(::stat(letter->path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST(InvitationLetter, IsReadFromItsFile)
{
    const test::ScratchDirectory directory;
    const Secret invitation(to_bytes("secret"));
    const auto letter =
        InvitationLetter::write(directory.path(), statement_for("a@example.com"), invitation, "https://app");
    EXPECT_EQ(invitation_in(letter->unfinished_path()).value(), "secret");
    EXPECT_EQ(invitation_in(directory.write("first", "invitation: one\nmore\n")).value(), "one");
    EXPECT_EQ(invitation_in(directory.write("alone", "\n  two\n")).value(), "two");
    EXPECT_EQ(invitation_in(directory.write("empty", "")).value(), "");
    EXPECT_FALSE(invitation_in(directory.path() / "none"));
}

TEST(InvitationLetter, OfARefusedStatementIsGone)
{
    const test::ScratchDirectory directory;
    const Secret invitation(to_bytes("secret"));
    const auto letter =
        InvitationLetter::write(directory.path(), statement_for("a@example.com"), invitation, "");
    ASSERT_TRUE(std::filesystem::exists(letter->unfinished_path()));
    letter->discard();
    EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
    EXPECT_FALSE(letter->hand_over());
}

}
}
