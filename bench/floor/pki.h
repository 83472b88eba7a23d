// Floors of the PKI: the same calls to OpenSSL, in a loop, with warm P-256 keys.
#pragma once

namespace qss::bench {

// One OCSP response to a request with a nonce, SHA-1 CertID, the responder's certificate within.
void make_ocsp_response();
// One end-entity certificate with nine extensions as text, signed twice (throw-away key, CA's), and the two
// signatures of others that must be verified before it.
void make_certificate();

}
