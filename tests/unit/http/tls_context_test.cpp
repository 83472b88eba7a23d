#include "unit/http/server_fixture.h"

namespace qss::test {
namespace {

constexpr const char* get_x = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n";

// The handshake, in TLS 1.3, ends for the client before the server has seen its certificate.
bool is_served(TestClient& client)
{
    return client.connected() && client.ask(get_x).status == 200;
}

class TlsTest : public ServerTest {
protected:
    TestPki& m_pki = TestPki::instance();
    std::uint16_t m_port = listen_tls();
};

TEST_F(TlsTest, MutualTlsInBothVersions)
{
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        TestClient client(m_port, {.certificate = &m_pki.client, .version = version});
        ASSERT_TRUE(client.connected());
        EXPECT_EQ(client.ask(get_x).body, "GET /x  [certificate]");
        EXPECT_EQ(client.ask(get_x).body, "GET /x  [certificate]");
    }
}

TEST_F(TlsTest, HandlerGetsTheCertificateItself)
{
    TestClient client(m_port, {.certificate = &m_pki.client});
    client.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
    auto waiting = next_waiting();
    unsigned char* der = nullptr;
    const int size = i2d_X509(m_pki.client.certificate.get(), &der);
    EXPECT_TRUE(equal_public(waiting.request.peer_certificate, {der, static_cast<std::size_t>(size)}));
    OPENSSL_free(der);
    waiting.responder(http::Response{});
}

TEST_F(TlsTest, OldVersionsAreRefused)
{
    // SSL_CTX_set_cipher_list: a security level of 0 lets this client speak TLS 1.1 at all.
    TestClient client(
        m_port, {.certificate = &m_pki.client, .version = TLS1_1_VERSION, .ciphers = "ALL:@SECLEVEL=0"});
    EXPECT_FALSE(client.connected());
}

TEST_F(TlsTest, NoCertificateIsAnAlert)
{
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        TestClient client(m_port, {.version = version});
        EXPECT_FALSE(is_served(client));
        EXPECT_FALSE(client.timed_out());
    }
}

TEST_F(TlsTest, CertificatesOfAnotherCaOrPurposeAreAlerts)
{
    for (const auto* certificate :
         {&m_pki.foreign_client, &m_pki.expired_foreign_client, &m_pki.not_for_clients}) {
        for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
            TestClient client(m_port, {.certificate = certificate, .version = version});
            EXPECT_FALSE(is_served(client));
            EXPECT_FALSE(client.timed_out());
        }
    }
}

TEST_F(TlsTest, AnExpiredCertificateIsTheApplicationsToJudge)
{
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        TestClient client(m_port, {.certificate = &m_pki.expired_client, .version = version});
        EXPECT_EQ(client.ask(get_x).body, "GET /x  [certificate]");
    }
}

TEST_F(TlsTest, ResumedSessionsStillCarryTheCertificate)
{
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        for (const auto* certificate : {&m_pki.client, &m_pki.expired_client}) {
            TestClient first(m_port, {.certificate = certificate, .version = version});
            const auto body = first.ask(get_x).body;
            const auto session = first.session();
            ASSERT_EQ(SSL_SESSION_is_resumable(session.get()), 1);
            EXPECT_LE(SSL_SESSION_get_ticket_lifetime_hint(session.get()), 1800U);
            EXPECT_EQ(SSL_SESSION_get_max_early_data(session.get()), 0U);

            TestClient again(m_port,
                             {.certificate = certificate, .version = version, .resume = session.get()});
            EXPECT_EQ(again.ask(get_x).body, body);
            EXPECT_EQ(SSL_session_reused(again.ssl()), 1);
        }
    }
}

TEST_F(TlsTest, ResumedSessionsGetNoNewTicket)
{
    TestClient first(m_port, {.certificate = &m_pki.client, .version = TLS1_3_VERSION});
    EXPECT_EQ(first.ask(get_x).status, 200);
    const auto session = first.session();
    int tickets = 0;
    TestClient again(m_port,
                     {.certificate = &m_pki.client, .version = TLS1_3_VERSION, .resume = session.get()});
    SSL_CTX* context = SSL_get_SSL_CTX(again.ssl());
    SSL_CTX_set_app_data(context, &tickets);
    SSL_CTX_sess_set_new_cb(context, [](SSL* ssl, SSL_SESSION*) {
        ++*static_cast<int*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
        return 0;
    });
    EXPECT_EQ(again.ask(get_x).status, 200);
    EXPECT_EQ(SSL_session_reused(again.ssl()), 1);
    EXPECT_EQ(tickets, 0);
}

TEST_F(TlsTest, SessionsBelongToOneListener)
{
    const auto other_port = listen_tls();
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        TestClient first(m_port, {.certificate = &m_pki.client, .version = version});
        EXPECT_EQ(first.ask(get_x).status, 200);
        const auto session = first.session();
        TestClient other(other_port,
                         {.certificate = &m_pki.client, .version = version, .resume = session.get()});
        EXPECT_TRUE(is_served(other));
        EXPECT_EQ(SSL_session_reused(other.ssl()), 0);
    }
}

TEST_F(TlsTest, RsaOnlyClientsAreServed)
{
    // Go's clients that pin TLS 1.2, RSA and NIST curves.
    TestClient client(m_port, {.certificate = &m_pki.client,
                               .version = TLS1_2_VERSION,
                               .ciphers = "ECDHE-RSA-AES256-GCM-SHA384",
                               .groups = "P-521:P-384:P-256"});
    ASSERT_TRUE(is_served(client));
    EXPECT_EQ(EVP_PKEY_get_base_id(X509_get0_pubkey(SSL_get0_peer_certificate(client.ssl()))), EVP_PKEY_RSA);
}

TEST_F(TlsTest, OthersGetTheEcdsaCertificate)
{
    TestClient client(m_port, {.certificate = &m_pki.client});
    ASSERT_TRUE(is_served(client));
    EXPECT_EQ(EVP_PKEY_get_base_id(X509_get0_pubkey(SSL_get0_peer_certificate(client.ssl()))), EVP_PKEY_EC);
}

TEST_F(TlsTest, WeakSuitesAreRefused)
{
    for (const auto* ciphers : {"AES256-GCM-SHA384", "ECDHE-RSA-AES256-SHA", "DHE-RSA-AES256-GCM-SHA384"}) {
        TestClient client(m_port,
                          {.certificate = &m_pki.client, .version = TLS1_2_VERSION, .ciphers = ciphers});
        EXPECT_FALSE(client.connected()) << ciphers;
    }
}

TEST_F(TlsTest, NoRenegotiation)
{
    TestClient client(m_port, {.certificate = &m_pki.client, .version = TLS1_2_VERSION});
    ASSERT_TRUE(is_served(client));
    SSL_renegotiate(client.ssl());
    EXPECT_NE(SSL_do_handshake(client.ssl()), 1);
}

TEST_F(TlsTest, PlainHttpOnATlsPortIsClosed)
{
    TestClient client(m_port);
    EXPECT_EQ(client.ask(get_x).status, 0);
    EXPECT_FALSE(client.timed_out());
}

TEST_F(TlsTest, ListenerWithoutClientCertificatesAsksForNone)
{
    auto options = quick();
    options.tls = mutual_tls();
    options.tls->client_certificate = http::ClientCertificate::none;
    TestClient client(listen(options), {.certificate = &m_pki.client});
    EXPECT_EQ(client.ask(get_x).body, "GET /x ");
}

}
}
