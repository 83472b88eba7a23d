#include "http/tls_context.h"

#include <openssl/err.h>

#include "http/ticket_keys.h"

namespace qss::http {

namespace {

constexpr int security_level = 2;         // RSA from 2048 bits, no SHA-1
constexpr int chain_depth_max = 4;
constexpr long peer_chain_size_max = 16 * 1024L;
constexpr const char* groups = "X25519:P-256:P-384:P-521";
constexpr const char* suites_tls_1_2 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:"
    "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* signature_algorithms =
    "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512:"
    "RSA+SHA256:RSA+SHA384:RSA+SHA512";

tl::unexpected<Error> tls_error(const std::string& what)
{
    return fail(ErrorCode::invalid_argument, what + ": " + crypto::openssl_errors());
}

// A client whose certificate is only out of time reaches the application, which says so (401).
int verify_client(int verified, X509_STORE_CTX* store)
{
    const int error = X509_STORE_CTX_get_error(store);
    const bool only_time = error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID;
    if (verified == 1 || !only_time || X509_STORE_CTX_get_error_depth(store) != 0)
        return verified;
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
}

Status use_certificates(SSL_CTX* context, const std::vector<ServerCertificate>& certificates)
{
    if (certificates.empty())
        return fail(ErrorCode::invalid_argument, "a TLS listener needs a certificate");
    for (const auto& certificate : certificates) {
        if (SSL_CTX_use_certificate_chain_file(context, certificate.chain_file.c_str()) != 1)
            return tls_error("certificate " + certificate.chain_file);
        if (SSL_CTX_use_PrivateKey_file(context, certificate.private_key_file.c_str(), SSL_FILETYPE_PEM) !=
                1 ||
            SSL_CTX_check_private_key(context) != 1)
            return tls_error("private key " + certificate.private_key_file);
    }
    return {};
}

Status require_client_certificates(SSL_CTX* context, const std::string& ca_file)
{
    if (SSL_CTX_load_verify_file(context, ca_file.c_str()) != 1)
        return tls_error("client CA " + ca_file);
    STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(ca_file.c_str());
    if (names == nullptr)
        return tls_error("client CA " + ca_file);
    SSL_CTX_set_client_CA_list(context, names); // takes `names`
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, &verify_client);
    SSL_CTX_set_verify_depth(context, chain_depth_max);
    SSL_CTX_set_max_cert_list(context, peer_chain_size_max);
    return {};
}

Status set_policy(SSL_CTX* context)
{
    SSL_CTX_set_security_level(context, security_level);
    // The macros cast const away; copies keep the constants constant.
    std::string group_list(groups);
    std::string signature_algorithm_list(signature_algorithms);
    const bool set = SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
                     SSL_CTX_set1_groups_list(context, group_list.data()) == 1 &&
                     SSL_CTX_set_cipher_list(context, suites_tls_1_2) == 1 &&
                     SSL_CTX_set1_sigalgs_list(context, signature_algorithm_list.data()) == 1 &&
                     SSL_CTX_set_max_early_data(context, 0) == 1;
    if (!set)
        return tls_error("TLS policy");
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    // Readiness decides when to go on: no hidden retries, and no buffers on idle connections.
    SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return {};
}

Status bind_sessions(SSL_CTX* context, Random& random)
{
    // Sessions travel in tickets that keep the client's certificate; nothing is cached here.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_timeout(context, ticket_lifetime_s);
    SSL_CTX_set_num_tickets(context, 1);
    // Each listener has its own, so that no session of another one is taken.
    const auto id = random.bytes(SSL_MAX_SID_CTX_LENGTH);
    if (SSL_CTX_set_session_id_context(context, id.data(), static_cast<unsigned>(id.size())) != 1)
        return tls_error("session id context");
    return {};
}

}

TlsContext::TlsContext(SslCtxPtr context, std::unique_ptr<TicketKeys> keys)
    : m_keys(std::move(keys)), m_context(std::move(context))
{
}

TlsContext::~TlsContext() = default;

Result<std::unique_ptr<TlsContext>> TlsContext::create(const TlsOptions& options, const Clock& clock,
                                                       Random& random)
{
    ERR_clear_error();
    SslCtxPtr context(SSL_CTX_new(TLS_server_method()));
    if (!context)
        return tls_error("TLS context");
    TRY(set_policy(context.get()));
    TRY(use_certificates(context.get(), options.certificates));
    if (options.client_certificate == ClientCertificate::required)
        TRY(require_client_certificates(context.get(), options.client_ca_file));
    TRY(bind_sessions(context.get(), random));
    auto keys = std::make_unique<TicketKeys>(clock, random);
    keys->attach(context.get());
    return std::unique_ptr<TlsContext>(new TlsContext(std::move(context), std::move(keys)));
}

Result<SslPtr> TlsContext::accept_on(int descriptor) const
{
    ERR_clear_error();
    SslPtr ssl(SSL_new(m_context.get()));
    if (!ssl || SSL_set_fd(ssl.get(), descriptor) != 1)
        return fail(ErrorCode::internal, crypto::openssl_errors());
    SSL_set_accept_state(ssl.get());
    return ssl;
}

Result<Bytes> peer_certificate(const SSL* ssl)
{
    const X509* certificate = SSL_get0_peer_certificate(ssl);
    if (certificate == nullptr)
        return Bytes{};
    const int size = i2d_X509(certificate, nullptr);
    if (size <= 0)
        return fail(ErrorCode::internal, crypto::openssl_errors());
    Bytes der(static_cast<std::size_t>(size));
    auto* position = der.data();
    i2d_X509(certificate, &position);
    return der;
}

}
