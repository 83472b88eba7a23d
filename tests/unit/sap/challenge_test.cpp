#include "sap/challenge.h"

#include <functional>

#include <gtest/gtest.h>

#include "base/canonical.h"
#include "base/limits.h"

namespace qss::sap {

namespace {

template <class IdType>
IdType id(std::uint8_t number)
{
    return IdType::from_bytes(Bytes(16, number)).value();
}

crypto::Digest digest(std::string_view text)
{
    return crypto::Digest::of(crypto::HashAlgorithm::sha256, as_bytes(text));
}

ChallengeInput example()
{
    return {id<SessionId>(1),
            Bytes(32, 1),
            from_unix_ms(1000),
            id<SignerId>(2),
            id<KeyId>(3),
            Bytes(32, 2),
            crypto::SignatureAlgorithm::rsa_pkcs1_sha256,
            {digest("one"), digest("two")},
            Bytes(32, 3),
            "rp.example"};
}

}

// Whatever is approved changes the challenge (invariant 1).
TEST(Challenge, covers_every_field)
{
    const std::vector<std::function<void(ChallengeInput&)>> changes{
        [](auto& in) { in.session_id = id<SessionId>(9); },
        [](auto& in) { in.nonce[31] = 0; },
        [](auto& in) { in.expires_at += Milliseconds(1); },
        [](auto& in) { in.signer_id = id<SignerId>(9); },
        [](auto& in) { in.key_id = id<KeyId>(9); },
        [](auto& in) { in.certificate_sha256[0] = 0; },
        [](auto& in) { in.signature_algorithm = crypto::SignatureAlgorithm::rsa_pss_sha256; },
        [](auto& in) { std::swap(in.digests[0], in.digests[1]); },
        [](auto& in) { in.digests.pop_back(); },
        [](auto& in) { in.digests.push_back(digest("three")); },
        [](auto& in) { in.digests[1] = digest("three"); },
        [](auto& in) { in.display_hash[5] = 0; },
        [](auto& in) { in.rp_id = "rp.example.org"; },
    };
    const auto original = example().challenge();
    for (std::size_t i = 0; i < changes.size(); ++i) {
        auto changed = example();
        changes[i](changed);
        EXPECT_NE(changed.challenge(), original) << i;
    }
}

TEST(Challenge, decode_refuses)
{
    const auto encode = [](std::string_view oid, std::string_view name, std::uint64_t count, std::size_t size,
                           std::string_view rp_id) {
        CanonicalWriter writer("QSS-SAD-v1");
        writer.bytes(Bytes(16)).bytes(Bytes(32)).u64(1).bytes(Bytes(16)).bytes(Bytes(16)).bytes(Bytes(32));
        writer.text(oid).text(name).u64(count);
        for (std::uint64_t i = 0; i < count; ++i)
            writer.bytes(Bytes(size));
        return writer.bytes(Bytes(32)).text(rp_id).take();
    };
    constexpr std::string_view sha256 = "2.16.840.1.101.3.4.2.1", sha384 = "2.16.840.1.101.3.4.2.2";
    EXPECT_TRUE(ChallengeInput::decode(encode(sha256, "ECDSA-SHA256", 100, 32, "x")).has_value());
    EXPECT_FALSE(ChallengeInput::decode(encode(sha256, "ECDSA-SHA256", 101, 32, "x")).has_value());
    EXPECT_FALSE(ChallengeInput::decode(encode(sha256, "ECDSA-SHA256", 0, 32, "x")).has_value());
    EXPECT_FALSE(ChallengeInput::decode(encode(sha256, "ECDSA-SHA256", 1, 31, "x")).has_value());
    EXPECT_FALSE(ChallengeInput::decode(encode(sha256, "ECDSA-SHA384", 1, 48, "x")).has_value());
    EXPECT_FALSE(ChallengeInput::decode(encode(sha384, "ECDSA-SHA256", 1, 32, "x")).has_value());
    EXPECT_FALSE(ChallengeInput::decode(encode(sha256, "DSA-SHA256", 1, 32, "x")).has_value());
    EXPECT_FALSE(ChallengeInput::decode(encode(sha256, "ECDSA-SHA256", 1, 32, "")).has_value());
    auto encoded = example().encode();
    for (std::size_t size = 0; size < encoded.size(); ++size)
        EXPECT_FALSE(ChallengeInput::decode(ByteView(encoded).first(size)).has_value()) << size;
    encoded.push_back(0);
    EXPECT_FALSE(ChallengeInput::decode(encoded).has_value());
}

TEST(AdditionChallenge, covers_every_field)
{
    const auto original = addition_challenge(id<SignerId>(1), Bytes(32), Bytes(91), "rp.example");
    EXPECT_NE(addition_challenge(id<SignerId>(2), Bytes(32), Bytes(91), "rp.example"), original);
    EXPECT_NE(addition_challenge(id<SignerId>(1), Bytes(32, 1), Bytes(91), "rp.example"), original);
    EXPECT_NE(addition_challenge(id<SignerId>(1), Bytes(32), Bytes(91, 1), "rp.example"), original);
    EXPECT_NE(addition_challenge(id<SignerId>(1), Bytes(32), Bytes(91), "rp.example.org"), original);
}

TEST(EnrolmentMessage, covers_every_field)
{
    const auto original = enrolment_message(id<SignerId>(1), Bytes(32), Bytes(91), "rp.example");
    EXPECT_NE(enrolment_message(id<SignerId>(2), Bytes(32), Bytes(91), "rp.example"), original);
    EXPECT_NE(enrolment_message(id<SignerId>(1), Bytes(32, 1), Bytes(91), "rp.example"), original);
    EXPECT_NE(enrolment_message(id<SignerId>(1), Bytes(32), Bytes(91, 1), "rp.example"), original);
    EXPECT_NE(enrolment_message(id<SignerId>(1), Bytes(32), Bytes(91), "rp.example.org"), original);
    EXPECT_NE(crypto::sha256(original),
              addition_challenge(id<SignerId>(1), Bytes(32), Bytes(91), "rp.example"));
}

}
