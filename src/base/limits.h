// Every limit on what comes from outside, in one place, with their relations asserted.
// Sizes in bytes unless the name says otherwise.
#pragma once

#include <cstddef>
#include <cstdint>

namespace qss::limits {

// A signing session (QSS API: "up to 100 hashes in one go"; TS 119 431-1 SIG-A.5-09: 30 minutes).
inline constexpr std::size_t digests_per_session = 100;
inline constexpr std::size_t digest_size = 64;              // SHA-512
inline constexpr std::int64_t session_default_ms = 120'000;
inline constexpr std::int64_t session_max_ms = 30 * 60'000;
inline constexpr std::size_t label_size = 200;
inline constexpr std::size_t display_record_size = 64 * 1024;
static_assert(digests_per_session * (label_size + 32) < display_record_size);

// Signed statements and evidence.
inline constexpr std::size_t name_size = 200;               // one attribute of a person or organisation
inline constexpr std::size_t email_size = 254;              // RFC 5321 4.5.3.1.3
inline constexpr std::size_t mobile_size = 20;              // E.164 with '+' and room
inline constexpr std::size_t statement_size = 4 * 1024;
inline constexpr std::size_t spki_size = 1024;              // RSA-4096: 550
inline constexpr std::size_t certificate_size = 8 * 1024;
inline constexpr std::size_t csr_size = 8 * 1024;
inline constexpr std::size_t signature_size = 512;          // RSA-4096
inline constexpr std::size_t evidence_size = 256 * 1024;
static_assert(digests_per_session * (digest_size + signature_size + 16) + display_record_size <
              evidence_size);

// WebAuthn.
inline constexpr std::size_t client_data_size = 2 * 1024;
inline constexpr std::size_t authenticator_data_size = 1024;
inline constexpr std::size_t attestation_object_size = 8 * 1024;
inline constexpr std::size_t webauthn_credential_id_size = 256;
inline constexpr std::size_t authenticators_per_signer = 8;

// Messages between processes. Each message has its own, smaller limit in its dispatch table.
inline constexpr std::size_t wire_message_size = 1024 * 1024;
inline constexpr std::size_t wire_connections = 64;
inline constexpr std::size_t wire_requests_in_flight = 4096; // per connection
static_assert(evidence_size < wire_message_size);

// A CRL travels whole between the roles: about 20,000 revocations.
inline constexpr std::size_t crl_size = 900 * 1024;
static_assert(crl_size < wire_message_size);
inline constexpr std::uint32_t crl_shards = 64;             // lists of one issuer
inline constexpr std::size_t url_size = 512;                // in an extension of a certificate or CRL

// OCSP and time-stamps: requests of strangers.
inline constexpr std::size_t ocsp_cert_id_size = 256;   // SHA-512: 160
inline constexpr std::size_t ocsp_request_size = 8 * 1024; // a signed one carries certificates
inline constexpr std::size_t timestamp_request_size = 1024; // imprint, policy, nonce
inline constexpr std::size_t timestamps_per_message = 64;

// HTTP.
inline constexpr std::size_t http_header_size = 16 * 1024;
inline constexpr std::size_t http_body_size = 64 * 1024;
inline constexpr std::size_t json_depth = 8;
static_assert(digests_per_session * (2 * digest_size + label_size + 64) < http_body_size);
static_assert(attestation_object_size * 4 / 3 + client_data_size < http_body_size);

// The CA's nonces, each for one attestation.
inline constexpr std::int64_t ca_nonce_life_ms = 10 * 60'000;
inline constexpr std::int64_t ca_nonces_live = 100'000;

// Guessing (docs/invariants.md 12).
inline constexpr int otp_digits = 8;
inline constexpr int otp_tries = 5;
inline constexpr std::int64_t otp_life_ms = 10 * 60'000;
inline constexpr int assertion_failures_before_lock = 5;

}
