// RFC 3161 2.4.1: TimeStampReq from anyone, read strictly: DER, nothing after it, within limits. What is
// refused says so with the PKIFailureInfo that the answer carries (2.4.2). Pure.
#pragma once

#include <cstdint>

#include <tl/expected.hpp>

#include "base/bytes.h"
#include "crypto/digest.h"

namespace qss::pki {

enum class TimestampFailure : std::uint8_t { // the value is the bit of PKIFailureInfo
    bad_algorithm = 0,
    bad_request = 2,
    bad_data_format = 5,
    time_not_available = 14,
    unaccepted_policy = 15,
    unaccepted_extension = 16,
    system_failure = 25,
};

enum class SendCertificates { no, yes };

struct TimestampRequest {
    crypto::Digest digest;
    Bytes imprint; // MessageImprint, DER, as it was sent: the token repeats it
    Bytes policy;  // OID, DER; empty: any
    Bytes nonce;   // INTEGER, DER; empty: none
    SendCertificates certificates = SendCertificates::no;

    // Of a bare digest: no policy, no nonce, certificates wanted.
    static TimestampRequest of(crypto::Digest digest);
};

// SHA-256, SHA-384 and SHA-512 alone (EN 319 422 5.1.3, TS 119 312), each of its own length; no extensions.
tl::expected<TimestampRequest, TimestampFailure> parse_timestamp_request(ByteView der);

}
