#include "tsa/service.h"

#include <filesystem>
#include <thread>

#include <gtest/gtest.h>

#include <openssl/ts.h>
#include <unistd.h>

#include "base/encoding.h"
#include "keystore/software/software_key_store.h"
#include "pki/asn1.h"
#include "pki/der.h"
#include "tsa/dispatch.h"
#include "unit/pki/test_pki.h"
#include "unit/tsa/fake_clock_source.h"

namespace qss::tsa {
namespace {

using namespace std::chrono_literals;
using pki::testing::now;
using testing::FakeClockSource;
using enum ErrorCode;
using ResponsePtr = std::unique_ptr<TS_RESP, crypto::Deleter<TS_RESP_free>>;

constexpr int granted = -1; // no failure
constexpr int revocation = -2;

std::string view(const Bytes& bytes)
{
    return to_string(ByteView(bytes));
}

template <class T>
std::optional<ErrorCode> refusal(const Result<T>& result)
{
    return result ? std::nullopt : std::optional(result.error().code);
}

class TsaServiceTest : public ::testing::Test {
protected:
    TsaServiceTest()
    {
        char pattern[] = "/tmp/qss-tsa-XXXXXX";
        m_directory = ::mkdtemp(pattern);
        open();
    }
    ~TsaServiceTest() override
    {
        close();
        std::filesystem::remove_all(m_directory);
    }
    void open()
    {
        auto keys =
            keystore::SoftwareKeyStore::open_or_create(m_directory, Secret(to_bytes("passphrase")), m_random);
        ASSERT_TRUE(keys);
        m_keys = std::move(*keys);
        auto database = open_record(m_directory + "/record.db");
        ASSERT_TRUE(database);
        m_writer.emplace(std::move(*database));
        auto service = Service::open(
            {*m_writer, *m_keys, m_clock, m_source, m_random, [](role::Mode) { return Status(); }});
        ASSERT_TRUE(service) << service.error().detail;
        m_service = std::move(*service);
    }
    void close()
    {
        m_service.reset();
        m_writer.reset();
        m_keys.reset();
    }
    void reopen()
    {
        close();
        open();
    }
    void harm(const std::string& sql)
    {
        close();
        auto database = sqlite::Database::open(m_directory + "/record.db", sqlite::Access::read_write);
        ASSERT_TRUE(database);
        ASSERT_TRUE(database->execute(sql));
        database = fail(internal, "closed");
        open();
    }

    static proto::tsa::InitialiseRequest sandbox(std::string key_type = "P-256")
    {
        proto::tsa::InitialiseRequest request;
        request.set_sandbox(true);
        request.set_key_type(std::move(key_type));
        return request;
    }
    Bytes initialise()
    {
        const auto reply = m_service->initialise(sandbox());
        EXPECT_TRUE(reply);
        return to_bytes(as_bytes(reply->spki()));
    }
    pki::Certificate certify(const Bytes& spki, pki::ProfileId id = pki::ProfileId::tsu)
    {
        const auto key = crypto::PublicKey::from_spki(spki);
        auto contents =
            pki::testing::contents(id, *key, &m_chain.issuing, pki::testing::provider("TEST TSU 1"));
        return std::move(*pki::testing::make(id, contents, m_chain.issuing_key));
    }
    Result<proto::tsa::CompleteReply> complete(const pki::Certificate& certificate,
                                               const pki::Certificate& issuer)
    {
        return complete(certificate, issuer, m_chain.root);
    }
    Result<proto::tsa::CompleteReply> complete(const pki::Certificate& certificate,
                                               const pki::Certificate& issuer, const pki::Certificate& root)
    {
        proto::tsa::CompleteRequest request;
        request.set_certificate(view(certificate.der()));
        request.set_issuer_certificate(view(issuer.der()));
        request.set_root_certificate(view(root.der()));
        return m_service->complete(request);
    }
    void make_ready()
    {
        m_certificate = certify(initialise());
        ASSERT_TRUE(complete(*m_certificate, m_chain.issuing));
    }
    Status update(std::vector<pki::RevokedEntry> revoked, const crypto::PrivateKey& signer)
    {
        TRY_ASSIGN(tbs, pki::encode_tbs_crl(m_chain.issuing, {1, now, now + 24h, std::move(revoked)}));
        TRY_ASSIGN(crl, pki::sign_crl(tbs, signer));
        proto::tsa::UpdateCrlRequest request;
        request.set_crl(view(crl.der()));
        TRY(m_service->update_crl(request));
        return {};
    }

    static Bytes request(std::string_view policy = "", ByteView extensions = {})
    {
        const auto imprint = pki::TimestampRequest::of(
            crypto::Digest::of(crypto::HashAlgorithm::sha256, as_bytes("a document")));
        return pki::der::sequence({pki::der::integer(1), imprint.imprint,
                                   policy.empty() ? Bytes() : pki::der::oid(policy), extensions});
    }
    Result<ResponsePtr> ask(const Bytes& der)
    {
        proto::tsa::StampRequest message;
        message.add_requests(view(der));
        TRY_ASSIGN(reply, m_service->stamp(message));
        const auto bytes = to_bytes(as_bytes(reply.responses(0)));
        const auto* cursor = bytes.data();
        return ResponsePtr(d2i_TS_RESP(nullptr, &cursor, static_cast<long>(bytes.size())));
    }
    // The bit of PKIFailureInfo, `granted` or `revocation`.
    int outcome(const Bytes& der)
    {
        const auto response = ask(der);
        EXPECT_TRUE(response);
        auto* info = TS_RESP_get_status_info(response->get());
        const auto status = ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(info));
        EXPECT_EQ(TS_RESP_get_token(response->get()) != nullptr, status == TS_STATUS_GRANTED);
        if (status != TS_STATUS_REJECTION)
            return status == TS_STATUS_GRANTED ? granted : revocation;
        for (int bit = 0; bit < 32; ++bit)
            if (ASN1_BIT_STRING_get_bit(TS_STATUS_INFO_get0_failure_info(info), bit) != 0)
                return bit;
        return 99;
    }
    std::int64_t count(const std::string& query)
    {
        return *m_writer->write_returning([&](sqlite::Database& database) -> Result<std::int64_t> {
            auto statement = database.prepare(query);
            TRY(statement.step());
            return statement.integer(0);
        });
    }

    std::string m_directory;
    SystemRandom m_random;
    FakeClock m_clock{now + 1h};
    FakeClockSource m_source;
    pki::testing::Chain m_chain;
    std::unique_ptr<keystore::KeyStore> m_keys;
    std::optional<sqlite::Writer> m_writer;
    std::unique_ptr<Service> m_service;
    std::optional<pki::Certificate> m_certificate;
};

TEST_F(TsaServiceTest, StampsOnceCertifiedAndStillAfterARestart)
{
    EXPECT_EQ(m_service->state(), role::State::UNINITIALISED);
    make_ready();
    EXPECT_EQ(m_service->state(), role::State::READY);
    EXPECT_EQ(outcome(request()), granted);
    reopen();
    EXPECT_EQ(m_service->state(), role::State::READY);
    EXPECT_EQ(outcome(request()), granted);
    EXPECT_EQ(count("SELECT count(*) FROM token"), 2);
}

TEST_F(TsaServiceTest, EachTokenIsInTheRecordUnderItsSerialNumber) // TSA-6
{
    make_ready();
    const auto response = ask(request());
    auto* info = TS_RESP_get_tst_info(response->get());
    const auto serial = pki::integer_contents(TS_TST_INFO_get_serial(info));
    EXPECT_EQ(count("SELECT count(*) FROM token WHERE serial = x'" + hex_encode(serial) + "' AND time_ms = " +
                    std::to_string(to_unix_ms(now + 1h)) + " AND algorithm = 'SHA-256' AND imprint = x'" +
                    hex_encode(crypto::sha256(as_bytes("a document"))) +
                    "' AND policy = '1.3.6.1.4.1.32473.1.2' AND offset_us = 0 AND uncertainty_us = 1000"),
              1);
}

TEST_F(TsaServiceTest, WithoutARecordNoTokenIsGiven)
{
    make_ready();
    ASSERT_TRUE(m_writer->write([](sqlite::Database& database) {
        return database.execute(
            "CREATE TRIGGER full BEFORE INSERT ON token BEGIN SELECT RAISE(ABORT, 'full'); END");
    }));
    EXPECT_EQ(outcome(request()), TS_INFO_SYSTEM_FAILURE);
    EXPECT_EQ(count("SELECT count(*) FROM token"), 0);
}

TEST_F(TsaServiceTest, ManyInOneMessageAreAnsweredInTheirOrder)
{
    make_ready();
    proto::tsa::StampRequest message;
    EXPECT_EQ(refusal(m_service->stamp(message)), invalid_argument);
    const auto good = request();
    for (const auto& der : {good, Bytes{0}, request("1.3.6.1.4.1.32473.1.3"), good})
        message.add_requests(view(der));
    const auto reply = m_service->stamp(message);
    ASSERT_TRUE(reply);
    ASSERT_EQ(reply->responses_size(), 4);
    for (const int i : {0, 3})
        EXPECT_GT(reply->responses(i).size(), 500U); // a token
    EXPECT_NE(reply->responses(0), reply->responses(3));
    using enum pki::TimestampFailure;
    const auto is_refusal = [&](int i, pki::TimestampFailure failure) { // whose last byte has the bit
        const auto bare = view(pki::refused_timestamp(failure, ""));
        return reply->responses(i).ends_with(bare.substr(bare.size() - 1)) &&
               reply->responses(i).size() < 200;
    };
    EXPECT_TRUE(is_refusal(1, bad_data_format));
    EXPECT_TRUE(is_refusal(2, unaccepted_policy));
    EXPECT_EQ(count("SELECT count(*) FROM token"), 2);
    while (message.requests_size() < 65)
        message.add_requests(view(good));
    EXPECT_EQ(refusal(m_service->stamp(message)), invalid_argument);
}

TEST_F(TsaServiceTest, OnlyItsOwnPolicyIsTaken)
{
    make_ready();
    EXPECT_EQ(outcome(request("1.3.6.1.4.1.32473.1.2")), granted);
    EXPECT_EQ(outcome(request("1.3.6.1.4.1.32473.1.3")), TS_INFO_UNACCEPTED_POLICY);
    EXPECT_EQ(outcome({}), TS_INFO_BAD_DATA_FORMAT);
}

TEST_F(TsaServiceTest, ADoubtfulClockGivesNoTimeAndSaysSoInTheRecord) // TSA-2
{
    make_ready();
    EXPECT_EQ(outcome(request()), granted);
    m_source.set(ClockState{true, Microseconds(2'000'000), Microseconds(0), Leap::none});
    EXPECT_EQ(outcome(request()), TS_INFO_TIME_NOT_AVAILABLE);
    EXPECT_EQ(refusal(m_service->stamp_digest({})), unsupported);
    proto::tsa::StampDigestRequest digest;
    digest.set_algorithm("SHA-256");
    digest.set_digest(std::string(32, 'x'));
    EXPECT_EQ(refusal(m_service->stamp_digest(digest)), unavailable);
    EXPECT_EQ(count("SELECT count(*) FROM event WHERE kind = 'clock_doubtful'"), 1);
    m_source.set(ClockState{true, Microseconds(0), Microseconds(0), Leap::none});
    EXPECT_EQ(outcome(request()), granted);
    EXPECT_EQ(count("SELECT count(*) FROM event WHERE kind = 'clock_trusted'"), 2);
}

TEST_F(TsaServiceTest, AfterARestartTheClockMayNotBeBehindTheLastToken)
{
    make_ready();
    EXPECT_EQ(outcome(request()), granted);
    m_clock.advance(-1ms);
    reopen();
    EXPECT_EQ(outcome(request()), TS_INFO_TIME_NOT_AVAILABLE);
    m_clock.advance(1ms);
    EXPECT_EQ(outcome(request()), granted);
}

TEST_F(TsaServiceTest, TheKeyEndsBeforeItsCertificate) // TSA-3
{
    make_ready();
    const auto usage_end = m_certificate->not_before() + pki::profile(pki::ProfileId::tsu).key_use;
    ASSERT_LT(usage_end, m_certificate->not_after());
    m_clock.set(usage_end - 2s);
    EXPECT_EQ(outcome(request()), granted);
    m_clock.set(usage_end + 1s);
    EXPECT_EQ(outcome(request()), TS_INFO_SYSTEM_FAILURE);
    m_clock.set(m_certificate->not_after() + 1s);
    EXPECT_EQ(outcome(request()), TS_INFO_SYSTEM_FAILURE);
}

TEST_F(TsaServiceTest, ARevokedUnitGivesNothingEverAgain) // TSA-3
{
    make_ready();
    const auto stranger = pki::testing::new_key();
    EXPECT_FALSE(update({{m_certificate->serial(), {now, 1}}}, stranger));
    EXPECT_TRUE(update({{m_chain.signer.serial(), {now, 1}}}, m_chain.issuing_key));
    EXPECT_EQ(outcome(request()), granted);
    EXPECT_TRUE(update({{m_certificate->serial(), {now, 1}}}, m_chain.issuing_key));
    EXPECT_EQ(outcome(request()), revocation);
    EXPECT_TRUE(update({}, m_chain.issuing_key)); // an older list
    EXPECT_EQ(outcome(request()), revocation);
    reopen();
    EXPECT_EQ(outcome(request()), revocation);
    EXPECT_EQ(refusal(complete(certify(to_bytes(as_bytes(view(m_certificate->public_key().spki())))),
                               m_chain.issuing)),
              gone);
}

TEST_F(TsaServiceTest, OnlyItsOwnCertificateForTimeStampingByItsOwnCa)
{
    const auto spki = initialise();
    EXPECT_EQ(refusal(complete(certify(pki::testing::new_key().public_key().spki()), m_chain.issuing)),
              invalid_argument);
    EXPECT_EQ(refusal(complete(certify(spki, pki::ProfileId::ocsp_responder), m_chain.issuing)),
              invalid_argument);
    EXPECT_EQ(refusal(complete(certify(spki, pki::ProfileId::natural_person_esign), m_chain.issuing)),
              invalid_argument);
    EXPECT_EQ(refusal(complete(certify(spki), m_chain.root)), verification_failed);
    ASSERT_TRUE(complete(certify(spki), m_chain.issuing));
    const pki::testing::Chain other;
    const auto key = crypto::PublicKey::from_spki(spki);
    const auto foreign = *pki::testing::make(pki::ProfileId::tsu,
                                             pki::testing::contents(pki::ProfileId::tsu, *key, &other.issuing,
                                                                    pki::testing::provider("TEST TSU 1")),
                                             other.issuing_key);
    EXPECT_EQ(refusal(complete(foreign, other.issuing, other.root)), forbidden);
    EXPECT_EQ(refusal(complete(foreign, other.issuing, m_chain.root)), verification_failed);
}

TEST_F(TsaServiceTest, TheNextKeyFollowsOnceItIsCertified)
{
    make_ready();
    const auto first = m_service->next_key({});
    const auto again = m_service->next_key({});
    ASSERT_TRUE(first);
    EXPECT_EQ(first->spki(), again->spki()); // not one for each question
    reopen();
    EXPECT_EQ(first->spki(), m_service->next_key({})->spki());
    const auto signed_by = [&] {
        proto::tsa::StampDigestRequest digest;
        digest.set_algorithm("SHA-512");
        digest.set_digest(std::string(64, 'x'));
        return m_service->stamp_digest(digest)->token();
    };
    EXPECT_NE(signed_by().find(view(m_certificate->der())), std::string::npos);
    const auto next = certify(to_bytes(as_bytes(first->spki())));
    ASSERT_TRUE(complete(next, m_chain.issuing));
    EXPECT_NE(signed_by().find(view(next.der())), std::string::npos);
    EXPECT_NE(m_service->next_key({})->spki(), first->spki());
    // A certificate of the key before does not bring it back.
    EXPECT_EQ(refusal(complete(*m_certificate, m_chain.issuing)), invalid_argument);
    reopen();
    EXPECT_NE(signed_by().find(view(next.der())), std::string::npos);
}

TEST_F(TsaServiceTest, AnotherIssuingCaOfTheSameRootMayCertifyIt)
{
    make_ready();
    const auto key = pki::testing::new_key();
    const auto issuing = *pki::testing::make(
        pki::ProfileId::issuing_ca,
        pki::testing::contents(pki::ProfileId::issuing_ca, key.public_key(), &m_chain.root,
                               pki::testing::provider("TEST Issuing CA G2")),
        m_chain.root_key);
    const auto spki = crypto::PublicKey::from_spki(to_bytes(as_bytes(m_service->next_key({})->spki())));
    const auto certificate = *pki::testing::make(
        pki::ProfileId::tsu,
        pki::testing::contents(pki::ProfileId::tsu, *spki, &issuing, pki::testing::provider("TEST TSU 2")),
        key);
    EXPECT_TRUE(complete(certificate, issuing));
    EXPECT_EQ(outcome(request()), granted);
}

TEST_F(TsaServiceTest, WhatASandboxIsSaysItsPolicy)
{
    auto wrong = sandbox();
    wrong.set_policy_oid("0.4.0.2023.1.1");
    EXPECT_EQ(refusal(m_service->initialise(wrong)), invalid_argument);
    wrong.set_sandbox(false);
    wrong.set_policy_oid("1.3.6.1.4.1.32473.1.2");
    EXPECT_EQ(refusal(m_service->initialise(wrong)), invalid_argument);
    EXPECT_EQ(refusal(m_service->initialise(sandbox("RSA-2048"))), invalid_argument);
    auto coarse = sandbox();
    coarse.set_accuracy_ms(1001);
    EXPECT_EQ(refusal(m_service->initialise(coarse)), invalid_argument);
    EXPECT_TRUE(m_service->initialise(sandbox()));
    EXPECT_EQ(refusal(m_service->initialise(sandbox())), conflict);
}

TEST_F(TsaServiceTest, AnAlteredRecordSuspends)
{
    make_ready();
    harm("UPDATE settings SET accuracy_ms = 1");
    EXPECT_EQ(m_service->state(), role::State::SUSPENDED);
    harm("UPDATE settings SET accuracy_ms = 500");
    EXPECT_EQ(m_service->state(), role::State::READY);
    harm("UPDATE unit_key SET revoked_ms = 5");
    EXPECT_EQ(m_service->state(), role::State::SUSPENDED);
    harm("UPDATE unit_key SET revoked_ms = NULL");
    EXPECT_EQ(m_service->state(), role::State::READY);
    harm("CREATE TRIGGER quiet AFTER INSERT ON token BEGIN DELETE FROM token; END");
    EXPECT_EQ(m_service->state(), role::State::SUSPENDED);
}

TEST_F(TsaServiceTest, ManyAtOnceHaveSerialNumbersAndRowsOfTheirOwn)
{
    make_ready();
    constexpr int threads = 8;
    constexpr int each = 50;
    std::vector<std::thread> callers;
    for (int i = 0; i < threads; ++i)
        callers.emplace_back([this] {
            for (int k = 0; k < each; ++k)
                EXPECT_EQ(outcome(request()), granted);
        });
    for (auto& caller : callers)
        caller.join();
    EXPECT_EQ(count("SELECT count(DISTINCT serial) FROM token"), threads * each);
}

}
}
