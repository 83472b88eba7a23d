#include "crypto/keys.h"

#include <array>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base/limits.h"

namespace qss::crypto {

namespace {

bool is_pss(SignatureAlgorithm algorithm)
{
    return algorithm == SignatureAlgorithm::rsa_pss_sha256 ||
           algorithm == SignatureAlgorithm::rsa_pss_sha384 || algorithm == SignatureAlgorithm::rsa_pss_sha512;
}

Status set_scheme(EVP_PKEY_CTX* context, SignatureAlgorithm algorithm, KeyType type)
{
    const auto* md = evp_md(hash_of(algorithm));
    bool ok = EVP_PKEY_CTX_set_signature_md(context, md) == 1;
    if (is_rsa(type)) {
        const int padding = is_pss(algorithm) ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING;
        ok = ok && EVP_PKEY_CTX_set_rsa_padding(context, padding) == 1;
        if (is_pss(algorithm)) // salt as long as the hash (RFC 4055 3.1; TS 119 312 6.2.2)
            ok = ok && EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1 &&
                 EVP_PKEY_CTX_set_rsa_mgf1_md(context, md) == 1;
    }
    if (!ok)
        return fail(ErrorCode::internal, openssl_errors());
    return {};
}

Status check_rsa_exponent(EVP_PKEY* key)
{
    BIGNUM* raw = nullptr;
    if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &raw) != 1)
        return fail(ErrorCode::malformed, openssl_errors());
    const BnPtr exponent(raw);
    if (!BN_is_odd(exponent.get()) || BN_num_bits(exponent.get()) <= 16 || BN_num_bits(exponent.get()) > 256)
        return fail(ErrorCode::invalid_argument, "RSA exponent outside TS 119 312 6.2.2.1");
    return {};
}

Result<KeyType> rsa_type_of(EVP_PKEY* key)
{
    if (!EVP_PKEY_is_a(key, "RSA"))
        return fail(ErrorCode::unsupported, "public key is not RSA, P-256 or P-384");
    TRY(check_rsa_exponent(key));
    switch (EVP_PKEY_get_bits(key)) {
    case 2048: return KeyType::rsa2048;
    case 3072: return KeyType::rsa3072;
    case 4096: return KeyType::rsa4096;
    default: return fail(ErrorCode::unsupported, "RSA modulus is not 2048, 3072 or 4096 bits");
    }
}

// The one form of an EC public key that we take: named curve, uncompressed point (RFC 5480 2). It is
// recognised by its first bytes, so that no general parser runs: OpenSSL's costs more than a verification.
struct EcForm {
    KeyType type;
    const char* group;
    ByteView prefix;        // of the SubjectPublicKeyInfo, up to the point
    std::size_t point_size; // 04 || x || y
};

constexpr std::uint8_t p256_prefix[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48,
                                        0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
                                        0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};
constexpr std::uint8_t p384_prefix[] = {0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2A, 0x86,
                                        0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x05, 0x2B,
                                        0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00};
constexpr std::array ec_forms = {EcForm{KeyType::p256, "P-256", p256_prefix, 65},
                                 EcForm{KeyType::p384, "P-384", p384_prefix, 97}};
constexpr std::uint8_t uncompressed = 0x04;

const EcForm* ec_form_of(ByteView spki)
{
    for (const auto& form : ec_forms)
        if (spki.size() == form.prefix.size() + form.point_size &&
            equal_public(spki.first(form.prefix.size()), form.prefix) &&
            spki[form.prefix.size()] == uncompressed)
            return &form;
    return nullptr;
}

// A key with a curve and no point.
EvpPkeyPtr make_curve(const char* group)
{
    const EvpPkeyCtxPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
    std::string name(group); // the parameter's type has no const
    std::array parameters = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name.data(), 0),
                             OSSL_PARAM_construct_end()};
    EVP_PKEY* key = nullptr;
    const bool made = context && EVP_PKEY_fromdata_init(context.get()) == 1 &&
                      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEY_PARAMETERS, parameters.data()) == 1;
    QSS_ASSERT(made);
    return EvpPkeyPtr(key);
}

Result<EvpPkeyPtr> ec_key(const EcForm& form, ByteView point)
{
    static const EvpPkeyPtr p256 = make_curve("P-256");
    static const EvpPkeyPtr p384 = make_curve("P-384");
    EvpPkeyPtr key(EVP_PKEY_new());
    if (!key || EVP_PKEY_copy_parameters(key.get(), (form.type == KeyType::p256 ? p256 : p384).get()) != 1)
        return fail(ErrorCode::internal, openssl_errors());
    if (EVP_PKEY_set1_encoded_public_key(key.get(), point.data(), point.size()) != 1)
        return fail(ErrorCode::invalid_argument, "public key is not on its curve: " + openssl_errors());
    // Quick: on the curve and not the point at infinity, which is all there is to check where the
    // cofactor is 1 (SP 800-56A 5.6.2.3.4); the full check would multiply by the order at each load.
    const EvpPkeyCtxPtr context(EVP_PKEY_CTX_new(key.get(), nullptr));
    if (!context || EVP_PKEY_public_check_quick(context.get()) != 1)
        return fail(ErrorCode::invalid_argument, "public key is not on its curve");
    return key;
}

EvpPkeyPtr generate_rsa(int bits, const std::stop_token& give_up)
{
    const EvpPkeyCtxPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
    if (!context || EVP_PKEY_keygen_init(context.get()) != 1 ||
        EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), bits) != 1)
        return {};
    auto asked = give_up; // app data has no const
    EVP_PKEY_CTX_set_app_data(context.get(), &asked);
    EVP_PKEY_CTX_set_cb(context.get(), [](EVP_PKEY_CTX* c) { // called for each candidate; 0 ends it
        return static_cast<std::stop_token*>(EVP_PKEY_CTX_get_app_data(c))->stop_requested() ? 0 : 1;
    });
    EVP_PKEY* key = nullptr;
    (void)EVP_PKEY_generate(context.get(), &key);
    return EvpPkeyPtr(key);
}

// ECDSA-Sig-Value as DER has it and nothing after: OpenSSL's own parser takes some BER.
Status check_strict_ecdsa(ByteView signature)
{
    const auto* cursor = signature.data();
    ECDSA_SIG* raw = d2i_ECDSA_SIG(nullptr, &cursor, static_cast<long>(signature.size()));
    const std::unique_ptr<ECDSA_SIG, Deleter<ECDSA_SIG_free>> parsed(raw);
    unsigned char* out = nullptr;
    const int size = parsed ? i2d_ECDSA_SIG(parsed.get(), &out) : 0;
    const std::unique_ptr<unsigned char, decltype([](unsigned char* p) { OPENSSL_free(p); })> encoded(out);
    if (size <= 0 || !equal_public({encoded.get(), static_cast<std::size_t>(size)}, signature))
        return fail(ErrorCode::verification_failed, "ECDSA signature is not DER");
    return {};
}

}

PublicKey::PublicKey(EvpPkeyPtr key, KeyType type, Bytes spki)
    : m_key(std::move(key)), m_type(type), m_spki(std::move(spki))
{
}

Result<PublicKey> PublicKey::from_spki(ByteView der)
{
    if (der.size() > limits::spki_size)
        return fail(ErrorCode::too_large, "public key");
    if (const auto* form = ec_form_of(der)) {
        TRY_ASSIGN(key, ec_key(*form, der.subspan(form->prefix.size())));
        return PublicKey(std::move(key), form->type, to_bytes(der));
    }
    const auto* cursor = der.data();
    EvpPkeyPtr key(d2i_PUBKEY(nullptr, &cursor, static_cast<long>(der.size())));
    if (!key || cursor != der.data() + der.size())
        return fail(ErrorCode::malformed, "SubjectPublicKeyInfo: " + openssl_errors());
    TRY_ASSIGN(type, rsa_type_of(key.get()));
    return PublicKey(std::move(key), type, to_bytes(der));
}

Result<PublicKey> PublicKey::from_p256_coordinates(ByteView x, ByteView y)
{
    if (x.size() != 32 || y.size() != 32)
        return fail(ErrorCode::malformed, "P-256 coordinates are 32 bytes");
    return from_spki(concat({p256_prefix, {&uncompressed, 1}, x, y}));
}

Status PublicKey::verify(SignatureAlgorithm algorithm, const Digest& digest, ByteView signature) const
{
    if (!fits(algorithm, m_type) || digest.algorithm() != hash_of(algorithm))
        return fail(ErrorCode::verification_failed, "algorithm does not fit the key or the digest");
    if (signature.empty() || signature.size() > limits::signature_size)
        return fail(ErrorCode::verification_failed, "signature length");
    if (!is_rsa(m_type))
        TRY(check_strict_ecdsa(signature));
    EvpPkeyCtxPtr context(EVP_PKEY_CTX_new(m_key.get(), nullptr));
    if (!context || EVP_PKEY_verify_init(context.get()) != 1)
        return fail(ErrorCode::internal, openssl_errors());
    TRY(set_scheme(context.get(), algorithm, m_type));
    const auto hash = digest.bytes();
    if (EVP_PKEY_verify(context.get(), signature.data(), signature.size(), hash.data(), hash.size()) != 1) {
        openssl_errors();
        return fail(ErrorCode::verification_failed, "signature does not verify");
    }
    return {};
}

PrivateKey::PrivateKey(EvpPkeyPtr key, PublicKey public_key)
    : m_key(std::move(key)), m_public(std::move(public_key))
{
}

Result<PrivateKey> PrivateKey::from_handle(EvpPkeyPtr key)
{
    unsigned char* out = nullptr;
    const int size = i2d_PUBKEY(key.get(), &out);
    if (size <= 0)
        return fail(ErrorCode::internal, openssl_errors());
    const Bytes spki(out, out + size);
    OPENSSL_free(out);
    TRY_ASSIGN(public_key, PublicKey::from_spki(spki));
    return PrivateKey(std::move(key), std::move(public_key));
}

Result<PrivateKey> PrivateKey::generate(KeyType type, const std::stop_token& give_up)
{
    std::string group(type == KeyType::p256 ? "P-256" : "P-384"); // EVP_EC_gen would cast const away
    EvpPkeyPtr key(is_rsa(type) ? generate_rsa(rsa_bits(type), give_up)
                                : EvpPkeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", group.data())));
    if (!key && give_up.stop_requested()) {
        openssl_errors();
        return fail(ErrorCode::unavailable, "making the key was given up");
    }
    if (!key)
        return fail(ErrorCode::internal, openssl_errors());
    return from_handle(std::move(key));
}

Result<PrivateKey> PrivateKey::from_pkcs8(ByteView der)
{
    const auto* cursor = der.data();
    EvpPkeyPtr key(d2i_AutoPrivateKey(nullptr, &cursor, static_cast<long>(der.size())));
    if (!key || cursor != der.data() + der.size())
        return fail(ErrorCode::malformed, "private key: " + openssl_errors());
    return from_handle(std::move(key));
}

Result<PrivateKey> PrivateKey::from_pem(std::string_view pem)
{
    const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    EvpPkeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
    if (!key)
        return fail(ErrorCode::malformed, "private key: " + openssl_errors());
    return from_handle(std::move(key));
}

Result<Bytes> Signer::sign(SignatureAlgorithm algorithm, const Digest& digest) const
{
    TRY_ASSIGN(signatures, sign_each(algorithm, {&digest, 1}));
    return std::move(signatures.front());
}

// The context is set up once: that costs a third of a P-256 signature.
Result<std::vector<Bytes>> PrivateKey::sign_each(SignatureAlgorithm algorithm,
                                                 std::span<const Digest> digests) const
{
    const EvpPkeyCtxPtr context(EVP_PKEY_CTX_new(m_key.get(), nullptr));
    if (!fits(algorithm, type()))
        return fail(ErrorCode::invalid_argument, "algorithm does not fit the key");
    if (!context || EVP_PKEY_sign_init(context.get()) != 1)
        return fail(ErrorCode::internal, openssl_errors());
    TRY(set_scheme(context.get(), algorithm, type()));
    std::vector<Bytes> signatures;
    signatures.reserve(digests.size());
    for (const auto& digest : digests) {
        if (digest.algorithm() != hash_of(algorithm))
            return fail(ErrorCode::invalid_argument, "algorithm does not fit the digest");
        const auto hash = digest.bytes();
        auto size = static_cast<std::size_t>(EVP_PKEY_get_size(m_key.get()));
        Bytes signature(size);
        if (EVP_PKEY_sign(context.get(), signature.data(), &size, hash.data(), hash.size()) != 1)
            return fail(ErrorCode::internal, openssl_errors());
        signature.resize(size);
        signatures.push_back(std::move(signature));
    }
    return signatures;
}

Secret PrivateKey::to_pkcs8() const
{
    PKCS8_PRIV_KEY_INFO* raw = EVP_PKEY2PKCS8(m_key.get());
    const std::unique_ptr<PKCS8_PRIV_KEY_INFO, Deleter<PKCS8_PRIV_KEY_INFO_free>> info(raw);
    QSS_ASSERT(info != nullptr);
    unsigned char* out = nullptr;
    const int size = i2d_PKCS8_PRIV_KEY_INFO(info.get(), &out);
    QSS_ASSERT(size > 0);
    Bytes der(out, out + size);
    OPENSSL_clear_free(out, static_cast<std::size_t>(size));
    return Secret(std::move(der));
}

Secret PrivateKey::to_pem() const
{
    const BioPtr bio(BIO_new(BIO_s_mem()));
    const int ok =
        PEM_write_bio_PKCS8PrivateKey(bio.get(), m_key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    QSS_ASSERT(ok == 1);
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    Bytes pem(data, data + size);
    wipe(data, static_cast<std::size_t>(size));
    return Secret(std::move(pem));
}

}
