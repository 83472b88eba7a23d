// The small bridge between our types and OpenSSL's ASN.1: times, integers, names of places, encodings, PEM.
// Inner header of `pki`. Pure; safe from any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <openssl/asn1.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "crypto/openssl.h"

namespace qss::pki {

using ObjectPtr = std::unique_ptr<ASN1_OBJECT, crypto::Deleter<ASN1_OBJECT_free>>;
using IntegerPtr = std::unique_ptr<ASN1_INTEGER, crypto::Deleter<ASN1_INTEGER_free>>;
using Asn1TimePtr = std::unique_ptr<ASN1_TIME, crypto::Deleter<ASN1_TIME_free>>;
using GeneralizedTimePtr = std::unique_ptr<ASN1_GENERALIZEDTIME, crypto::Deleter<ASN1_GENERALIZEDTIME_free>>;
using OctetStringPtr = std::unique_ptr<ASN1_OCTET_STRING, crypto::Deleter<ASN1_OCTET_STRING_free>>;

using SequencePtr = std::unique_ptr<ASN1_SEQUENCE_ANY, decltype([](ASN1_SEQUENCE_ANY* sequence) {
                                        sk_ASN1_TYPE_pop_free(sequence, ASN1_TYPE_free);
                                    })>;

// `i2d` is one of OpenSSL's encoders, called twice: for the size, then into the buffer.
template <class Encoder, class T>
Result<Bytes> encode_der(Encoder i2d, T* value)
{
    const int size = i2d(value, nullptr);
    if (size <= 0)
        return fail(ErrorCode::internal, "encoding: " + crypto::openssl_errors());
    Bytes der(static_cast<std::size_t>(size));
    auto* cursor = der.data();
    i2d(value, &cursor);
    return der;
}

Result<TimePoint> time_from_asn1(const ASN1_TIME* time);
// UTCTime to 2049, GeneralizedTime from then on (RFC 5280 4.1.2.5); whole seconds, rounded down.
Asn1TimePtr time_to_asn1(TimePoint time);
GeneralizedTimePtr time_to_generalized(TimePoint time);

// Contents of the INTEGER, big-endian, with the leading zero that keeps it positive.
Bytes integer_contents(const ASN1_INTEGER* integer);
IntegerPtr integer_from_contents(ByteView contents); // of a positive INTEGER
IntegerPtr integer_from_u64(std::uint64_t value);

// SHA-1 of the key's BIT STRING (RFC 5280 4.2.1.2, method 1), 20 bytes.
Result<Bytes> key_identifier(ByteView spki);

// The one URL that it is; empty: anything else.
std::string url_of(const DIST_POINT_NAME* name);

std::string to_pem(std::string_view label, ByteView der); // 64 columns, "\n"

// What we verify and make: RSA and ECDSA with SHA-2, never SHA-1.
[[nodiscard]] bool is_accepted_signature(int nid);

}
