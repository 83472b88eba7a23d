#include "keystore/software/software_key_store.h"

#include <filesystem>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

namespace qss::keystore {
namespace {

class SoftwareKeyStoreTest : public testing::Test {
protected:
    SoftwareKeyStoreTest()
    {
        char pattern[] = "/tmp/qss-keystore-XXXXXX";
        m_directory = ::mkdtemp(pattern);
    }
    ~SoftwareKeyStoreTest() override { std::filesystem::remove_all(m_directory); }

    Result<std::unique_ptr<SoftwareKeyStore>> open(std::string_view passphrase = "a passphrase",
                                                   SoftwareOptions options = {})
    {
        return SoftwareKeyStore::open_or_create(m_directory, Secret(to_bytes(passphrase)), m_random, options);
    }
    std::unique_ptr<SoftwareKeyStore> opened(SoftwareOptions options = {})
    {
        auto store = open("a passphrase", options);
        EXPECT_TRUE(store);
        return std::move(*store);
    }
    [[nodiscard]] std::string path() const { return m_directory + "/keystore.sealed"; }
    static Status sign_and_verify(SoftwareKeyStore& store, const GeneratedKey& key)
    {
        TRY_ASSIGN(signer, store.load(key.blob, key.spki));
        const auto digest = crypto::Digest::of(crypto::HashAlgorithm::sha256, as_bytes("x"));
        TRY_ASSIGN(signature, signer->sign(crypto::SignatureAlgorithm::ecdsa_sha256, digest));
        TRY_ASSIGN(public_key, crypto::PublicKey::from_spki(key.spki));
        return public_key.verify(crypto::SignatureAlgorithm::ecdsa_sha256, digest, signature);
    }

    std::string m_directory;
    SystemRandom m_random;
};

TEST_F(SoftwareKeyStoreTest, KeysSurviveARestart)
{
    auto store = opened();
    const auto key = store->generate(crypto::KeyType::p256);
    ASSERT_TRUE(key);
    EXPECT_TRUE(sign_and_verify(*store, *key));
    const auto seal = store->seal("label", as_bytes("record"));
    store = opened();
    EXPECT_TRUE(sign_and_verify(*store, *key));
    EXPECT_EQ(store->seal("label", as_bytes("record")), seal);
}

TEST_F(SoftwareKeyStoreTest, TheFileIsOursAloneAndHoldsNoKey)
{
    opened();
    struct stat status{};
    ASSERT_EQ(::stat(path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0600U);
    EXPECT_FALSE(std::filesystem::exists(path() + ".new"));
}

TEST_F(SoftwareKeyStoreTest, AWrongPassphraseOpensNothingAndChangesNothing)
{
    opened();
    const auto size = std::filesystem::file_size(path());
    const auto wrong = open("another passphrase");
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().code, ErrorCode::verification_failed);
    EXPECT_EQ(std::filesystem::file_size(path()), size);
    EXPECT_TRUE(open());
}

TEST_F(SoftwareKeyStoreTest, AnAlteredFileIsRefused)
{
    opened();
    const auto flip = [this](std::streamoff at) {
        std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
        file.seekg(at);
        const auto byte = static_cast<char>(file.get() ^ 1);
        file.seekp(at);
        file.put(byte);
    };
    const auto size = static_cast<std::streamoff>(std::filesystem::file_size(path()));
    for (const std::streamoff at : {std::streamoff{25}, size - 1}) { // salt, sealed key
        flip(at);
        EXPECT_FALSE(open());
        flip(at);
    }
    EXPECT_TRUE(open());
    std::filesystem::resize_file(path(), 0);
    EXPECT_FALSE(open()) << "an empty file is not the absence of one";
}

TEST_F(SoftwareKeyStoreTest, ACrashWhileCreatingLeavesNoObstacle)
{
    std::ofstream(path() + ".new") << "half";
    EXPECT_TRUE(open());
    EXPECT_FALSE(std::filesystem::exists(path() + ".new"));
}

TEST_F(SoftwareKeyStoreTest, ABlobOpensOnlyForItsOwnPublicKey)
{
    const auto store = opened();
    const auto one = store->generate(crypto::KeyType::p256);
    const auto two = store->generate(crypto::KeyType::p256);
    const auto refused = [&store](const Bytes& blob, const Bytes& spki) {
        const auto loaded = store->load(blob, spki);
        return !loaded && loaded.error().code == ErrorCode::tampered;
    };
    EXPECT_TRUE(refused(one->blob, two->spki)) << "cold";
    ASSERT_TRUE(store->load(one->blob, one->spki));
    EXPECT_TRUE(refused(one->blob, two->spki)) << "warm";
    auto altered = two->blob;
    altered[altered.size() / 2] ^= 1;
    EXPECT_TRUE(refused(altered, two->spki));
    EXPECT_TRUE(refused({}, two->spki));
}

TEST_F(SoftwareKeyStoreTest, AnotherStoresBlobIsRefused)
{
    const auto key = opened()->generate(crypto::KeyType::p256);
    std::filesystem::remove(path());
    const auto loaded = opened()->load(key->blob, key->spki);
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, ErrorCode::tampered);
}

TEST_F(SoftwareKeyStoreTest, KeepsSoManyKeysWarmAndForgetsDestroyedOnes)
{
    const auto store = opened({.warm_keys = 2});
    std::vector<GeneratedKey> keys;
    for (int i = 0; i < 3; ++i) {
        keys.push_back(*store->generate(crypto::KeyType::p256));
        ASSERT_TRUE(store->load(keys.back().blob, keys.back().spki));
    }
    EXPECT_EQ(store->warm_count(), 2U);
    store->destroy(keys[2].blob);
    EXPECT_EQ(store->warm_count(), 1U);
    store->destroy(keys[0].blob);
    EXPECT_EQ(store->warm_count(), 1U) << "was not warm any more";
    EXPECT_TRUE(sign_and_verify(*store, keys[0]));
}

TEST_F(SoftwareKeyStoreTest, SealsDependOnLabelAndRecord)
{
    const auto store = opened();
    const auto seal = store->seal("a", as_bytes("bc"));
    EXPECT_EQ(seal.size(), 32U);
    EXPECT_NE(seal, store->seal("ab", as_bytes("c")));
    EXPECT_NE(seal, store->seal("a", as_bytes("bd")));
}

TEST_F(SoftwareKeyStoreTest, ManyThreadsLoadAndSign)
{
    const auto store = opened({.warm_keys = 2});
    std::vector<GeneratedKey> keys;
    for (int i = 0; i < 4; ++i)
        keys.push_back(*store->generate(crypto::KeyType::p256));
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            for (std::size_t i = 0; i < 20; ++i)
                EXPECT_TRUE(sign_and_verify(*store, keys[(t + i) % keys.size()]));
        });
    for (auto& thread : threads)
        thread.join();
}

}
}
