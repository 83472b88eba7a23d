#include "floor/pki.h"

#include <array>
#include <cstdlib>
#include <memory>
#include <vector>

#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include "crypto/openssl.h"

namespace qss::bench {

namespace {

using X509Ptr = std::unique_ptr<X509, crypto::Deleter<X509_free>>;
using RequestPtr = std::unique_ptr<OCSP_REQUEST, crypto::Deleter<OCSP_REQUEST_free>>;
using BasicPtr = std::unique_ptr<OCSP_BASICRESP, crypto::Deleter<OCSP_BASICRESP_free>>;
using ResponsePtr = std::unique_ptr<OCSP_RESPONSE, crypto::Deleter<OCSP_RESPONSE_free>>;
using TimePtr = std::unique_ptr<ASN1_TIME, crypto::Deleter<ASN1_TIME_free>>;

void require(bool ok)
{
    if (!ok)
        std::abort();
}

crypto::EvpPkeyPtr new_key()
{
    return crypto::EvpPkeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
}

void name_it(X509_NAME* name, const char* common_name)
{
    const auto* text = reinterpret_cast<const unsigned char*>(common_name);
    require(X509_NAME_add_entry_by_txt(name, "C", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("LV"),
                                       -1, -1, 0) == 1);
    require(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text, -1, -1, 0) == 1);
}

X509Ptr new_certificate(EVP_PKEY* key, const char* common_name)
{
    X509Ptr certificate(X509_new());
    require(X509_set_version(certificate.get(), 2) == 1);
    require(BN_to_ASN1_INTEGER(crypto::BnPtr([] {
                                   auto* number = BN_new();
                                   BN_rand(number, 128, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY);
                                   return number;
                               }())
                                   .get(),
                               X509_get_serialNumber(certificate.get())) != nullptr);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 86'400);
    name_it(X509_get_subject_name(certificate.get()), common_name);
    name_it(X509_get_issuer_name(certificate.get()), "Issuer");
    require(X509_set_pubkey(certificate.get(), key) == 1);
    return certificate;
}

struct Keys {
    crypto::EvpPkeyPtr issuer = new_key();
    crypto::EvpPkeyPtr throw_away = new_key();
    crypto::EvpPkeyPtr subject = new_key();
    X509Ptr certificate = new_certificate(issuer.get(), "Issuer");

    Keys() { require(X509_sign(certificate.get(), issuer.get(), EVP_sha256()) > 0); }
};

const Keys& keys()
{
    static const Keys all;
    return all;
}

std::vector<X509_EXTENSION*> make_extensions()
{
    constexpr std::array<std::pair<int, const char*>, 6> texts{{
        {NID_key_usage, "critical,nonRepudiation"},
        {NID_subject_key_identifier, "hash"},
        {NID_authority_key_identifier, "keyid"},
        {NID_certificate_policies, "0.4.0.194112.1.2"},
        {NID_crl_distribution_points, "URI:http://pki.example.com/crl/issuing.crl"},
        {NID_info_access,
         "OCSP;URI:http://pki.example.com/ocsp,caIssuers;URI:http://pki.example.com/ca/issuing.cer"},
    }};
    auto* issuer = keys().certificate.get();
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, issuer, nullptr, nullptr, 0);
    X509V3_set_ctx_nodb(&context);
    std::vector<X509_EXTENSION*> extensions;
    for (const auto& [nid, value] : texts)
        if (auto* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value))
            extensions.push_back(extension);
    return extensions;
}

}

void make_ocsp_response()
{
    const auto& [issuer, throw_away, subject, certificate] = keys();
    static const RequestPtr request = [] {
        RequestPtr made(OCSP_REQUEST_new());
        OCSP_request_add0_id(made.get(),
                             OCSP_cert_to_id(EVP_sha1(), keys().certificate.get(), keys().certificate.get()));
        OCSP_request_add1_nonce(made.get(), nullptr, 32);
        return made;
    }();
    const BasicPtr basic(OCSP_BASICRESP_new());
    const TimePtr now(X509_gmtime_adj(nullptr, 0));
    const TimePtr next(X509_gmtime_adj(nullptr, 3600));
    auto* id = OCSP_onereq_get0_id(OCSP_request_onereq_get0(request.get(), 0));
    require(OCSP_basic_add1_status(basic.get(), id, V_OCSP_CERTSTATUS_GOOD, 0, nullptr, now.get(),
                                   next.get()) != nullptr);
    require(OCSP_copy_nonce(basic.get(), request.get()) == 1);
    require(OCSP_basic_sign(basic.get(), certificate.get(), issuer.get(), EVP_sha256(), nullptr,
                            OCSP_RESPID_KEY) == 1);
    const ResponsePtr response(OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic.get()));
    unsigned char* der = nullptr;
    require(i2d_OCSP_RESPONSE(response.get(), &der) > 0);
    OPENSSL_free(der);
}

void make_certificate()
{
    const auto& all = keys();
    const auto certificate = new_certificate(all.subject.get(), "Anna Ozola");
    static const auto extensions =
        make_extensions(); // all certificates of a profile have the same, but for two
    for (auto* extension : extensions)
        require(X509_add_ext(certificate.get(), extension, -1) == 1);
    require(X509_sign(certificate.get(), all.throw_away.get(), EVP_sha256()) > 0);
    require(X509_sign(certificate.get(), all.issuer.get(), EVP_sha256()) > 0);
    for (int i = 0; i < 2; ++i)
        require(X509_verify(all.certificate.get(), all.issuer.get()) == 1);
    unsigned char* der = nullptr;
    require(i2d_X509(certificate.get(), &der) > 0);
    OPENSSL_free(der);
}

}
