// Writes DER (X.690) for the few structures that this project signs: each function returns one complete
// TLV, so that a structure is written as it reads in its standard. Writing only: everything that comes
// from outside is parsed by OpenSSL (docs/decisions/007-external-signer.md). Pure.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "crypto/keys.h"

namespace qss::pki::der {

Bytes tlv(std::uint8_t tag, ByteView contents);
Bytes sequence(std::initializer_list<ByteView> parts);
Bytes set(std::initializer_list<ByteView> parts); // one element, or already in DER order
Bytes explicitly(std::uint8_t number, ByteView value);          // [number] EXPLICIT
Bytes implicitly(std::uint8_t number, ByteView contents);       // [number] IMPLICIT of a primitive

Bytes oid(std::string_view dotted); // a constant of ours: an invalid one ends the process
Bytes integer(std::uint64_t value);
Bytes integer(ByteView contents);   // contents as DER has them, positive
Bytes enumerated(std::uint8_t value);
Bytes boolean_true();
Bytes null();
Bytes octet_string(ByteView value);
Bytes bit_string(ByteView value);   // whole bytes
Bytes named_bits(std::uint16_t bits); // bit 0 is the most significant; trailing zeros dropped (11.2.2)
Bytes utf8_string(std::string_view text);
Bytes printable_string(std::string_view text);
Bytes ia5_string(std::string_view text);
Bytes time(TimePoint time);         // UTCTime to 2049, then GeneralizedTime (RFC 5280 4.1.2.5)
Bytes generalized_time(TimePoint time);

Bytes algorithm_identifier(crypto::SignatureAlgorithm algorithm); // PKCS#1 v1.5 and ECDSA

// Algorithm and BIT STRING, the two fields that follow what is signed. An RSA signature is checked, since a
// faulty one can give the key away; an ECDSA one is the caller's to check where it is worth its time.
Result<Bytes> signature_fields(ByteView tbs, const crypto::Signer& signer);
// SEQUENCE { tbs, algorithm, BIT STRING }: what X.509 calls SIGNED{}.
Result<Bytes> sign(ByteView tbs, const crypto::Signer& signer);

}
