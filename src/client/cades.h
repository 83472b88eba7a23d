// Detached CAdES-B-B signatures (EN 319 122-1 6; RFC 5652): the part to be signed first, then the whole
// around a signature that was made elsewhere. DER throughout. Pure.
#pragma once

#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "crypto/algorithms.h"
#include "crypto/digest.h"
#include "pki/certificate.h"

namespace qss::client {

// Content-type, message-digest, signing-time and signing-certificate-v2 (5.2.2.3: ESSCertIDv2, SHA-256).
struct CadesAttributes {
    Bytes signed_attributes; // DER SET OF Attribute, as RFC 5652 5.4 hashes it
    crypto::HashAlgorithm content_hash; // of message-digest
    [[nodiscard]] crypto::Digest to_be_signed(crypto::HashAlgorithm algorithm) const;
};

// `content`: the document's digest; its algorithm becomes the signature's digestAlgorithm.
Result<CadesAttributes> make_cades_attributes(const crypto::Digest& content, const pki::Certificate& signer,
                                              TimePoint signing_time);

// Checks the signature under the signer's certificate (verification_failed), then builds the ContentInfo.
// `chain`: further certificates to put in, without the root.
Result<Bytes> make_cades(const CadesAttributes& attributes, const pki::Certificate& signer,
                         std::span<const pki::Certificate> chain, crypto::SignatureAlgorithm algorithm,
                         ByteView signature);

}
