#include "cli/phone_session.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace qss::cli {
namespace {

constexpr auto signer_text = "000102030405060708090a0b0c0d0e0f";
constexpr auto now = 1'790'000'000'000;

client::json::object shown()
{
    return {{"session_id", "101112131415161718191a1b1c1d1e1f"},
            {"nonce", base64url_encode(Bytes(32, 7))},
            {"expires_at_unix_ms", now + 1000},
            {"signer_id", signer_text},
            {"key_id", "202122232425262728292a2b2c2d2e2f"},
            {"certificate_sha256", std::string(64, 'a')},
            {"hash_algorithm_oid", "2.16.840.1.101.3.4.2.1"},
            {"signature_algorithm", "RSA-PKCS1-SHA256"},
            {"digests", {std::string(64, '1'), std::string(64, '2')}},
            {"display",
             {{"enterprise", "Example SIA"},
              {"pack", "Signing"},
              {"application", "Contracts"},
              {"language", "en"},
              {"consent_version", "1"},
              {"labels", {"a.pdf", "b.pdf"}}}},
            {"rp_id", "approve.example.com"},
            {"credential_ids", {base64url_encode(Bytes(32, 8)), base64url_encode(Bytes(32, 9))}}};
}

PinnedIdentity pinned()
{
    return {*SignerId::parse(signer_text), "approve.example.com", Bytes(32, 9)};
}

Result<PhoneSession> parse(const client::json::object& object)
{
    return parse_phone_session(object, pinned(), from_unix_ms(now));
}

TEST(PhoneSession, TheChallengeIsOfWhatIsShown)
{
    const auto session = parse(shown());
    ASSERT_TRUE(session.has_value()) << session.error().detail;
    const sap::DisplayRecord display{"Example SIA", "Signing", "Contracts", "en", "1", {"a.pdf", "b.pdf"}};
    const auto hash = crypto::HashAlgorithm::sha256;
    const sap::ChallengeInput expected{*SessionId::parse("101112131415161718191a1b1c1d1e1f"),
                                       Bytes(32, 7),
                                       from_unix_ms(now + 1000),
                                       *SignerId::parse(signer_text),
                                       *KeyId::parse("202122232425262728292a2b2c2d2e2f"),
                                       Bytes(32, 0xAA),
                                       crypto::SignatureAlgorithm::rsa_pkcs1_sha256,
                                       {*crypto::Digest::from_bytes(hash, Bytes(32, 0x11)),
                                        *crypto::Digest::from_bytes(hash, Bytes(32, 0x22))},
                                       crypto::sha256(display.encode()),
                                       "approve.example.com"};
    EXPECT_EQ(session->input.challenge(), expected.challenge());
    const auto text = session->for_people();
    for (const auto* part : {"Example SIA", "Contracts", "a.pdf", "b.pdf", "1111111111", "2222222222"})
        EXPECT_NE(text.find(part), std::string::npos) << part;
}

// Whatever is altered on the way changes what is shown and the challenge, or is refused.
TEST(PhoneSession, EveryMemberCounts)
{
    const auto before = parse(shown())->input.challenge();
    const auto altered = [&](auto change) {
        auto object = shown();
        change(object);
        const auto session = parse(object);
        return !session || session->input.challenge() != before;
    };
    EXPECT_TRUE(altered([](auto& o) { o["session_id"] = std::string(32, '3'); }));
    EXPECT_TRUE(altered([](auto& o) { o["nonce"] = base64url_encode(Bytes(32, 1)); }));
    EXPECT_TRUE(altered([](auto& o) { o["expires_at_unix_ms"] = now + 1001; }));
    EXPECT_TRUE(altered([](auto& o) { o["key_id"] = std::string(32, '3'); }));
    EXPECT_TRUE(altered([](auto& o) { o["certificate_sha256"] = std::string(64, 'b'); }));
    EXPECT_TRUE(altered([](auto& o) { o["signature_algorithm"] = "RSA-PSS-SHA256"; }));
    EXPECT_TRUE(altered([](auto& o) { o["digests"] = {std::string(64, '2'), std::string(64, '1')}; }));
    EXPECT_TRUE(altered([](auto& o) { o["display"].as_object()["labels"] = {"b.pdf", "a.pdf"}; }));
    EXPECT_TRUE(altered([](auto& o) { o["display"].as_object()["application"] = "Others"; }));
}

struct Refusal {
    const char* member;
    client::json::value value;
    ErrorCode code;
};

TEST(PhoneSession, RefusesWhatDoesNotFit)
{
    const Refusal refusals[] = {
        {"signer_id", "00000000000000000000000000000000", ErrorCode::verification_failed},
        {"rp_id", "approve.example.org", ErrorCode::verification_failed},
        {"credential_ids", {base64url_encode(Bytes(32, 8))}, ErrorCode::verification_failed},
        {"expires_at_unix_ms", now, ErrorCode::expired},
        {"nonce", client::json::string(base64url_encode(Bytes(31))), ErrorCode::malformed},
        {"certificate_sha256", "aa", ErrorCode::malformed},
        {"hash_algorithm_oid", "2.16.840.1.101.3.4.2.3", ErrorCode::malformed},
        {"digests", client::json::array(), ErrorCode::malformed},
        {"digests", {std::string(64, '1')}, ErrorCode::malformed}, // two labels
        {"display", {{"enterprise", "x"}}, ErrorCode::malformed},
    };
    for (const auto& refusal : refusals) {
        auto object = shown();
        object[refusal.member] = refusal.value;
        const auto session = parse(object);
        ASSERT_FALSE(session.has_value()) << refusal.member;
        EXPECT_EQ(session.error().code, refusal.code) << refusal.member << ": " << session.error().detail;
    }
}

TEST(PhoneSession, RefusesADigestOfTheWrongLength)
{
    auto object = shown();
    object["digests"] = {std::string(62, '1'), std::string(64, '2')};
    EXPECT_FALSE(parse(object).has_value());
}

TEST(PhoneSession, RefusesLabelsThatHideSomething)
{
    auto object = shown();
    object["display"].as_object()["labels"] = {"a\xE2\x80\xAE"
                                               "fdp.exe",
                                               "b.pdf"}; // right-to-left override
    EXPECT_FALSE(parse(object).has_value());
}

}
}
