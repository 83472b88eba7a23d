// The business's nouns as the main database keeps them. Plain values; one that came out of a repository
// is whole. Times are the service's clock unless a comment says the SAM's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/validity.h"
#include "crypto/algorithms.h"
#include "crypto/digest.h"

namespace qss::store {

// --- tenancy --------------------------------------------------------------------------------------

struct Enterprise {
    EnterpriseId id;
    ProviderId provider_id;
    std::string name;                 // full registered name: goes into certificates
    std::string country;              // ISO 3166-1 alpha-2
    TimePoint created_at;
};

enum class PackKind { signing, sealing };

struct Pack {
    PackId id;
    EnterpriseId enterprise_id;
    std::string name;
    PackKind kind = PackKind::signing;
    crypto::KeyType key_type = crypto::KeyType::rsa3072;
    std::int64_t signature_quota = 0; // units, one a digest
    std::int64_t timestamp_quota = 0;
    std::int64_t user_quota = 0;
    Milliseconds session_lifetime{0};
    std::int64_t logins_per_minute = 0; // for each credential and client certificate
    TimePoint valid_until;            // of its subscription
    TimePoint created_at;
};

enum class Standing { active, suspended };

struct Credential {
    CredentialId id;
    PackId pack_id;
    std::string name;                 // shown on the phone as the application
    std::string api_key;              // 16 lower-case hexadecimal digits
    Bytes secret_salt;                // 16 bytes
    Bytes secret_mac;                 // HMAC-SHA256 under a key that is not in the database
    Standing standing = Standing::active;
    TimePoint created_at;
};

struct ClientCertificate {
    Bytes sha256;                     // of the DER
    CredentialId credential_id;
    Validity validity;
    Standing standing = Standing::active;
};

// A credential with all that each request needs to know about it.
struct CredentialContext {
    Credential credential;
    Pack pack;
    Enterprise enterprise;
    std::optional<ClientCertificate> certificate; // the one asked about; nullopt: not linked
};

// --- users ----------------------------------------------------------------------------------------

enum class UserStatus {
    requested,   // waits for an officer's statement
    approved,    // SAM and CA know the signer
    deleting,    // the signer is being destroyed; nothing else may be done with it
    deleted,
};

struct User {
    UserId id;
    EnterpriseId enterprise_id;
    PackId pack_id;                   // through which it was created: counts against its user quota
    SignerId signer_id;
    std::string email;                // lower case
    std::string mobile;               // E.164
    std::string given_name;
    std::string surname;
    std::string identity_number;      // "" without one
    UserStatus status = UserStatus::requested;
    TimePoint created_at;
};

enum class RequestStatus { pending, completed };

// What an officer's statement completes; the first at the user's creation, another after a loss.
struct RegistrationRequest {
    RegistrationId id;
    UserId user_id;
    std::uint64_t sequence = 1;
    RequestStatus status = RequestStatus::pending;
    TimePoint created_at;
    Bytes statement;                  // SignedStatement transport; empty while pending
};

struct RegistrationRequestView {      // what an officer sees
    RegistrationRequest request;
    User user;
    Enterprise enterprise;
};

enum class EnrolmentStatus { codes_sent, codes_right, completed };

// A phone's enrolment, from the codes to the bound authenticator.
struct Enrolment {
    EnrolmentId id;
    UserId user_id;
    std::string device_name;
    Bytes device_spki;                // P-256, DER
    Bytes email_code_mac;             // 32 bytes
    Bytes sms_code_mac;
    std::int64_t tries_left = 0;
    TimePoint expires_at;
    EnrolmentStatus status = EnrolmentStatus::codes_sent;
    Bytes binding_challenge;          // the SAM's; empty before the codes were right
    TimePoint created_at;
};

enum class DeviceStatus {
    active,
    removing,    // the SAM is being told; it may do nothing any more
    removed,
};

struct Device {
    DeviceId id;
    UserId user_id;
    std::string name;
    Bytes spki;                       // P-256, DER
    DeviceStatus status = DeviceStatus::active;
    TimePoint created_at;
};

// The mirror of what the SAM has bound; the SAM's own record decides.
struct Authenticator {
    AuthenticatorId id;
    UserId user_id;
    DeviceId device_id;
    Bytes credential_id;              // WebAuthn's
    Bytes public_key_spki;            // P-256, DER
    Bytes link_record;                // signed by the SAM
};

enum class IdentityStatus {
    attested,    // the attestation is stored, the CA may have been asked
    issued,      // the certificate is stored, the SAM may not have it yet
    live,
    revoking,    // SAM and CA are being told
    revoked,
};

struct Identity {
    KeyId key_id;                     // the SAM's id is the identity's
    UserId user_id;
    PackId pack_id;
    IdentityStatus status = IdentityStatus::attested;
    Bytes spki;
    Bytes key_attestation;
    Bytes registration_statement;
    Bytes certificate;                // DER; empty while attested
    Bytes certificate_sha256;
    Bytes serial;                     // contents of the INTEGER
    TimePoint not_after;
    TimePoint created_at;
};

struct RevocationRequest {
    std::uint32_t reason = 5;         // RFC 5280 5.3.1; by default cessationOfOperation
    std::string by;                   // "credential:…", "operator:…", "officers", "service"
    TimePoint at;
};

// Of an identity that is `revoking` or `revoked`: the first request counts, since revocation is final.
struct Revocation {
    KeyId key_id;
    RevocationRequest request;
    Bytes sam_receipt;                // SignedStatement transport; empty while `revoking`
    std::int64_t crl_number =
        0;      // the CA's receipt is its list of this number, and every later one: 0, none yet
    Bytes crl_sha256;                 // of that list
    TimePoint ended_at;               // epoch while `revoking`
};

// --- signing sessions -----------------------------------------------------------------------------

// pending -> approved -> signed; pending -> rejected | expired | cancelled; approved -> failed only on
// the SAM's durable refusal.
enum class SessionStatus { pending, approved, signed_, rejected, expired, cancelled, failed };

[[nodiscard]] constexpr bool is_live(SessionStatus status)
{
    return status == SessionStatus::pending || status == SessionStatus::approved;
}

struct StoredAssertion {
    Bytes credential_id;
    Bytes authenticator_data;
    Bytes client_data_json;
    Bytes signature;
};

struct Session {
    SessionId id;                     // the SAM's
    CredentialId credential_id;
    PackId pack_id;
    UserId user_id;
    SignerId signer_id;
    KeyId key_id;
    Bytes nonce;
    TimePoint expires_at;             // the SAM's clock
    Bytes certificate_sha256;
    crypto::SignatureAlgorithm signature_algorithm = crypto::SignatureAlgorithm::rsa_pkcs1_sha256;
    std::vector<crypto::Digest> digests;
    Bytes display_record;             // sap::DisplayRecord, canonical
    std::string idempotency_key;      // "" without one
    Bytes request_hash;               // of user, algorithm and digests: what makes two requests the same
    SessionStatus status = SessionStatus::pending;
    TimePoint created_at;
    TimePoint ended_at;               // epoch while live
    bool answered = false;            // the client has got its answer
    std::optional<StoredAssertion> assertion;
    ErrorCode refusal = ErrorCode::internal; // why it ended without signatures
    std::string refusal_detail;       // for the log and the history
};

struct SessionResult {                // kept apart: most readers of a session do not need it
    std::vector<Bytes> signatures;    // in the order of the digests
    Bytes evidence;
};

// --- the rest -------------------------------------------------------------------------------------

enum class MessageKind { email, sms };

struct OutboxMessage {
    std::int64_t id = 0;              // given by the database
    MessageKind kind = MessageKind::email;
    std::string address;
    std::string subject;              // "" for SMS
    std::string body;                 // may hold a code: never logged
    std::int64_t attempts = 0;
};

struct AuditEntry {
    TimePoint at;
    std::string actor;                // "credential:…", "device:…", "operator:…", "service"
    std::string action;               // "session.activation_intended"
    std::string object;               // "session:…"
    std::string detail;               // no secret, no personal data
};

}
