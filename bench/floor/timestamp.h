// Floor of time-stamps: OpenSSL's TS_RESP in a loop, with a warm key, SHA-256 and a request with a nonce that
// wants the certificate.
#pragma once

#include <openssl/evp.h>

namespace qss::bench {

// One TimeStampResp in DER. Always the same key.
void make_timestamp(EVP_PKEY* key);

}
