#include "webauthn/packed.h"

#include <chrono>

#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "base/limits.h"
#include "crypto/openssl.h"

namespace qss::webauthn {

namespace {

using crypto::Deleter;
using crypto::X509Ptr;
using StorePtr = std::unique_ptr<X509_STORE, Deleter<X509_STORE_free>>;
using StoreCtxPtr = std::unique_ptr<X509_STORE_CTX, Deleter<X509_STORE_CTX_free>>;
using ObjectPtr = std::unique_ptr<ASN1_OBJECT, Deleter<ASN1_OBJECT_free>>;

struct StackDeleter {
    void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); } // the certificates stay
};
using StackPtr = std::unique_ptr<STACK_OF(X509), StackDeleter>;

constexpr const char* aaguid_oid = "1.3.6.1.4.1.45724.1.1.4"; // id-fido-gen-ce-aaguid
constexpr std::size_t aaguid_size = 16;

Status refuse(std::string detail)
{
    return fail(ErrorCode::verification_failed, "attestation certificate: " + std::move(detail));
}

Result<X509Ptr> parse(ByteView der)
{
    if (der.size() > limits::certificate_size)
        return fail(ErrorCode::verification_failed, "attestation certificate: too large");
    const auto* cursor = der.data();
    X509Ptr certificate(d2i_X509(nullptr, &cursor, static_cast<long>(der.size())));
    if (!certificate || cursor != der.data() + der.size()) {
        crypto::openssl_errors();
        return fail(ErrorCode::verification_failed, "attestation certificate: not one");
    }
    return certificate;
}

// The one value of an attribute; empty if there is none or more than one.
std::string subject_value(X509* certificate, int nid)
{
    const auto* name = X509_get_subject_name(certificate);
    const int at = X509_NAME_get_index_by_NID(name, nid, -1);
    if (at < 0 || X509_NAME_get_index_by_NID(name, nid, at) >= 0)
        return {};
    unsigned char* utf8 = nullptr;
    const int size = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    if (size < 0)
        return {};
    std::string value(utf8, utf8 + size);
    OPENSSL_free(utf8);
    return value;
}

Status check_subject(X509* certificate)
{
    const auto country = subject_value(certificate, NID_countryName);
    const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
    if (country.size() != 2 || !is_upper(country[0]) || !is_upper(country[1]))
        return refuse("subject country (8.2.1)");
    if (subject_value(certificate, NID_organizationName).empty() ||
        subject_value(certificate, NID_commonName).empty())
        return refuse("subject organisation or common name (8.2.1)");
    if (subject_value(certificate, NID_organizationalUnitName) != "Authenticator Attestation")
        return refuse("subject organisational unit (8.2.1)");
    return {};
}

// Not critical; an OCTET STRING inside the extension's own. Absent in certificates of one model.
Status check_aaguid_extension(X509* certificate, ByteView aaguid)
{
    const ObjectPtr oid(OBJ_txt2obj(aaguid_oid, 1));
    const int at = X509_get_ext_by_OBJ(certificate, oid.get(), -1);
    if (at < 0)
        return {};
    auto* extension = X509_get_ext(certificate, at);
    const auto* value = X509_EXTENSION_get_data(extension);
    const ByteView content(ASN1_STRING_get0_data(value), static_cast<std::size_t>(ASN1_STRING_length(value)));
    if (X509_EXTENSION_get_critical(extension) != 0)
        return refuse("AAGUID extension is critical (8.2.1)");
    const bool shape = content.size() == aaguid_size + 2 && content[0] == 0x04 && content[1] == aaguid_size;
    if (!shape || !equal_public(content.last(aaguid_size), aaguid))
        return refuse("is for another model (AAGUID, 8.2)");
    return {};
}

// 8.2.1.
Status check_requirements(X509* certificate, ByteView aaguid)
{
    if (X509_get_version(certificate) != X509_VERSION_3)
        return refuse("version (8.2.1)");
    TRY(check_subject(certificate));
    const auto flags = X509_get_extension_flags(certificate);
    if ((flags & EXFLAG_INVALID) != 0 || (flags & EXFLAG_BCONS) == 0 || (flags & EXFLAG_CA) != 0)
        return refuse("basic constraints must be there and not a CA's (8.2.1)");
    return check_aaguid_extension(certificate, aaguid);
}

Status check_chain(const std::vector<X509Ptr>& chain, std::span<const Bytes> anchors, TimePoint now)
{
    const StorePtr store(X509_STORE_new());
    for (const auto& der : anchors) {
        TRY_ASSIGN(anchor, parse(der));
        if (X509_STORE_add_cert(store.get(), anchor.get()) != 1)
            return fail(ErrorCode::internal, crypto::openssl_errors());
    }
    const StackPtr intermediates(sk_X509_new_null());
    for (std::size_t i = 1; i < chain.size(); ++i)
        if (sk_X509_push(intermediates.get(), chain[i].get()) <= 0)
            return fail(ErrorCode::internal, "out of memory");
    const StoreCtxPtr context(X509_STORE_CTX_new());
    if (X509_STORE_CTX_init(context.get(), store.get(), chain.front().get(), intermediates.get()) != 1)
        return fail(ErrorCode::internal, crypto::openssl_errors());
    auto* parameters = X509_STORE_CTX_get0_param(context.get());
    // An anchor need not be a root: it is trusted because the ceremony says so.
    X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
    X509_VERIFY_PARAM_set_auth_level(parameters, 2); // 112 bits
    X509_VERIFY_PARAM_set_time(parameters,
                               std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
    if (X509_verify_cert(context.get()) != 1) {
        const auto* reason = X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()));
        crypto::openssl_errors();
        return refuse(std::string("no path to an accepted root: ") + reason);
    }
    return {};
}

}

Status check_attestation_chain(const PackedStatement& statement, const crypto::Digest& signed_digest,
                               ByteView aaguid, std::span<const Bytes> anchors, TimePoint now)
{
    std::vector<X509Ptr> chain;
    for (const auto& der : statement.x5c) {
        TRY_ASSIGN(certificate, parse(der));
        chain.push_back(std::move(certificate));
    }
    if (chain.empty() || anchors.empty())
        return refuse("no path to an accepted root");
    TRY(check_requirements(chain.front().get(), aaguid));
    TRY(check_chain(chain, anchors, now));
    unsigned char* out = nullptr;
    const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(chain.front().get()), &out);
    if (size <= 0)
        return refuse("public key");
    const Bytes spki(out, out + size);
    OPENSSL_free(out);
    const auto key = crypto::PublicKey::from_spki(spki);
    if (!key || key->type() != crypto::KeyType::p256)
        return refuse("key is not ES256");
    return key->verify(crypto::SignatureAlgorithm::ecdsa_sha256, signed_digest, statement.signature);
}

}
