// ECDSA signatures on P-256 as WebCrypto gives them: raw r || s (IEEE P1363). Pure.
#pragma once

#include "base/bytes.h"
#include "base/result.h"

namespace qss::service {

// To ECDSA-Sig-Value (RFC 3279 2.2.3), DER. invalid_argument unless it is 64 bytes.
Result<Bytes> der_signature(ByteView raw);

}
