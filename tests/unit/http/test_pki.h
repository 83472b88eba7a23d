// Certificates for the TLS tests, made with OpenSSL alone: two CAs, server certificates with RSA and
// P-256 keys, client certificates that are good, expired, or of the other CA.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "crypto/openssl.h"

namespace qss::test {

struct KeyAndCertificate {
    crypto::EvpPkeyPtr key;
    crypto::X509Ptr certificate;
};

enum class Use { ca, server, client };

class TestPki {
public:
    static TestPki& instance()
    {
        static TestPki pki;
        return pki;
    }

    [[nodiscard]] std::string file(const std::string& name) const { return (m_directory / name).string(); }

    KeyAndCertificate access_ca = issue(nullptr, "access CA", Use::ca, p256(), -1, 10);
    KeyAndCertificate foreign_ca = issue(nullptr, "foreign CA", Use::ca, p256(), -1, 10);
    KeyAndCertificate server_ecdsa = issue(&access_ca, "localhost", Use::server, p256(), -1, 10);
    KeyAndCertificate server_rsa = issue(&access_ca, "localhost", Use::server, rsa(), -1, 10);
    KeyAndCertificate client = issue(&access_ca, "client", Use::client, p256(), -1, 10);
    KeyAndCertificate expired_client = issue(&access_ca, "expired", Use::client, p256(), -10, -1);
    KeyAndCertificate expired_foreign_client = issue(&foreign_ca, "expired", Use::client, p256(), -10, -1);
    KeyAndCertificate foreign_client = issue(&foreign_ca, "client", Use::client, p256(), -1, 10);
    KeyAndCertificate not_for_clients = issue(&access_ca, "server", Use::server, p256(), -1, 10);

private:
    TestPki()
    {
        std::string pattern = (std::filesystem::temp_directory_path() / "qss-http-XXXXXX").string();
        m_directory = mkdtemp(pattern.data());
        write("access-ca.pem", access_ca, nullptr);
        write("ecdsa.pem", server_ecdsa, "ecdsa.key");
        write("rsa.pem", server_rsa, "rsa.key");
    }
    ~TestPki() { std::filesystem::remove_all(m_directory); }

    static crypto::EvpPkeyPtr p256()
    {
        return crypto::EvpPkeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
    }
    static crypto::EvpPkeyPtr rsa()
    {
        return crypto::EvpPkeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048}));
    }

    static void extend(X509* certificate, int nid, const char* value)
    {
        X509V3_CTX context;
        X509V3_set_ctx_nodb(&context);
        X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
        X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
        X509_add_ext(certificate, extension, -1);
        X509_EXTENSION_free(extension);
    }

    static KeyAndCertificate issue(const KeyAndCertificate* ca, const char* name, Use use,
                                   crypto::EvpPkeyPtr key, long from_days, long to_days)
    {
        static long serial = 1;
        crypto::X509Ptr certificate(X509_new());
        X509_set_version(certificate.get(), X509_VERSION_3);
        ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial++);
        X509_gmtime_adj(X509_getm_notBefore(certificate.get()), from_days * 86'400L);
        X509_gmtime_adj(X509_getm_notAfter(certificate.get()), to_days * 86'400L);
        X509_set_pubkey(certificate.get(), key.get());
        X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
        const X509* issuer = ca != nullptr ? ca->certificate.get() : certificate.get();
        X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer));
        extend(certificate.get(), NID_basic_constraints, use == Use::ca ? "critical,CA:TRUE" : "CA:FALSE");
        if (use != Use::ca)
            extend(certificate.get(), NID_ext_key_usage, use == Use::server ? "serverAuth" : "clientAuth");
        if (use == Use::server)
            extend(certificate.get(), NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
        X509_sign(certificate.get(), ca != nullptr ? ca->key.get() : key.get(), EVP_sha256());
        return {std::move(key), std::move(certificate)};
    }

    void write(const std::string& certificate_name, const KeyAndCertificate& pair, const char* key_name) const
    {
        const crypto::BioPtr certificate(BIO_new_file(file(certificate_name).c_str(), "w"));
        PEM_write_bio_X509(certificate.get(), pair.certificate.get());
        if (key_name == nullptr)
            return;
        const crypto::BioPtr key(BIO_new_file(file(key_name).c_str(), "w"));
        PEM_write_bio_PrivateKey(key.get(), pair.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    }

    std::filesystem::path m_directory;
};

}
