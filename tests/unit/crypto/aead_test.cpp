#include "crypto/aead.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace qss::crypto {

namespace {

class FixedRandom final : public Random {
public:
    explicit FixedRandom(Bytes bytes) : m_bytes(std::move(bytes)) {}
    void fill(std::span<std::uint8_t> out) override { std::copy_n(m_bytes.begin(), out.size(), out.begin()); }

private:
    Bytes m_bytes;
};

Bytes hex(std::string_view text)
{
    return hex_decode(text).value();
}

}

// McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 13, 14 and 16 (AES-256).
TEST(Aead, gcm_vectors)
{
    FixedRandom zero(Bytes(12));
    EXPECT_EQ(hex_encode(aead_seal(Secret(Bytes(32)), {}, {}, zero)),
              "000000000000000000000000530f8afbc74536b9a963b4f1c4cb738b");
    EXPECT_EQ(hex_encode(aead_seal(Secret(Bytes(32)), Bytes(16), {}, zero)),
              "000000000000000000000000cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
    FixedRandom nonce(hex("cafebabefacedbaddecaf888"));
    const Secret key(hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"));
    const auto plain =
        hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e24"
            "49a6b525b16aedf5aa0de657ba637b39");
    const auto associated = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    const auto sealed = aead_seal(key, plain, associated, nonce);
    EXPECT_EQ(hex_encode(sealed),
              "cafebabefacedbaddecaf888"
              "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b0"
              "8b1056828838c5f61e6393ba7a0abcc9f662"
              "76fc6ece0f4e1768cddf8853bb2d551b");
    EXPECT_EQ(to_bytes(aead_open(key, sealed, associated).value().reveal()), plain);
}

TEST(Aead, whatever_is_altered_is_noticed)
{
    SystemRandom random;
    const Secret key(Bytes(32, 1));
    auto sealed = aead_seal(key, as_bytes("secret"), as_bytes("context"), random);
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        sealed[i] ^= 1;
        EXPECT_FALSE(aead_open(key, sealed, as_bytes("context")).has_value()) << i;
        sealed[i] ^= 1;
        EXPECT_FALSE(aead_open(key, ByteView(sealed).first(i), as_bytes("context")).has_value()) << i;
    }
    EXPECT_FALSE(aead_open(key, sealed, as_bytes("contexT")).has_value());
    EXPECT_FALSE(aead_open(Secret(Bytes(32, 2)), sealed, as_bytes("context")).has_value());
    EXPECT_TRUE(aead_open(key, sealed, as_bytes("context")).has_value());
    EXPECT_NE(aead_seal(key, {}, {}, random), aead_seal(key, {}, {}, random));
}

TEST(Scrypt, differs_by_passphrase_and_salt)
{
    const Bytes salt(16, 1);
    const auto key = scrypt_key(Secret(to_bytes("passphrase")), salt);
    EXPECT_EQ(key.size(), aead_key_size);
    EXPECT_EQ(to_bytes(key.reveal()), to_bytes(scrypt_key(Secret(to_bytes("passphrase")), salt).reveal()));
    EXPECT_NE(to_bytes(key.reveal()), to_bytes(scrypt_key(Secret(to_bytes("passphrasf")), salt).reveal()));
    EXPECT_NE(to_bytes(key.reveal()),
              to_bytes(scrypt_key(Secret(to_bytes("passphrase")), Bytes(16, 2)).reveal()));
}

// Computed by Python's hashlib.scrypt(b"passphrase", salt=b"\1" * 16, n=2**15, r=8, p=1, dklen=32).
TEST(Scrypt, parameters)
{
    EXPECT_EQ(hex_encode(scrypt_key(Secret(to_bytes("passphrase")), Bytes(16, 1)).reveal()),
              "a77a5a0d077360501b2f4574a327174a822a2e8fc3abfe18ccfe7994eb8678a4");
}

}
