#include "pki/crl.h"

#include <set>

#include <gtest/gtest.h>

#include <openssl/x509v3.h>

#include "base/limits.h"
#include "pki/asn1.h"
#include "unit/pki/test_pki.h"

namespace qss::pki {
namespace {

using namespace testing;
using std::chrono::hours;

using CrlPtr = std::unique_ptr<X509_CRL, crypto::Deleter<X509_CRL_free>>;
using ConfigPtr = std::unique_ptr<CONF, crypto::Deleter<NCONF_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, crypto::Deleter<X509_EXTENSION_free>>;

constexpr std::string_view shard_url = "http://pki.qss-sandbox.com/crl/issuing-3.crl";

class CrlTest : public ::testing::Test {
protected:
    Result<Crl> make_crl(std::vector<RevokedEntry> revoked, std::uint64_t number = 7)
    {
        TRY_ASSIGN(tbs, encode_tbs_crl(m_chain.issuing, {number, now, now + hours(24), std::move(revoked)}));
        return sign_crl(tbs, m_chain.issuing_key);
    }
    Result<Crl> make_shard(std::string_view url)
    {
        TRY_ASSIGN(tbs, encode_tbs_crl(m_chain.issuing, {7, now, now + hours(24), {}, std::string(url)}));
        return sign_crl(tbs, m_chain.issuing_key);
    }
    // A list with an issuingDistributionPoint as OpenSSL makes it from its configuration (x509v3_config(5)).
    Bytes with_point(const std::string& value)
    {
        const auto text = "point = " + value +
                          "\n[two]\nURI.1 = http://a.example/1\nURI.2 = http://a.example/2\n" +
                          "[name]\ncommonName = shard\n[directory]\ndirName = name\n";
        const crypto::BioPtr bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
        const ConfigPtr config(NCONF_new(nullptr));
        EXPECT_EQ(NCONF_load_bio(config.get(), bio.get(), nullptr), 1);
        const auto plain = make_crl({});
        const auto* cursor = plain->der().data();
        const CrlPtr crl(d2i_X509_CRL(nullptr, &cursor, static_cast<long>(plain->der().size())));
        X509V3_CTX context;
        X509V3_set_ctx(&context, nullptr, nullptr, nullptr, crl.get(), 0);
        X509V3_set_nconf(&context, config.get());
        const ExtensionPtr extension(
            X509V3_EXT_nconf_nid(config.get(), &context, NID_issuing_distribution_point, value.c_str()));
        EXPECT_TRUE(extension) << value << crypto::openssl_errors();
        EXPECT_EQ(X509_CRL_add_ext(crl.get(), extension.get(), -1), 1);
        EXPECT_GT(X509_CRL_sign(crl.get(), m_chain.issuing_key.handle(), EVP_sha256()), 0);
        return *encode_der(i2d_X509_CRL, crl.get());
    }
    Chain m_chain;
};

TEST_F(CrlTest, FindsTheRevokedAndNoOthers)
{
    const auto crl =
        make_crl({{m_chain.signer.serial(), {now - hours(1), 1}}, {{0x01, 0x02}, {now - hours(2), 0}}});
    ASSERT_TRUE(crl) << crl.error().detail;
    EXPECT_EQ(crl->number(), 7U);
    EXPECT_EQ(crl->this_update(), now);
    EXPECT_TRUE(crl->check_signed_by(m_chain.issuing));
    const auto found = crl->find(m_chain.signer.serial());
    ASSERT_TRUE(found);
    EXPECT_EQ(found->reason, 1);
    EXPECT_EQ(found->revoked_at, now - hours(1));
    EXPECT_EQ(crl->find(Bytes{0x01, 0x02})->reason, 0);
    EXPECT_FALSE(crl->find(Bytes{0x01, 0x03}));
    EXPECT_FALSE(make_crl({})->find(m_chain.signer.serial()));
}

TEST_F(CrlTest, IsNobodyElses)
{
    const auto crl = make_crl({});
    ASSERT_TRUE(crl);
    EXPECT_FALSE(crl->check_signed_by(m_chain.root));
    EXPECT_FALSE(crl->check_signed_by(m_chain.signer));
    // The same name with another key.
    const auto key = new_key();
    const auto impostor =
        make(ProfileId::issuing_ca,
             contents(ProfileId::issuing_ca, key.public_key(), &m_chain.root, provider("TEST Issuing CA")),
             m_chain.root_key);
    EXPECT_FALSE(crl->check_signed_by(*impostor));
}

TEST_F(CrlTest, OneBitAndItDoesNotHold)
{
    const auto crl = make_crl({{m_chain.signer.serial(), {now, 0}}});
    auto der = crl->der();
    der[der.size() - 1] ^= 1;
    const auto altered = Crl::from_der(der);
    ASSERT_TRUE(altered);
    EXPECT_FALSE(altered->check_signed_by(m_chain.issuing));
    der.push_back(0);
    EXPECT_FALSE(Crl::from_der(der));
}

TEST_F(CrlTest, ReasonsAreFinal)
{
    for (const std::uint32_t reason : {0U, 1U, 3U, 4U, 5U, 9U})
        EXPECT_TRUE(check_revocation_reason(reason)) << reason;
    for (const std::uint32_t reason : {2U, 6U, 7U, 8U, 10U, 11U, 256U})
        EXPECT_FALSE(check_revocation_reason(reason)) << reason;
    EXPECT_FALSE(make_crl({{{0x01}, {now, 6}}})); // certificateHold
}

TEST_F(CrlTest, AShardSaysWhereItIs)
{
    const auto crl = make_shard(shard_url);
    ASSERT_TRUE(crl) << crl.error().detail;
    EXPECT_EQ(crl->distribution_point(), shard_url);
    EXPECT_TRUE(crl->check_signed_by(m_chain.issuing));
    EXPECT_EQ(make_crl({})->distribution_point(), "");
    // The extension is, to the byte, the one that OpenSSL makes.
    const auto theirs = with_point("critical,fullname:URI:" + std::string(shard_url));
    const auto read = Crl::from_der(theirs);
    ASSERT_TRUE(read) << read.error().detail;
    EXPECT_EQ(read->distribution_point(), shard_url);
    const auto extension_of = [](const Bytes& der) {
        const auto* cursor = der.data();
        const CrlPtr parsed(d2i_X509_CRL(nullptr, &cursor, static_cast<long>(der.size())));
        const int index = X509_CRL_get_ext_by_NID(parsed.get(), NID_issuing_distribution_point, -1);
        return *encode_der(i2d_X509_EXTENSION, X509_CRL_get_ext(parsed.get(), index));
    };
    EXPECT_EQ(extension_of(crl->der()), extension_of(theirs));
}

TEST_F(CrlTest, AListOfAnotherScopeIsRefused)
{
    const auto at = "fullname:URI:" + std::string(shard_url);
    ASSERT_TRUE(Crl::from_der(with_point("critical," + at)));
    for (const auto& value : {
             at, // not critical: some would overlook it
             "critical," + at + ",onlyuser:TRUE", //
             "critical," + at + ",onlyCA:TRUE", //
             "critical," + at + ",onlyAA:TRUE", //
             "critical," + at + ",indirectCRL:TRUE", //
             "critical," + at + ",onlysomereasons:keyCompromise", //
             std::string("critical,onlyuser:TRUE"), // no place
             std::string("critical,fullname:@two"), //
             std::string("critical,fullname:@directory"), // not a URL
             std::string("critical,relativename:name"), //
             "critical,fullname:URI:http://a.example/" + std::string(limits::url_size, 'x'),
         })
        EXPECT_FALSE(Crl::from_der(with_point(value))) << value;
}

TEST_F(CrlTest, AShardCoversByTheFirstRandomByte)
{
    EXPECT_EQ(shard_of(Bytes{0x01, 0x00, 0xFF}, 16), (CrlShard{0, 16}));
    EXPECT_EQ(shard_of(Bytes{0x01, 0x2B, 0x00}, 16), (CrlShard{11, 16}));
    EXPECT_EQ(shard_of(Bytes{0x01, 0xFF}, 7), (CrlShard{3, 7})); // 255 = 36 * 7 + 3
    EXPECT_EQ(shard_of(Bytes{0x01, 0xFF}, 1), (CrlShard{0, 1}));
    EXPECT_EQ(shard_of(Bytes{0x7F}, 16), (CrlShard{0, 16})); // none of ours, and still of one list
    SystemRandom random;
    std::set<std::uint32_t> seen;
    for (int i = 0; i < 2000; ++i)
        seen.insert(shard_of(random_serial(random), limits::crl_shards).number);
    EXPECT_EQ(seen.size(), limits::crl_shards); // all but once in e^28 runs
}

TEST_F(CrlTest, TheLastOneHasNoNext)
{
    const auto tbs = encode_tbs_crl(m_chain.issuing, {8, now, no_next_update, {}});
    const auto crl = sign_crl(*tbs, m_chain.issuing_key);
    ASSERT_TRUE(crl) << crl.error().detail;
    EXPECT_TRUE(crl->is_last());
    EXPECT_FALSE(make_crl({})->is_last());
    // EN 319 411-1 CSS-6.3.9-06, as a GeneralizedTime (RFC 5280 5.1.2.5)
    EXPECT_NE(to_string(ByteView(crl->der()))
                  .find("\x18\x0F"
                        "99991231235959Z"),
              std::string::npos);
}

}
}
