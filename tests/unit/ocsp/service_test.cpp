#include "ocsp/service.h"

#include <filesystem>
#include <optional>

#include <gtest/gtest.h>

#include <openssl/ocsp.h>
#include <unistd.h>

#include "base/encoding.h"
#include "keystore/software/software_key_store.h"
#include "ocsp/dispatch.h"
#include "unit/pki/test_pki.h"

namespace qss::ocsp {
namespace {

using namespace std::chrono_literals;
using pki::testing::now;
using enum ErrorCode;

constexpr int said_good = V_OCSP_CERTSTATUS_GOOD;
constexpr int said_unknown = V_OCSP_CERTSTATUS_UNKNOWN;
constexpr int said_revoked = V_OCSP_CERTSTATUS_REVOKED;
constexpr int said_try_later = -OCSP_RESPONSE_STATUS_TRYLATER;
constexpr int said_unauthorized = -OCSP_RESPONSE_STATUS_UNAUTHORIZED;
constexpr int said_malformed = -OCSP_RESPONSE_STATUS_MALFORMEDREQUEST;

std::string view(const Bytes& bytes)
{
    return to_string(ByteView(bytes));
}

template <class T>
std::optional<ErrorCode> refusal(const Result<T>& result)
{
    return result ? std::nullopt : std::optional(result.error().code);
}

std::optional<ErrorCode> refusal_of(const Status& status)
{
    return status ? std::nullopt : std::optional(status.error().code);
}

class OcspServiceTest : public ::testing::Test {
protected:
    OcspServiceTest()
    {
        char pattern[] = "/tmp/qss-ocsp-XXXXXX";
        m_directory = ::mkdtemp(pattern);
        open();
    }
    ~OcspServiceTest() override
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
        auto service = Service::open({*m_writer, *m_keys, m_clock, [](role::Mode) { return Status(); }});
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

    pki::Certificate responder(const pki::Certificate& issuer, const crypto::PrivateKey& issuer_key,
                               const Bytes& spki, pki::ProfileId id = pki::ProfileId::ocsp_responder)
    {
        const auto key = crypto::PublicKey::from_spki(spki);
        auto contents = pki::testing::contents(id, *key, &issuer, pki::testing::provider("TEST OCSP"));
        return std::move(*pki::testing::make(id, contents, issuer_key));
    }
    Result<proto::ocsp::CompleteReply> complete(const pki::Certificate& for_issuing,
                                                const pki::Certificate& for_root)
    {
        proto::ocsp::CompleteRequest request;
        for (const auto& [issuer, certificate] :
             {std::pair(&m_chain.issuing, &for_issuing), std::pair(&m_chain.root, &for_root)}) {
            auto* authority = request.add_authorities();
            authority->set_issuer_certificate(view(issuer->der()));
            authority->set_responder_certificate(view(certificate->der()));
        }
        return m_service->complete(request);
    }
    void make_ready()
    {
        const auto reply = m_service->initialise({});
        ASSERT_TRUE(reply);
        m_spki = to_bytes(as_bytes(reply->spki()));
        ASSERT_TRUE(complete(responder(m_chain.issuing, m_chain.issuing_key, m_spki),
                             responder(m_chain.root, m_chain.root_key, m_spki)));
    }
    Status update(std::uint64_t number, TimePoint at, std::vector<pki::RevokedEntry> revoked = {})
    {
        TRY_ASSIGN(tbs, pki::encode_tbs_crl(m_chain.issuing, {number, at, at + 24h, std::move(revoked)}));
        TRY_ASSIGN(crl, pki::sign_crl(tbs, m_chain.issuing_key));
        return update(crl.der());
    }
    Status update(const Bytes& crl)
    {
        proto::ocsp::UpdateCrlRequest request;
        request.set_crl(view(crl));
        TRY(m_service->update_crl(request));
        return {};
    }
    // Certificate status, or minus the response status.
    int said(const pki::Certificate& certificate, const Bytes& nonce = {})
    {
        proto::ocsp::RespondRequest request;
        request.add_singles()->set_certificate(view(certificate.der()));
        request.set_nonce(view(nonce));
        return said(request);
    }
    int said(const proto::ocsp::RespondRequest& request)
    {
        const auto reply = m_service->respond(request);
        if (!reply)
            return -1000;
        const auto der = as_bytes(reply->response());
        const auto* cursor = der.data();
        const std::unique_ptr<OCSP_RESPONSE, crypto::Deleter<OCSP_RESPONSE_free>> response(
            d2i_OCSP_RESPONSE(nullptr, &cursor, static_cast<long>(der.size())));
        if (OCSP_response_status(response.get()) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
            return -OCSP_response_status(response.get());
        const std::unique_ptr<OCSP_BASICRESP, crypto::Deleter<OCSP_BASICRESP_free>> basic(
            OCSP_response_get1_basic(response.get()));
        return OCSP_single_get0_status(OCSP_resp_get0(basic.get(), 0), nullptr, nullptr, nullptr, nullptr);
    }

    // As a relying party asks: by hashes of the issuer, and serial number.
    static Bytes cert_id(const pki::Certificate& issuer, ByteView serial)
    {
        return pki::OcspAuthority::make(issuer, issuer)->cert_id(serial);
    }
    Status update_root(TimePoint at, TimePoint next)
    {
        TRY_ASSIGN(tbs, pki::encode_tbs_crl(m_chain.root, {1, at, next, {}}));
        TRY_ASSIGN(crl, pki::sign_crl(tbs, m_chain.root_key));
        return update(crl.der());
    }

    SystemRandom m_random;
    FakeClock m_clock{now};
    pki::testing::Chain m_chain;
    std::string m_directory;
    Bytes m_spki;
    std::unique_ptr<keystore::KeyStore> m_keys;
    std::optional<sqlite::Writer> m_writer;
    std::unique_ptr<Service> m_service;
};

TEST_F(OcspServiceTest, StatesFollowEachOther)
{
    EXPECT_EQ(m_service->state(), role::State::UNINITIALISED);
    role::Dispatch dispatch(dispatch_table(*m_service), [this] { return m_service->state(); });
    const auto permit = [&](int type) { return dispatch.permit(static_cast<std::uint16_t>(type), 0); };
    EXPECT_EQ(permit(proto::ocsp::COMPLETE), wire::Permit::refused_now);
    EXPECT_EQ(permit(proto::ocsp::RESPOND), wire::Permit::refused_now);
    make_ready();
    EXPECT_EQ(m_service->state(), role::State::READY);
    EXPECT_EQ(permit(proto::ocsp::INITIALISE), wire::Permit::refused_now);
    EXPECT_EQ(permit(proto::ocsp::RESPOND), wire::Permit::allowed);
    EXPECT_EQ(refusal(m_service->initialise({})), conflict);
    reopen();
    EXPECT_EQ(m_service->state(), role::State::READY);
}

TEST_F(OcspServiceTest, SaysGoodOnlyWithAFreshCrl)
{
    make_ready();
    EXPECT_EQ(said(m_chain.signer), said_try_later); // none seen
    ASSERT_TRUE(update(1, now));
    EXPECT_EQ(said(m_chain.signer), said_good);
    m_clock.advance(60min - 1ms);
    EXPECT_EQ(said(m_chain.signer), said_good);
    m_clock.advance(1ms);
    EXPECT_EQ(said(m_chain.signer), said_try_later);
    ASSERT_TRUE(update(2, now + 60min));
    EXPECT_EQ(said(m_chain.signer), said_good);
    EXPECT_EQ(said(m_chain.issuing), said_try_later); // the root's list was never shown
}

TEST_F(OcspServiceTest, ACrlOfTheFutureIsNotFresh)
{
    make_ready();
    ASSERT_TRUE(update(1, now + 1h));
    EXPECT_EQ(said(m_chain.signer), said_try_later);
}

TEST_F(OcspServiceTest, RevokedIsNeverGoodAgain)
{
    make_ready();
    ASSERT_TRUE(update(5, now));
    ASSERT_TRUE(update(6, now, {{m_chain.signer.serial(), {now, 1}}}));
    EXPECT_EQ(said(m_chain.signer), said_revoked);
    const auto lower = update(5, now + 1min);
    ASSERT_FALSE(lower);
    EXPECT_EQ(lower.error().code, conflict);
    EXPECT_EQ(said(m_chain.signer), said_revoked);
    reopen(); // the number is durable
    EXPECT_FALSE(update(5, now + 2min));
    EXPECT_EQ(said(m_chain.signer), said_revoked);
}

TEST_F(OcspServiceTest, TakesCrlsOfItsAuthoritiesAlone)
{
    make_ready();
    const pki::testing::Chain other; // the same names, other keys
    const auto tbs = pki::encode_tbs_crl(other.issuing, {9, now, now + 24h, {}});
    const auto forged = pki::sign_crl(*tbs, other.issuing_key);
    ASSERT_TRUE(forged);
    EXPECT_FALSE(update(forged->der()));
    EXPECT_FALSE(update(to_bytes("garbage")));
    EXPECT_EQ(said(m_chain.signer), said_try_later);
}

TEST_F(OcspServiceTest, WhatItsAuthoritiesDidNotSignIsNeverGood)
{
    make_ready();
    ASSERT_TRUE(update(1, now));
    const pki::testing::Chain other;
    EXPECT_EQ(said(other.signer), said_unauthorized);
    auto der = m_chain.signer.der(); // ours, with a bit of its signature altered
    der.back() ^= 1;
    EXPECT_EQ(said(*pki::Certificate::from_der(der)), said_unauthorized);
}

TEST_F(OcspServiceTest, ASerialNumberAloneIsUnknown)
{
    make_ready();
    ASSERT_TRUE(update(1, now));
    proto::ocsp::RespondRequest request;
    auto* single = request.add_singles();
    single->set_cert_id(view(cert_id(m_chain.issuing, m_chain.signer.serial())));
    EXPECT_EQ(said(request), said_unknown);
    single->set_certificate(view(m_chain.signer.der()));
    EXPECT_EQ(said(request), said_good);
    single->clear_certificate(); // that it was shown before proves nothing now
    EXPECT_EQ(said(request), said_unknown);
    ASSERT_TRUE(update(2, now, {{m_chain.signer.serial(), {now, 1}}}));
    EXPECT_EQ(said(request), said_revoked); // the list alone says so
}

TEST_F(OcspServiceTest, AnotherCertificateProvesNothing)
{
    make_ready();
    ASSERT_TRUE(update(1, now));
    ASSERT_TRUE(update_root(now, now + 24h));
    proto::ocsp::RespondRequest request;
    auto* single = request.add_singles();
    single->set_certificate(view(m_chain.signer.der()));
    single->set_cert_id(view(cert_id(m_chain.issuing, Bytes{1, 2, 3})));
    EXPECT_EQ(said(request), said_unknown);
    single->set_cert_id(view(cert_id(m_chain.root, m_chain.signer.serial()))); // of the other authority
    EXPECT_EQ(said(request), said_unknown);
    const pki::testing::Chain other;
    single->set_cert_id(view(cert_id(other.issuing, m_chain.signer.serial())));
    EXPECT_EQ(said(request), said_unauthorized);
}

TEST_F(OcspServiceTest, OneResponseSpeaksForOneIssuer)
{
    make_ready();
    ASSERT_TRUE(update(1, now));
    ASSERT_TRUE(update_root(now, now + 24h));
    proto::ocsp::RespondRequest request;
    EXPECT_EQ(said(request), said_malformed);
    for (int i = 0; i < 8; ++i)
        request.add_singles()->set_certificate(view(m_chain.signer.der()));
    EXPECT_EQ(said(request), said_good);
    request.mutable_singles(7)->set_certificate(view(m_chain.issuing.der()));
    EXPECT_EQ(said(request), said_unauthorized);
    request.mutable_singles(7)->set_certificate(view(m_chain.signer.der()));
    request.add_singles()->set_certificate(view(m_chain.signer.der()));
    EXPECT_EQ(said(request), said_malformed);
}

TEST_F(OcspServiceTest, AListOfAnOfflineIssuerHoldsAsLongAsItSays)
{
    make_ready();
    ASSERT_TRUE(update_root(now, now + 30 * 24h));
    m_clock.advance(29 * 24h);
    EXPECT_EQ(said(m_chain.issuing), said_good);
    m_clock.advance(24h);
    EXPECT_EQ(said(m_chain.issuing), said_try_later);
}

TEST_F(OcspServiceTest, NoncesAreBounded)
{
    make_ready();
    ASSERT_TRUE(update(1, now));
    EXPECT_EQ(said(m_chain.signer, Bytes(128, 1)), said_good);
    EXPECT_EQ(said(m_chain.signer, Bytes(129, 1)), said_malformed);
}

TEST_F(OcspServiceTest, AnExpiredResponderSaysNothing)
{
    make_ready();
    m_clock.advance(91 * 24h);
    ASSERT_TRUE(update(1, now + 91 * 24h));
    EXPECT_EQ(said(m_chain.signer), said_try_later);
}

TEST_F(OcspServiceTest, RespondersAreTheAuthoritysAndOurs)
{
    const auto reply = m_service->initialise({});
    ASSERT_TRUE(reply);
    m_spki = to_bytes(as_bytes(reply->spki()));
    const auto good = responder(m_chain.issuing, m_chain.issuing_key, m_spki);
    const auto for_root = responder(m_chain.root, m_chain.root_key, m_spki);
    const auto stranger = pki::testing::new_key();
    EXPECT_EQ(refusal(complete(responder(m_chain.issuing, m_chain.issuing_key, stranger.public_key().spki()),
                               for_root)),
              invalid_argument);
    EXPECT_EQ(refusal(complete(responder(m_chain.issuing, stranger, m_spki), for_root)), verification_failed);
    EXPECT_EQ(refusal(complete(
                  responder(m_chain.issuing, m_chain.issuing_key, m_spki, pki::ProfileId::client), for_root)),
              invalid_argument);
    EXPECT_EQ(m_service->state(), role::State::AWAITING_CERTIFICATE);
    EXPECT_TRUE(complete(good, for_root));
}

TEST_F(OcspServiceTest, RenewalKeepsAuthoritiesAndCrls)
{
    make_ready();
    ASSERT_TRUE(update(4, now));
    ASSERT_TRUE(complete(responder(m_chain.issuing, m_chain.issuing_key, m_spki),
                         responder(m_chain.root, m_chain.root_key, m_spki)));
    EXPECT_EQ(said(m_chain.signer), said_good);
    EXPECT_FALSE(update(3, now));
    // Another authority cannot slip in.
    const pki::testing::Chain other;
    proto::ocsp::CompleteRequest request;
    for (int i = 0; i < 2; ++i) {
        auto* authority = request.add_authorities();
        authority->set_issuer_certificate(view(other.issuing.der()));
        authority->set_responder_certificate(view(responder(other.issuing, other.issuing_key, m_spki).der()));
    }
    EXPECT_EQ(refusal(m_service->complete(request)), forbidden);
    EXPECT_EQ(said(other.signer), said_unauthorized);
}

TEST_F(OcspServiceTest, AnAuthorityThatOneOfItsOwnCertifiedJoins)
{
    make_ready();
    ASSERT_TRUE(update(1, now));
    const auto key = pki::testing::new_key();
    const auto issue = [&](const crypto::PrivateKey& subject, const std::string& name) {
        const auto contents = pki::testing::contents(pki::ProfileId::issuing_ca, subject.public_key(),
                                                     &m_chain.root, pki::testing::provider(name));
        return std::move(*pki::testing::make(pki::ProfileId::issuing_ca, contents, m_chain.root_key));
    };
    const auto next = issue(key, "TEST Issuing CA G2");
    const auto join = [&](const pki::Certificate& issuer, const crypto::PrivateKey& issuer_key) {
        proto::ocsp::CompleteRequest request;
        auto* authority = request.add_authorities();
        authority->set_issuer_certificate(view(issuer.der()));
        authority->set_responder_certificate(view(responder(issuer, issuer_key, m_spki).der()));
        return m_service->complete(request);
    };
    ASSERT_TRUE(join(next, key));
    const auto contents = pki::testing::contents(pki::ProfileId::natural_person_esign,
                                                 m_chain.signer.public_key(), &next, pki::testing::person());
    const auto person = std::move(*pki::testing::make(pki::ProfileId::natural_person_esign, contents, key));
    EXPECT_EQ(said(person), said_try_later); // no list of it yet
    const auto tbs = pki::encode_tbs_crl(next, {1, now, now + 24h, {}});
    ASSERT_TRUE(tbs);
    ASSERT_TRUE(update(pki::sign_crl(*tbs, key)->der()));
    reopen();
    EXPECT_EQ(said(person), said_good);
    EXPECT_EQ(said(m_chain.signer), said_good);

    // A renewed certificate, of the same key, is the same authority: its list stays.
    const auto renewed = issue(key, "TEST Issuing CA G2");
    ASSERT_TRUE(join(renewed, key));
    EXPECT_EQ(said(person), said_good);
    reopen();
    EXPECT_EQ(said(person), said_good);
}

TEST_F(OcspServiceTest, ANewRootJoinsByItsCrossCertificate)
{
    make_ready();
    const auto key = pki::testing::new_key();
    const auto other_key = pki::testing::new_key();
    const auto name = pki::testing::provider("TEST Root CA G2");
    const auto root = std::move(*pki::testing::make(
        pki::ProfileId::root, pki::testing::contents(pki::ProfileId::root, key.public_key(), nullptr, name),
        key));
    const auto cross_of = [&](const crypto::PrivateKey& subject, const crypto::PrivateKey& signer) {
        return std::move(*pki::testing::make(
            pki::ProfileId::root_cross,
            pki::testing::contents(pki::ProfileId::root_cross, subject.public_key(), &m_chain.root, name),
            signer));
    };
    const auto join = [&](const std::string& cross) {
        proto::ocsp::CompleteRequest request;
        auto* authority = request.add_authorities();
        authority->set_issuer_certificate(view(root.der()));
        authority->set_responder_certificate(view(responder(root, key, m_spki).der()));
        authority->set_cross_certificate(cross);
        return m_service->complete(request);
    };
    EXPECT_EQ(refusal(join("")), forbidden);
    EXPECT_EQ(refusal(join(view(m_chain.issuing.der()))), forbidden); // certified, and another's
    EXPECT_EQ(refusal(join(view(cross_of(other_key, m_chain.root_key).der()))), forbidden);
    EXPECT_EQ(refusal(join(view(cross_of(key, other_key).der()))), forbidden);
    EXPECT_TRUE(join(view(cross_of(key, m_chain.root_key).der())));
    reopen();
    EXPECT_TRUE(join(view(root.der()))); // it is known now
}

TEST_F(OcspServiceTest, TheNextKeyIsUsedOnceEveryAuthorityCertifiedIt)
{
    make_ready();
    ASSERT_TRUE(update(1, now));
    const auto old = m_spki;
    const auto spki = to_bytes(as_bytes(m_service->next_key({})->spki()));
    reopen();
    EXPECT_EQ(to_bytes(as_bytes(m_service->next_key({})->spki())), spki);
    EXPECT_NE(spki, old);
    proto::ocsp::CompleteRequest half;
    auto* authority = half.add_authorities();
    authority->set_issuer_certificate(view(m_chain.issuing.der()));
    authority->set_responder_certificate(view(responder(m_chain.issuing, m_chain.issuing_key, spki).der()));
    EXPECT_EQ(refusal(m_service->complete(half)), conflict);
    EXPECT_EQ(refusal(complete(responder(m_chain.issuing, m_chain.issuing_key, spki),
                               responder(m_chain.root, m_chain.root_key, old))),
              invalid_argument);
    EXPECT_TRUE(complete(responder(m_chain.issuing, m_chain.issuing_key, old),
                         responder(m_chain.root, m_chain.root_key, old)));
    ASSERT_TRUE(complete(responder(m_chain.issuing, m_chain.issuing_key, spki),
                         responder(m_chain.root, m_chain.root_key, spki)));
    EXPECT_EQ(said(m_chain.signer), said_good);
    reopen();
    EXPECT_EQ(said(m_chain.signer), said_good);
    EXPECT_EQ(refusal(complete(responder(m_chain.issuing, m_chain.issuing_key, old),
                               responder(m_chain.root, m_chain.root_key, old))),
              invalid_argument);
    EXPECT_NE(to_bytes(as_bytes(m_service->next_key({})->spki())), spki); // a key waits once
}

// The issuing CA divides its certificates among lists.
class OcspShardsTest : public OcspServiceTest {
protected:
    OcspShardsTest() { make_ready(); }

    static std::string url(int shard) { return "http://pki.example/crl/" + std::to_string(shard) + ".crl"; }
    Status update_shard(const std::string& at, std::uint64_t number, TimePoint time,
                        std::vector<pki::RevokedEntry> revoked = {})
    {
        TRY_ASSIGN(tbs,
                   pki::encode_tbs_crl(m_chain.issuing, {number, time, time + 24h, std::move(revoked), at}));
        TRY_ASSIGN(crl, pki::sign_crl(tbs, m_chain.issuing_key));
        return update(crl.der());
    }
    pki::Certificate naming(const std::string& crl_url)
    {
        auto contents =
            pki::testing::contents(pki::ProfileId::natural_person_esign, m_chain.person_key.public_key(),
                                   &m_chain.issuing, pki::testing::person());
        contents.crl_url = crl_url;
        return std::move(
            *pki::testing::make(pki::ProfileId::natural_person_esign, contents, m_chain.issuing_key));
    }
    int said_of_serial(const pki::Certificate& certificate)
    {
        proto::ocsp::RespondRequest request;
        request.add_singles()->set_cert_id(view(cert_id(m_chain.issuing, certificate.serial())));
        return said(request);
    }
};

TEST_F(OcspShardsTest, EachCertificateByTheListThatItNames)
{
    const auto here = naming(url(0));
    const auto there = naming(url(1));
    const auto revoked = naming(url(1));
    ASSERT_TRUE(update_shard(url(0), 1, now));
    EXPECT_EQ(said(here), said_good);
    EXPECT_EQ(said(there), said_try_later);
    EXPECT_EQ(said(revoked), said_try_later); // the list that was seen does not have it, nor would it
    ASSERT_TRUE(update_shard(url(1), 1, now, {{revoked.serial(), {now, 1}}}));
    EXPECT_EQ(said(there), said_good);
    EXPECT_EQ(said(revoked), said_revoked);
    reopen();
    EXPECT_EQ(said(here), said_good);
    EXPECT_EQ(said(revoked), said_revoked);
    EXPECT_EQ(said(naming(url(2))), said_try_later);
}

TEST_F(OcspShardsTest, EachListGrowsOldByItself)
{
    ASSERT_TRUE(update_shard(url(0), 1, now));
    m_clock.advance(59min);
    ASSERT_TRUE(update_shard(url(1), 1, now + 59min));
    m_clock.advance(1min);
    EXPECT_EQ(said(naming(url(0))), said_try_later);
    EXPECT_EQ(said(naming(url(1))), said_good);
}

TEST_F(OcspShardsTest, EachListHasItsOwnNumbers)
{
    ASSERT_TRUE(update_shard(url(0), 5, now));
    ASSERT_TRUE(update_shard(url(1), 1, now));
    reopen();
    EXPECT_EQ(refusal_of(update_shard(url(0), 4, now)), conflict);
    EXPECT_TRUE(update_shard(url(1), 2, now));
}

TEST_F(OcspShardsTest, AListForAllCoversEach)
{
    ASSERT_TRUE(update(1, now));
    EXPECT_EQ(said(naming(url(0))), said_good);
    EXPECT_EQ(said(m_chain.signer), said_good);
}

TEST_F(OcspShardsTest, AnAnswerHoldsAsLongAsTheOldestList)
{
    ASSERT_TRUE(update_shard(url(0), 1, now));
    m_clock.advance(10min);
    ASSERT_TRUE(update_shard(url(1), 1, now + 10min));
    proto::ocsp::RespondRequest request;
    request.add_singles()->set_certificate(view(naming(url(1)).der()));
    EXPECT_EQ(m_service->respond(request)->holds_until_unix_ms(), to_unix_ms(now + 70min));
    request.add_singles()->set_certificate(view(naming(url(0)).der()));
    EXPECT_EQ(m_service->respond(request)->holds_until_unix_ms(), to_unix_ms(now + 60min));
    request.add_singles()->set_certificate(view(naming(url(1)).der()));
    EXPECT_EQ(m_service->respond(request)->holds_until_unix_ms(), to_unix_ms(now + 60min));
}

// Only the certificate says which list covers it.
TEST_F(OcspShardsTest, ASerialNumberAloneIsLookedUpInAll)
{
    const auto alive = naming(url(0));
    const auto revoked = naming(url(1));
    EXPECT_EQ(said_of_serial(alive), said_try_later);
    ASSERT_TRUE(update_shard(url(0), 1, now));
    ASSERT_TRUE(update_shard(url(1), 1, now, {{revoked.serial(), {now, 1}}}));
    EXPECT_EQ(said_of_serial(alive), V_OCSP_CERTSTATUS_UNKNOWN);
    EXPECT_EQ(said_of_serial(revoked), said_revoked);
    m_clock.advance(59min);
    ASSERT_TRUE(update_shard(url(0), 2, now + 59min));
    m_clock.advance(1min);
    EXPECT_EQ(said_of_serial(revoked), said_try_later);
}

TEST_F(OcspShardsTest, ACertificateThatNamesNoListIsNotGood)
{
    ASSERT_TRUE(update_shard(url(0), 1, now));
    const auto own = responder(m_chain.issuing, m_chain.issuing_key, m_spki); // the profile has no place
    EXPECT_EQ(said(own), V_OCSP_CERTSTATUS_UNKNOWN);
    ASSERT_TRUE(update_shard(url(0), 2, now, {{own.serial(), {now, 5}}}));
    EXPECT_EQ(said(own), said_revoked);
}

TEST_F(OcspShardsTest, RenewalKeepsTheLists)
{
    const auto revoked = naming(url(1));
    ASSERT_TRUE(update_shard(url(0), 1, now));
    ASSERT_TRUE(update_shard(url(1), 2, now, {{revoked.serial(), {now, 1}}}));
    ASSERT_TRUE(complete(responder(m_chain.issuing, m_chain.issuing_key, m_spki),
                         responder(m_chain.root, m_chain.root_key, m_spki)));
    EXPECT_EQ(said(naming(url(0))), said_good);
    EXPECT_EQ(said(revoked), said_revoked);
    proto::ocsp::CompleteRequest for_root; // the issuing CA is not asked
    auto* authority = for_root.add_authorities();
    authority->set_issuer_certificate(view(m_chain.root.der()));
    authority->set_responder_certificate(view(responder(m_chain.root, m_chain.root_key, m_spki).der()));
    ASSERT_TRUE(m_service->complete(for_root));
    EXPECT_EQ(said(revoked), said_revoked);
    EXPECT_EQ(refusal_of(update_shard(url(1), 1, now)), conflict);
}

TEST_F(OcspShardsTest, ListsAreBounded)
{
    for (int shard = 0; shard < 64; ++shard)
        ASSERT_TRUE(update_shard(url(shard), 1, now));
    EXPECT_EQ(refusal_of(update_shard(url(64), 1, now)), invalid_argument);
    EXPECT_TRUE(update_shard(url(63), 2, now));
}

TEST_F(OcspShardsTest, AListInAnothersPlaceSuspends)
{
    ASSERT_TRUE(update_shard(url(0), 1, now));
    ASSERT_TRUE(m_writer->write([&](sqlite::Database& database) {
        return database.execute("UPDATE crl SET url = 'http://pki.example/crl/1.crl'");
    }));
    reopen();
    EXPECT_EQ(m_service->state(), role::State::SUSPENDED);
}

TEST_F(OcspShardsTest, TheLastListIsBelievedForEver)
{
    const auto tbs = pki::encode_tbs_crl(m_chain.issuing, {1, now, pki::no_next_update, {}, url(0)});
    ASSERT_TRUE(update(pki::sign_crl(*tbs, m_chain.issuing_key)->der()));
    m_clock.advance(80 * 24h);
    EXPECT_EQ(said(naming(url(0))), said_good);
}

TEST_F(OcspServiceTest, AnAlteredRecordSuspends)
{
    make_ready();
    ASSERT_TRUE(m_writer->write([](sqlite::Database& database) {
        return database.execute("UPDATE authority SET responder = issuer");
    }));
    reopen();
    EXPECT_EQ(m_service->state(), role::State::SUSPENDED);
}

}
}
