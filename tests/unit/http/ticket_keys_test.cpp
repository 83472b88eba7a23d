#include "http/ticket_keys.h"

#include <gtest/gtest.h>

#include "http/tls_context.h"

#include "unit/http/test_client.h"

namespace qss::test {
namespace {

// Client and server in memory, so that the clock of the ticket keys can be moved.
class TicketKeysTest : public testing::Test {
protected:
    TicketKeysTest()
    {
        auto& pki = TestPki::instance();
        m_server = std::move(
            *http::TlsContext::create({.certificates = {{pki.file("ecdsa.pem"), pki.file("ecdsa.key")}},
                                       .client_certificate = http::ClientCertificate::none,
                                       .client_ca_file = {}},
                                      m_clock, m_random));
        m_client.reset(SSL_CTX_new(TLS_client_method()));
        SSL_CTX_set_max_proto_version(m_client.get(), TLS1_2_VERSION);
    }

    // Returns the client's session; says whether `resume` was taken.
    SslSessionPtr connect(SSL_SESSION* resume, bool* resumed)
    {
        SslPtr server = std::move(*m_server->accept_on(-1));
        SslPtr client(SSL_new(m_client.get()));
        BIO* client_end = nullptr;
        BIO* server_end = nullptr;
        BIO_new_bio_pair(&client_end, 0, &server_end, 0);
        SSL_set_bio(client.get(), client_end, client_end);
        SSL_set_bio(server.get(), server_end, server_end);
        SSL_set_connect_state(client.get());
        if (resume != nullptr)
            SSL_set_session(client.get(), resume);
        for (int i = 0; i < 10; ++i) {
            SSL_do_handshake(client.get());
            SSL_do_handshake(server.get());
        }
        *resumed = SSL_session_reused(client.get()) == 1;
        SSL_shutdown(client.get());
        return SslSessionPtr(SSL_get1_session(client.get()));
    }

    bool resumes(SSL_SESSION* session)
    {
        bool resumed = false;
        connect(session, &resumed);
        return resumed;
    }

    FakeClock m_clock{from_unix_ms(1'800'000'000'000)};
    SystemRandom m_random;
    std::unique_ptr<http::TlsContext> m_server;
    SslCtxPtr m_client;
};

TEST_F(TicketKeysTest, AKeyOpensForTwoLifetimesThenIsForgotten)
{
    const Milliseconds lifetime(http::ticket_lifetime_s * 1000);
    bool resumed = true;
    const auto session = connect(nullptr, &resumed);
    EXPECT_FALSE(resumed);
    EXPECT_TRUE(resumes(session.get()));
    m_clock.advance(lifetime);
    EXPECT_TRUE(resumes(session.get())) << "the previous key";
    m_clock.advance(lifetime);
    EXPECT_FALSE(resumes(session.get())) << "forgotten";
}

}
}
