#include "floor/timestamp.h"

#include <cstdlib>
#include <memory>
#include <vector>

#include <openssl/ts.h>
#include <openssl/x509v3.h>

#include "crypto/openssl.h"

namespace qss::bench {

namespace {

using X509Ptr = std::unique_ptr<X509, crypto::Deleter<X509_free>>;
using RequestPtr = std::unique_ptr<TS_REQ, crypto::Deleter<TS_REQ_free>>;
using ResponsePtr = std::unique_ptr<TS_RESP, crypto::Deleter<TS_RESP_free>>;
using ContextPtr = std::unique_ptr<TS_RESP_CTX, crypto::Deleter<TS_RESP_CTX_free>>;

void require(bool ok)
{
    if (!ok)
        std::abort();
}

X509Ptr make_certificate(EVP_PKEY* key)
{
    X509Ptr certificate(X509_new());
    require(X509_set_version(certificate.get(), 2) == 1);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 86'400);
    const auto* text = reinterpret_cast<const unsigned char*>("Time-stamping unit");
    for (auto* name : {X509_get_subject_name(certificate.get()), X509_get_issuer_name(certificate.get())})
        require(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text, -1, -1, 0) == 1);
    require(X509_set_pubkey(certificate.get(), key) == 1);
    for (const auto& [nid, value] : {std::pair(NID_key_usage, "critical,digitalSignature"),
                                     std::pair(NID_ext_key_usage, "critical,timeStamping")}) {
        auto* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value);
        require(extension != nullptr && X509_add_ext(certificate.get(), extension, -1) == 1);
        X509_EXTENSION_free(extension);
    }
    require(X509_sign(certificate.get(), key, EVP_sha256()) > 0);
    return certificate;
}

std::vector<unsigned char> make_request()
{
    const RequestPtr request(TS_REQ_new());
    const std::unique_ptr<TS_MSG_IMPRINT, crypto::Deleter<TS_MSG_IMPRINT_free>> imprint(TS_MSG_IMPRINT_new());
    const std::unique_ptr<X509_ALGOR, crypto::Deleter<X509_ALGOR_free>> algorithm(X509_ALGOR_new());
    const std::unique_ptr<ASN1_INTEGER, crypto::Deleter<ASN1_INTEGER_free>> nonce(ASN1_INTEGER_new());
    X509_ALGOR_set_md(algorithm.get(), EVP_sha256());
    std::vector<unsigned char> digest(32, 7);
    require(ASN1_INTEGER_set_uint64(nonce.get(), 0x1122334455667788) == 1);
    require(TS_MSG_IMPRINT_set_algo(imprint.get(), algorithm.get()) == 1 &&
            TS_MSG_IMPRINT_set_msg(imprint.get(), digest.data(), static_cast<int>(digest.size())) == 1 &&
            TS_REQ_set_version(request.get(), 1) == 1 &&
            TS_REQ_set_msg_imprint(request.get(), imprint.get()) == 1 &&
            TS_REQ_set_nonce(request.get(), nonce.get()) == 1 && TS_REQ_set_cert_req(request.get(), 1) == 1);
    std::vector<unsigned char> der(static_cast<std::size_t>(i2d_TS_REQ(request.get(), nullptr)));
    auto* cursor = der.data();
    i2d_TS_REQ(request.get(), &cursor);
    return der;
}

ASN1_INTEGER* next_serial(TS_RESP_CTX*, void*)
{
    static std::uint64_t serial = 0;
    auto* number = ASN1_INTEGER_new();
    ASN1_INTEGER_set_uint64(number, ++serial);
    return number;
}

ContextPtr make_context(EVP_PKEY* key)
{
    ContextPtr context(TS_RESP_CTX_new());
    const auto certificate = make_certificate(key);
    const std::unique_ptr<ASN1_OBJECT, crypto::Deleter<ASN1_OBJECT_free>> policy(OBJ_txt2obj("1.2.3.4.1", 1));
    require(TS_RESP_CTX_set_signer_cert(context.get(), certificate.get()) == 1 &&
            TS_RESP_CTX_set_signer_key(context.get(), key) == 1 &&
            TS_RESP_CTX_set_signer_digest(context.get(), EVP_sha256()) == 1 &&
            TS_RESP_CTX_set_ess_cert_id_digest(context.get(), EVP_sha256()) == 1 &&
            TS_RESP_CTX_set_def_policy(context.get(), policy.get()) == 1 &&
            TS_RESP_CTX_add_md(context.get(), EVP_sha256()) == 1 &&
            TS_RESP_CTX_set_accuracy(context.get(), 0, 500, 0) == 1 &&
            TS_RESP_CTX_set_clock_precision_digits(context.get(), 3) == 1);
    TS_RESP_CTX_add_flags(context.get(), TS_TSA_NAME);
    TS_RESP_CTX_set_serial_cb(context.get(), next_serial, nullptr);
    return context;
}

}

void make_timestamp(EVP_PKEY* key)
{
    static const auto context = make_context(key);
    static const auto request = make_request();
    const crypto::BioPtr bio(BIO_new_mem_buf(request.data(), static_cast<int>(request.size())));
    const ResponsePtr response(TS_RESP_create_response(context.get(), bio.get()));
    require(response != nullptr && TS_RESP_get_token(response.get()) != nullptr);
    unsigned char* der = nullptr;
    require(i2d_TS_RESP(response.get(), &der) > 0);
    OPENSSL_free(der);
}

}
