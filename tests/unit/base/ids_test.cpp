#include "base/ids.h"

#include <type_traits>

#include <gtest/gtest.h>

#include "base/random.h"

namespace qss {

static_assert(!std::is_convertible_v<SignerId, KeyId> && !std::is_constructible_v<SignerId, KeyId>);

TEST(Ids, text_and_back)
{
    constexpr std::string_view text = "00112233445566778899aabbccddeeff";
    const auto id = SignerId::parse(text).value();
    EXPECT_EQ(id.text(), text);
    EXPECT_EQ(SignerId::from_bytes(id.bytes()).value(), id);
    for (const auto* bad : {"", "0", "00112233445566778899aabbccddeef", "00112233445566778899aabbccddeeff0",
                            "00112233445566778899AABBCCDDEEFF", "00112233445566778899aabbccddeefg",
                            "0011223344556677-8899aabbccddeef"})
        EXPECT_FALSE(SignerId::parse(bad).has_value()) << bad;
    EXPECT_FALSE(SignerId::from_bytes(Bytes(15)).has_value());
    EXPECT_FALSE(SignerId::from_bytes(Bytes(17)).has_value());
}

TEST(Ids, are_random)
{
    SystemRandom random;
    EXPECT_NE(SignerId::generate(random), SignerId::generate(random));
}

}
