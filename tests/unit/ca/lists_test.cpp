#include <set>

#include <openssl/x509v3.h>

#include "base/limits.h"
#include "statements/named_values.h"
#include "unit/ca/test_ca.h"

namespace qss::ca {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using enum ErrorCode;

constexpr std::string_view host = "http://pki.qss-sandbox.com";

struct List {
    std::string path;
    pki::Crl crl;
};

class ListsTest : public CaTest {
protected:
    void initialise_with(std::uint32_t shards)
    {
        auto request = initialise_request();
        request.set_crl_shards(shards);
        const auto reply = m_service->initialise(request);
        ASSERT_TRUE(reply) << reply.error().detail;
        for (std::uint32_t shard = 0; shard < shards; ++shard)
            m_urls.push_back(std::string(host) + "/crl/issuing-" + std::to_string(shard) + ".crl");
        m_root = pki::Certificate::from_der(as_bytes(reply->root_certificate())).value();
        m_issuing = pki::Certificate::from_der(as_bytes(reply->issuing_certificate())).value();
        m_responder = pki::Certificate::from_der(as_bytes(reply->ocsp_issuing_certificate())).value();
    }
    std::vector<List> lists()
    {
        std::vector<List> all;
        proto::ca::CurrentCrlsRequest request;
        do {
            const auto reply = m_service->current_crls(request);
            EXPECT_TRUE(reply) << reply.error().detail;
            EXPECT_LE(reply->ByteSizeLong(), limits::wire_message_size);
            EXPECT_EQ(reply->paths_size(), reply->crls_size());
            for (int i = 0; i < reply->crls_size(); ++i)
                all.push_back({reply->paths(i), *pki::Crl::from_der(as_bytes(reply->crls(i)))});
            request.set_from(reply->next());
            ++m_messages;
        } while (request.from() != 0);
        return all;
    }
    Result<pki::Crl> revoke(const pki::Certificate& certificate)
    {
        proto::ca::RevokeRequest request;
        request.set_serial(view(certificate.serial()));
        TRY_ASSIGN(reply, m_service->revoke(request));
        return pki::Crl::from_der(as_bytes(reply.crl()));
    }
    // Nothing: it was carried out.
    std::optional<ErrorCode> order_last_list(std::string_view authority)
    {
        const statements::Order order{OrderId::generate(m_random),
                                      m_root->sha256(),
                                      "ca",
                                      "last-crl",
                                      statements::NamedValues().set("authority", authority).encode(),
                                      "",
                                      m_clock.now(),
                                      m_clock.now() + 1h};
        proto::CarryOutRequest request;
        request.add_signatures(view(statements::sign_statement(order.encode(), m_officer)->encode()));
        return refusal(m_service->carry_out(request));
    }
    void alter(std::string_view sql)
    {
        ASSERT_TRUE(m_writer->write([&](sqlite::Database& database) { return database.execute(sql); }))
            << sql;
    }
    // Where a validator looks for the list of a certificate (RFC 5280 4.2.1.13).
    static std::string url_in(const pki::Certificate& certificate)
    {
        const std::unique_ptr<CRL_DIST_POINTS, crypto::Deleter<CRL_DIST_POINTS_free>> points(
            static_cast<CRL_DIST_POINTS*>(
                X509_get_ext_d2i(certificate.handle(), NID_crl_distribution_points, nullptr, nullptr)));
        const auto* names = sk_DIST_POINT_value(points.get(), 0)->distpoint->name.fullname;
        const auto* url = sk_GENERAL_NAME_value(names, 0)->d.uniformResourceIdentifier;
        return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(url)),
                static_cast<std::size_t>(ASN1_STRING_length(url))};
    }

    std::vector<std::string> m_urls;
    std::optional<pki::Certificate> m_root;
    std::optional<pki::Certificate> m_issuing;
    std::optional<pki::Certificate> m_responder;
    int m_messages = 0;
};

TEST_F(ListsTest, OneListIsForAll)
{
    initialise_with(1);
    const auto all = lists();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].path, "/crl/issuing.crl");
    EXPECT_EQ(all[1].path, "/crl/root.crl");
    for (const auto& list : all)
        EXPECT_EQ(list.crl.distribution_point(), "");
    EXPECT_EQ(url_in(*issue_new()), std::string(host) + "/crl/issuing.crl");
    EXPECT_EQ(url_in(*m_issuing), std::string(host) + "/crl/root.crl");
}

TEST_F(ListsTest, EachShardSaysWhereItIs)
{
    initialise_with(3);
    const auto all = lists();
    ASSERT_EQ(all.size(), 4U);
    for (std::size_t shard = 0; shard < 3; ++shard) {
        EXPECT_EQ(all[shard].path, "/crl/issuing-" + std::to_string(shard) + ".crl");
        EXPECT_EQ(all[shard].crl.distribution_point(), std::string(host) + all[shard].path);
        EXPECT_EQ(m_urls.at(shard), all[shard].crl.distribution_point());
        EXPECT_TRUE(all[shard].crl.check_signed_by(*m_issuing));
    }
    EXPECT_EQ(all[3].path, "/crl/root.crl");
    EXPECT_EQ(all[3].crl.distribution_point(), "");
}

TEST_F(ListsTest, ARevokedOneIsOnTheListThatItNames)
{
    initialise_with(4);
    const auto before = lists();
    std::set<std::string> named;
    for (int i = 0; i < 12; ++i) {
        const auto certificate = issue_new();
        ASSERT_TRUE(certificate);
        named.insert(url_in(*certificate));
        const auto receipt = revoke(*certificate);
        ASSERT_TRUE(receipt) << receipt.error().detail;
        EXPECT_EQ(receipt->distribution_point(), url_in(*certificate));
        EXPECT_TRUE(receipt->find(certificate->serial()));
        int on = 0;
        for (const auto& list : lists())
            on += list.crl.find(certificate->serial()) ? 1 : 0;
        EXPECT_EQ(on, 1);
    }
    EXPECT_GE(named.size(), 2U); // all on one list: once in 4^11 runs
    EXPECT_EQ(lists().back().crl.number(), before.back().crl.number()); // the root's was not made anew
}

TEST_F(ListsTest, OnlyTheListThatChangedIsMadeAnew)
{
    initialise_with(4);
    const auto before = lists();
    const auto certificate = issue_new();
    ASSERT_TRUE(revoke(*certificate));
    const auto after = lists();
    for (std::size_t i = 0; i < before.size(); ++i) {
        const bool changed = before[i].crl.distribution_point() == url_in(*certificate);
        EXPECT_EQ(after[i].crl.number() > before[i].crl.number(), changed) << before[i].path;
    }
}

TEST_F(ListsTest, NumbersGrowThroughACrash)
{
    initialise_with(2);
    const auto certificate = issue_new();
    ASSERT_TRUE(revoke(*certificate));
    const auto before = lists();
    // A number was taken, and the process died before the list was there.
    for (const std::uint32_t shard : {0U, 1U})
        ASSERT_TRUE(m_writer->write([&](sqlite::Database& database) -> Status {
            const ListId list{{Authority::issuing}, {shard, 2}};
            TRY(Transaction(database).crl_order(list, *m_issuing, m_urls[shard], start));
            return {};
        }));
    reopen();
    const auto after = lists();
    bool listed = false;
    for (std::size_t shard = 0; shard < 2; ++shard) {
        EXPECT_GE(after[shard].crl.number(), before[shard].crl.number() + 2);
        listed = listed || after[shard].crl.find(certificate->serial());
    }
    EXPECT_TRUE(listed);
}

TEST_F(ListsTest, AListOfALowerNumberDoesNotReplaceALaterOne)
{
    initialise_with(1);
    const ListId list{{Authority::issuing}, {}};
    const auto old = lists()[0].crl;
    m_clock.advance(31min);
    const auto current = lists()[0].crl;
    EXPECT_EQ(refusal(m_writer->write_returning([&](sqlite::Database& database) -> Result<bool> {
                  TRY(Transaction(database).store_crl(list, old));
                  return true;
              })),
              conflict);
    EXPECT_EQ(lists()[0].crl.der(), current.der());
}

TEST_F(ListsTest, TheirNumberIsBounded)
{
    auto request = initialise_request();
    request.set_crl_shards(65);
    EXPECT_EQ(refusal(m_service->initialise(request)), invalid_argument);
    initialise_with(64);
    EXPECT_EQ(lists().size(), 65U);
    reopen();
    EXPECT_EQ(lists().size(), 65U);
}

TEST_F(ListsTest, AMissingListSuspends)
{
    initialise_with(4);
    alter("DELETE FROM crl WHERE authority = 'issuing' AND shard = 3");
    reopen();
    EXPECT_EQ(m_service->state(), role::State::SUSPENDED);
}

// 15,000 revocations are 690 KB: two such lists are more than a message holds.
TEST_F(ListsTest, LargeListsTakeOneMessageEach)
{
    initialise_with(2);
    constexpr int revocations = 15'000;
    ASSERT_TRUE(m_writer->write([&](sqlite::Database& database) -> Status {
        for (int i = 0; i < 2 * revocations; ++i)
            TRY(database
                    .prepare(
                        "INSERT INTO certificate(serial, authority, profile, tbs, intended_ms, not_after_ms,"
                        " revoked_ms, reason, shard) VALUES(?, 'issuing', 3, x'00', 0, 0, 0, 1, ?)")
                    .bind(pki::random_serial(m_random))
                    .bind(std::int64_t{i % 2})
                    .run());
        return database.execute("UPDATE crl SET stale = 1");
    }));
    const auto all = lists();
    ASSERT_EQ(all.size(), 3U);
    EXPECT_GT(all[0].crl.der().size() + all[1].crl.der().size(), limits::wire_message_size);
    EXPECT_EQ(m_messages, 2); // the root's goes along
    for (std::size_t shard = 0; shard < 2; ++shard)
        EXPECT_EQ(all[shard].crl.distribution_point(), m_urls[shard]);
}

TEST_F(ListsTest, TheLastListWaitsForTheLastCertificate)
{
    initialise_with(2);
    const auto revoked = issue_new();
    const auto expires = issue_new();
    ASSERT_TRUE(revoked && expires);
    EXPECT_EQ(order_last_list("issuing"), conflict);
    ASSERT_TRUE(revoke(*revoked));
    EXPECT_EQ(order_last_list("issuing"), conflict);
    m_clock.set(expires->not_after() + 999ms); // in its last second
    EXPECT_EQ(order_last_list("issuing"), conflict);
    for (const auto& list : lists()) // and nothing has changed
        EXPECT_FALSE(list.crl.is_last());
    EXPECT_TRUE(issue_new());
}

TEST_F(ListsTest, TheLastListIsTheLast)
{
    initialise_with(2);
    const auto revoked = issue_new();
    const auto expired = issue_new();
    ASSERT_TRUE(revoke(*revoked));
    m_clock.set(expired->not_after() + 1s);
    const auto before = lists();
    EXPECT_EQ(order_last_list("issuing"), std::nullopt);
    reopen(); // whether the lists are there already or not
    const auto last = lists();
    for (std::size_t shard = 0; shard < 2; ++shard) {
        EXPECT_TRUE(last[shard].crl.is_last());
        EXPECT_GT(last[shard].crl.number(), before[shard].crl.number());
        EXPECT_EQ(last[shard].crl.distribution_point(), m_urls[shard]);
    }
    EXPECT_TRUE(last[0].crl.find(revoked->serial()) || last[1].crl.find(revoked->serial()));
    EXPECT_FALSE(last[2].crl.is_last()); // the root's
    EXPECT_EQ(order_last_list("issuing"), conflict);
    m_clock.advance(365 * 24h);
    reopen();
    const auto later = lists();
    for (std::size_t shard = 0; shard < 2; ++shard)
        EXPECT_EQ(later[shard].crl.der(), last[shard].crl.der());
}

TEST_F(ListsTest, AfterItsLastListACaDoesNothing)
{
    initialise_with(1);
    const auto expired = issue_new();
    const auto who = statement(new_signer());
    const auto asked = request(attestation(who, new_spki()), who);
    ASSERT_TRUE(issue(asked));
    // As after a crash between intent and certificate.
    alter("UPDATE certificate SET certificate = NULL WHERE serial = (SELECT serial FROM identity"
          " ORDER BY rowid DESC LIMIT 1)");
    m_clock.set(expired->not_after() + 1s);
    ASSERT_EQ(order_last_list("issuing"), std::nullopt);
    EXPECT_EQ(refusal(issue_new()), gone);
    EXPECT_NE(refusal(issue(asked)), std::nullopt);
    EXPECT_EQ(refusal(revoke(*expired)), gone);
    EXPECT_TRUE(lists()[0].crl.is_last());
    EXPECT_FALSE(lists()[0].crl.find(expired->serial()));
    const auto renewed = m_service->renew_ocsp({});
    ASSERT_TRUE(renewed) << renewed.error().detail;
    ASSERT_EQ(renewed->responders_size(), 1);
    EXPECT_EQ(to_bytes(renewed->responders(0).issuer_certificate()), m_root->der());
}

TEST_F(ListsTest, TheLastListEndsTheCasResponder)
{
    initialise_with(1);
    EXPECT_FALSE(lists()[0].crl.find(m_responder->serial()));
    ASSERT_EQ(order_last_list("issuing"), std::nullopt);
    const auto found = lists()[0].crl.find(m_responder->serial());
    ASSERT_TRUE(found);
    EXPECT_EQ(found->reason, 5); // cessationOfOperation
}

TEST_F(ListsTest, OnlyACaWithListsHasALastOne)
{
    initialise_with(1);
    EXPECT_EQ(order_last_list("access"), invalid_argument);
    EXPECT_EQ(order_last_list("issuing-g2"), invalid_argument);
    EXPECT_EQ(order_last_list("root"), conflict); // its certificates are alive
    EXPECT_FALSE(lists()[1].crl.is_last());
}

TEST_F(ListsTest, AClosedCaCannotBeOpenedByItsFile)
{
    initialise_with(1);
    ASSERT_EQ(order_last_list("issuing"), std::nullopt);
    alter("UPDATE authority SET closed_ms = NULL");
    reopen();
    EXPECT_EQ(m_service->state(), role::State::SUSPENDED);
}

}
}
