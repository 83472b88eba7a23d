// The flags in every combination; vectors_test.cpp holds whole messages.
#include "webauthn/authenticator_data.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace qss::webauthn {

TEST(AuthenticatorData, flags_of_an_assertion)
{
    for (unsigned int flags = 0; flags < 256; ++flags) {
        const auto data = encode_authenticator_data("rp.example", static_cast<std::uint8_t>(flags), 5);
        const auto result = check_authenticator_data(data, "rp.example", Ceremony::assertion);
        EXPECT_EQ(result.has_value(), flags == (flag_user_present | flag_user_verified)) << flags;
    }
}

TEST(AuthenticatorData, flags_of_a_registration)
{
    const auto key = crypto::PrivateKey::generate(crypto::KeyType::p256).value();
    const auto attested = encode_attested_credential(Bytes(16, 1), Bytes(20, 2), key.public_key());
    for (unsigned int flags = 0; flags < 256; ++flags) {
        const auto data =
            concat({encode_authenticator_data("rp.example", static_cast<std::uint8_t>(flags), 5), attested});
        const auto result = check_authenticator_data(data, "rp.example", Ceremony::registration);
        EXPECT_EQ(result.has_value(), flags == (flag_user_present | flag_user_verified | flag_attested_data))
            << flags;
        if (!result)
            continue;
        EXPECT_EQ(result->sign_count, 5U);
        EXPECT_EQ(result->attested->public_key.spki(), key.public_key().spki());
        EXPECT_EQ(result->attested->credential_id, Bytes(20, 2));
        EXPECT_EQ(result->attested->aaguid, Bytes(16, 1));
    }
}

TEST(AuthenticatorData, cut_off_or_extended)
{
    const auto key = crypto::PrivateKey::generate(crypto::KeyType::p256).value();
    auto data = concat({encode_authenticator_data("rp.example", 0x45, 0),
                        encode_attested_credential(Bytes(16), Bytes(20), key.public_key())});
    EXPECT_TRUE(check_authenticator_data(data, "rp.example", Ceremony::registration).has_value());
    for (std::size_t size = 0; size < data.size(); ++size)
        EXPECT_FALSE(
            check_authenticator_data(ByteView(data).first(size), "rp.example", Ceremony::registration));
    data.push_back(0);
    EXPECT_FALSE(check_authenticator_data(data, "rp.example", Ceremony::registration).has_value());
    data.resize(limits::authenticator_data_size + 1);
    EXPECT_FALSE(check_authenticator_data(data, "rp.example", Ceremony::registration).has_value());
}

}
