// Asymmetric keys over OpenSSL's EVP: generate, load, sign a digest, verify. `PrivateKey` keeps a
// warm EVP_PKEY (loading one for each signature was measured up to 18 times slower). Sign and verify
// are safe from any thread on one key.
#pragma once

#include <functional>
#include <span>
#include <stop_token>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"
#include "crypto/algorithms.h"
#include "crypto/digest.h"
#include "crypto/openssl.h"

namespace qss::crypto {

class PublicKey {
public:
    // DER SubjectPublicKeyInfo (RFC 5280 4.1.2.7); only the types of `KeyType`, RSA with an odd
    // exponent above 2^16 (TS 119 312 6.2.2.1), curve points uncompressed and on the curve.
    static Result<PublicKey> from_spki(ByteView der);
    // A point on P-256, as WebAuthn has it in COSE keys.
    static Result<PublicKey> from_p256_coordinates(ByteView x, ByteView y);

    [[nodiscard]] KeyType type() const { return m_type; }
    [[nodiscard]] const Bytes& spki() const { return m_spki; } // DER
    // verification_failed when the signature does not hold. ECDSA signatures are strict DER.
    [[nodiscard]] Status verify(SignatureAlgorithm algorithm, const Digest& digest, ByteView signature) const;

    [[nodiscard]] EVP_PKEY* handle() const { return m_key.get(); }

private:
    PublicKey(EvpPkeyPtr key, KeyType type, Bytes spki);
    EvpPkeyPtr m_key;
    KeyType m_type;
    Bytes m_spki;
};

// What signs without giving the key away: implemented by key stores; taken by `pki`.
class Signer {
public:
    virtual ~Signer() = default;
    [[nodiscard]] virtual const PublicKey& public_key() const = 0;
    // One signature for each digest, in order. RSA: as long as the modulus. ECDSA: DER ECDSA-Sig-Value
    // (RFC 3279 2.2.3).
    virtual Result<std::vector<Bytes>> sign_each(SignatureAlgorithm algorithm,
                                                 std::span<const Digest> digests) const = 0;
    Result<Bytes> sign(SignatureAlgorithm algorithm, const Digest& digest) const;
};

class PrivateKey final : public Signer {
public:
    // An RSA key takes up to some seconds, and `give_up` ends its making: unavailable.
    static Result<PrivateKey> generate(KeyType type, const std::stop_token& give_up = {});
    static Result<PrivateKey> from_pkcs8(ByteView der); // PrivateKeyInfo, not encrypted
    static Result<PrivateKey> from_pem(std::string_view pem);

    [[nodiscard]] const PublicKey& public_key() const override { return m_public; }
    [[nodiscard]] KeyType type() const { return m_public.type(); }
    Result<std::vector<Bytes>> sign_each(SignatureAlgorithm algorithm,
                                         std::span<const Digest> digests) const override;

    [[nodiscard]] Secret to_pkcs8() const; // DER
    [[nodiscard]] Secret to_pem() const;
    [[nodiscard]] EVP_PKEY* handle() const { return m_key.get(); }

private:
    PrivateKey(EvpPkeyPtr key, PublicKey public_key);
    static Result<PrivateKey> from_handle(EvpPkeyPtr key);
    EvpPkeyPtr m_key;
    PublicKey m_public;
};

}
