#include "pki/timestamp_token.h"

#include <gtest/gtest.h>

#include <openssl/ts.h>

#include "base/encoding.h"
#include "pki/asn1.h"
#include "unit/pki/test_pki.h"

namespace qss::pki {
namespace {

using namespace testing;
using ResponsePtr = std::unique_ptr<TS_RESP, crypto::Deleter<TS_RESP_free>>;
using VerifyPtr = std::unique_ptr<TS_VERIFY_CTX, crypto::Deleter<TS_VERIFY_CTX_free>>;

constexpr std::string_view policy = "1.3.6.1.4.1.32473.1.2";

ResponsePtr parsed(ByteView der)
{
    const auto* cursor = der.data();
    ResponsePtr response(d2i_TS_RESP(nullptr, &cursor, static_cast<long>(der.size())));
    EXPECT_NE(response, nullptr);
    EXPECT_EQ(cursor, der.data() + der.size());
    return response;
}

class TimestampTokenTest : public ::testing::TestWithParam<crypto::KeyType> {
protected:
    TimestampTokenTest()
        : m_certificate(*make(ProfileId::tsu,
                              contents(ProfileId::tsu, m_key.public_key(), &m_chain.issuing,
                                       provider("TEST Time-stamping unit 1")),
                              m_chain.issuing_key)),
          m_unit(*TimestampUnit::make(m_certificate, {&m_chain.issuing, 1}, {policy, Milliseconds(500)}))
    {
    }

    TimestampRequest request(crypto::HashAlgorithm algorithm, SendCertificates certificates)
    {
        auto made = TimestampRequest::of(crypto::Digest::of(algorithm, as_bytes("a document")));
        made.nonce = *hex_decode("02090099f0e1d2c3b4a596");
        made.certificates = certificates;
        return made;
    }

    Bytes response(const TimestampRequest& request, TimePoint time)
    {
        SystemRandom random;
        const auto serial = timestamp_serial(time, random);
        const TimestampDraft draft{request, {serial, time}};
        const auto tokens = sign_timestamps(m_unit, {&draft, 1}, m_key);
        EXPECT_TRUE(tokens.has_value());
        return granted_timestamp(tokens->front());
    }

    // Whether OpenSSL takes it for the digest and nonce of `request`; with the path up to the root.
    bool openssl_takes(TS_RESP* response, const TimestampRequest& request)
    {
        const VerifyPtr context(TS_VERIFY_CTX_new());
        TS_VERIFY_CTX_set_flags(context.get(),
                                TS_VFY_VERSION | TS_VFY_IMPRINT | TS_VFY_SIGNATURE | TS_VFY_SIGNER);
        X509_STORE* store = X509_STORE_new();
        X509_STORE_add_cert(store, m_chain.root.handle());
        X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store),
                                   static_cast<std::time_t>(to_unix_ms(now) / 1000 + 1));
        TS_VERIFY_CTX_set_store(context.get(), store);
        STACK_OF(X509)* more = sk_X509_new_null();
        for (const auto* certificate : {&m_certificate, &m_chain.issuing}) {
            X509_up_ref(certificate->handle());
            sk_X509_push(more, certificate->handle());
        }
        TS_VERIFY_CTX_set_certs(context.get(), more);
        const auto hash = request.digest.bytes();
        auto* imprint = static_cast<unsigned char*>(OPENSSL_memdup(hash.data(), hash.size()));
        TS_VERIFY_CTX_set_imprint(context.get(), imprint, static_cast<long>(hash.size()));
        const bool ok = TS_RESP_verify_response(context.get(), response) == 1;
        crypto::openssl_errors();
        return ok;
    }

    Chain m_chain;
    crypto::PrivateKey m_key = new_key(GetParam());
    Certificate m_certificate;
    TimestampUnit m_unit;
};

INSTANTIATE_TEST_SUITE_P(Keys, TimestampTokenTest,
                         ::testing::Values(crypto::KeyType::p256, crypto::KeyType::p384,
                                           crypto::KeyType::rsa3072),
                         [](const auto& key) {
                             std::string name(crypto::to_string(key.param));
                             name.erase(name.find('-'), 1);
                             return name;
                         });

TEST_P(TimestampTokenTest, OpensslVerifiesTheSignatureAndThePath)
{
    using enum crypto::HashAlgorithm;
    for (const auto algorithm : {sha256, sha384, sha512})
        for (const auto certificates : {SendCertificates::yes, SendCertificates::no}) {
            auto wanted = request(algorithm, certificates);
            const auto made = parsed(response(wanted, now));
            ASSERT_EQ(ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(made.get()))), 0);
            const auto* token = TS_RESP_get_token(made.get());
            const auto* sent = token->d.sign->cert;
            EXPECT_EQ(sent == nullptr ? 0 : sk_X509_num(sent), certificates == SendCertificates::yes ? 2 : 0);
            EXPECT_TRUE(openssl_takes(made.get(), wanted));
        }
}

TEST_P(TimestampTokenTest, SaysWhatRfc3161AndEn319422Want)
{
    const auto wanted = request(crypto::HashAlgorithm::sha256, SendCertificates::yes);
    const auto made = parsed(response(wanted, now + Milliseconds(120)));
    auto* info = TS_RESP_get_tst_info(made.get());
    EXPECT_EQ(TS_TST_INFO_get_version(info), 1);
    const auto gen_time = TS_TST_INFO_get_time(info);
    EXPECT_EQ(
        as_text({ASN1_STRING_get0_data(gen_time), static_cast<std::size_t>(ASN1_STRING_length(gen_time))}),
        "20261124000000.12Z");
    auto* accuracy = TS_TST_INFO_get_accuracy(info);
    ASSERT_NE(accuracy, nullptr);
    EXPECT_EQ(TS_ACCURACY_get_seconds(accuracy), nullptr);
    EXPECT_EQ(ASN1_INTEGER_get(TS_ACCURACY_get_millis(accuracy)), 500);
    EXPECT_EQ(TS_TST_INFO_get_ordering(info), 0);
    EXPECT_EQ(hex_encode(*encode_der(i2d_ASN1_INTEGER, TS_TST_INFO_get_nonce(info))),
              "02090099f0e1d2c3b4a596");
    ASSERT_EQ(TS_TST_INFO_get_ext_count(info), 1);
    auto* extension = TS_TST_INFO_get_ext(info, 0);
    EXPECT_EQ(X509_EXTENSION_get_critical(extension), 0);
    // EN 319 422 9.1, as ETSI's arc is encoded by hand: SEQUENCE { SEQUENCE { 0.4.0.19422.1.1 } }
    EXPECT_EQ(hex_encode(*encode_der(i2d_X509_EXTENSION, extension)), "3019"
                                                                      "06082b06010505070103"
                                                                      "040d"
                                                                      "300b"
                                                                      "3009"
                                                                      "0607040081975e0101");
    EXPECT_EQ(ASN1_STRING_length(TS_TST_INFO_get_serial(info)), 20);
}

TEST_P(TimestampTokenTest, AChangedTokenIsNotTaken)
{
    const auto wanted = request(crypto::HashAlgorithm::sha256, SendCertificates::yes);
    auto bytes = response(wanted, now);
    const auto at = std::search(bytes.begin(), bytes.end(), wanted.imprint.begin(), wanted.imprint.end());
    ASSERT_NE(at, bytes.end());
    *(at + 40) ^= 1; // a byte of the digest
    EXPECT_FALSE(openssl_takes(parsed(bytes).get(), wanted));
}

TEST(TimestampUnitTest, AccuracyIsAtMostASecond)
{
    const Chain chain;
    const auto make_unit = [&](int ms) {
        return TimestampUnit::make(chain.signer, {}, {policy, Milliseconds(ms)}).has_value();
    };
    EXPECT_TRUE(make_unit(1));
    EXPECT_TRUE(make_unit(1000));
    EXPECT_FALSE(make_unit(0));
    EXPECT_FALSE(make_unit(1001));
}

TEST(GenTimeTest, HasNoTrailingZeros) // RFC 3161 2.4.2
{
    const auto text = [](int ms) {
        const auto der = encode_gen_time(now + std::chrono::hours(12) + Milliseconds(ms));
        EXPECT_EQ(der[0], 0x18);
        EXPECT_EQ(der[1], der.size() - 2);
        return to_string(ByteView(der).subspan(2));
    };
    EXPECT_EQ(text(0), "20261124120000Z");
    EXPECT_EQ(text(1), "20261124120000.001Z");
    EXPECT_EQ(text(100), "20261124120000.1Z");
    EXPECT_EQ(text(340), "20261124120000.34Z");
    EXPECT_EQ(text(999), "20261124120000.999Z");
    EXPECT_EQ(text(600'000), "20261124121000Z");
}

TEST(TimestampSerialTest, IsPositiveAndTwentyBytesAndItsTimeOrdersIt)
{
    SystemRandom random;
    const auto first = timestamp_serial(now, random);
    const auto second = timestamp_serial(now, random);
    EXPECT_EQ(first.size(), 20U);
    EXPECT_LT(first[0], 0x80);
    EXPECT_NE(first, second);
    EXPECT_LT(first, timestamp_serial(now + Milliseconds(1), random));
}

TEST(TimestampResponseTest, EveryFailureIsTheBitOfItsName)
{
    using enum TimestampFailure;
    const std::pair<TimestampFailure, int> named[] = {
                                                       // OpenSSL's numbers of RFC 3161 2.4.2
        {bad_algorithm, TS_INFO_BAD_ALG},
        {bad_request, TS_INFO_BAD_REQUEST},
        {bad_data_format, TS_INFO_BAD_DATA_FORMAT},
        {time_not_available, TS_INFO_TIME_NOT_AVAILABLE},
        {unaccepted_policy, TS_INFO_UNACCEPTED_POLICY},
        {unaccepted_extension, TS_INFO_UNACCEPTED_EXTENSION},
        {system_failure, TS_INFO_SYSTEM_FAILURE},
    };
    for (const auto& [failure, bit] : named) {
        const auto bytes = refused_timestamp(failure, "why");
        const auto response = parsed(bytes);
        EXPECT_EQ(*encode_der(i2d_TS_RESP, response.get()), bytes); // DER
        auto* info = TS_RESP_get_status_info(response.get());
        EXPECT_EQ(ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(info)), TS_STATUS_REJECTION);
        for (int i = 0; i <= 31; ++i)
            EXPECT_EQ(ASN1_BIT_STRING_get_bit(TS_STATUS_INFO_get0_failure_info(info), i), i == bit);
        EXPECT_EQ(TS_RESP_get_token(response.get()), nullptr);
    }
}

TEST(TimestampResponseTest, ARevokedUnitSaysSo)
{
    const auto response = parsed(revoked_timestamp());
    auto* info = TS_RESP_get_status_info(response.get());
    EXPECT_EQ(ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(info)), TS_STATUS_REVOCATION_NOTIFICATION);
    EXPECT_EQ(TS_RESP_get_token(response.get()), nullptr);
}

}
}
