// Typed calls to the privileged roles: thin, one method for each message of proto/*.proto that the
// business sends. `Transport` is the seam: a wire::Channel in service, a role in-process in unit tests.
// Stateless; safe from any thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "crypto/digest.h"
#include "store/types.h"
#include "wire/channel.h"

namespace qss::service {

class Transport {
public:
    virtual ~Transport() = default;
    // As wire::Channel::call: `unavailable` and `timed_out` leave the outcome unknown.
    virtual Status call(std::uint16_t type, const google::protobuf::MessageLite& request,
                        google::protobuf::MessageLite& reply, Milliseconds timeout) = 0;
};

class ChannelTransport final : public Transport {
public:
    // No call takes longer than `longest`, whatever it is.
    ChannelTransport(wire::Channel& channel, Milliseconds longest) : m_channel(channel), m_longest(longest) {}
    Status call(std::uint16_t type, const google::protobuf::MessageLite& request,
                google::protobuf::MessageLite& reply, Milliseconds timeout) override
    {
        return m_channel.call(type, request, reply, std::min(timeout, m_longest));
    }

private:
    wire::Channel& m_channel;
    const Milliseconds m_longest;
};

// The outcome is unknown, or the role is away: what was asked must be asked again, never given up.
[[nodiscard]] bool is_outcome_unknown(ErrorCode code);

enum class RoleReadiness { ready, not_ready };

struct Binding {
    AuthenticatorId authenticator_id;
    Bytes credential_id;
    Bytes public_key_spki;
    Bytes link_record;
};

struct BindingChallenge {
    Bytes challenge;
    TimePoint expires_at;
    bool approval_needed = false;
};

struct MadeKey {
    KeyId key_id;
    Bytes spki;
    Bytes certificate; // empty until linked
};

struct AttestedKey {
    Bytes key_attestation;
    Bytes registration_statement;
};

struct OpenedSession {
    SessionId session_id;
    Bytes nonce;
    TimePoint expires_at;
};

struct ActivationResult {
    std::vector<Bytes> signatures; // none: refused for good
    Bytes evidence;
    ErrorCode refusal = ErrorCode::internal;
    std::string refusal_detail;
};

// Why a new authenticator may join.
struct BindingConsent {
    std::optional<store::StoredAssertion> approval{}; // by one that is bound already
    Bytes enrolment_signature{}; // by the statement's enrolment key, DER, for the first one; empty: none
};

class SamClient {
public:
    explicit SamClient(Transport& transport) : m_transport(transport) {}

    Result<RoleReadiness> status();
    // Shows the checkpoint that was kept (empty: none); the one to keep in its place.
    Result<Bytes> exchange_checkpoint(ByteView kept);
    Result<SignerId> register_signer(ByteView statement);
    Result<BindingChallenge> begin_binding(const SignerId& signer);
    Result<Binding> bind(const SignerId& signer, ByteView challenge, ByteView attestation_object,
                         ByteView client_data_json, const BindingConsent& consent);
    Result<std::vector<KeyId>> remove_authenticator(const SignerId& signer,
                                                    const AuthenticatorId& authenticator,
                                                    const store::RevocationRequest& request);
    // Ids of the keys destroyed. rate_limited: as revoke_key.
    Result<std::vector<KeyId>> destroy_signer(const SignerId& signer,
                                              const store::RevocationRequest& request);

    Result<MadeKey> make_key(const SignerId& signer, const PackId& pack, crypto::KeyType type);
    Result<AttestedKey> attest_key(const KeyId& key, ByteView ca_nonce);
    Status link_certificate(const KeyId& key, ByteView certificate);
    // The receipt. rate_limited: so many within the hour take officers.
    Result<Bytes> revoke_key(const KeyId& key, const store::RevocationRequest& request);

    // Reads signer, key, certificate, algorithm, digests and display record of `draft`.
    Result<OpenedSession> open_session(const store::Session& draft, Milliseconds lifetime);
    // Without an assertion: asks for the result that is there already. An error is one of: a wrong
    // assertion (verification_failed, locked), no such session (not_found), or is_outcome_unknown.
    Result<ActivationResult> activate(const SessionId& session,
                                      const std::optional<store::StoredAssertion>& assertion);
    // A result: the session had been used before the cancellation came.
    Result<std::optional<ActivationResult>> cancel(const SessionId& session);
    Result<std::vector<SessionId>> unacknowledged(std::uint32_t limit);
    Status acknowledge(const std::vector<SessionId>& sessions);

private:
    Transport& m_transport;
};

enum class AccessCertificateKind { client, server };

struct CaChain {
    Bytes root;       // all DER
    Bytes issuing;
    Bytes access_ca;
};

struct PublishedList {
    std::string path;  // "/crl/issuing.crl"
    Bytes der;
};

struct PublicCertificates {
    std::vector<std::pair<std::string, Bytes>> authorities; // path ("/ca/root.cer"), DER
    std::vector<Bytes> services;                            // DER; their status can be asked
};

struct ResponderCertificate { // DER
    Bytes issuer;
    Bytes responder;
};

class CaClient {
public:
    explicit CaClient(Transport& transport) : m_transport(transport) {}

    Result<RoleReadiness> status();
    Result<Bytes> nonce();
    Result<Bytes> issue_identity(ByteView key_attestation, ByteView registration_statement,
                                 std::uint32_t lifetime_days);                               // DER
    Result<Bytes> revoke(ByteView serial, const store::RevocationRequest& request);          // CRL
    Result<Bytes> issue_access(AccessCertificateKind kind, ByteView csr, const std::string& common_name);
    Result<std::vector<PublishedList>> current_crls();
    Result<PublicCertificates> certificates();
    Result<CaChain> chain();
    // For the responder's own key, by each authority whose key is at hand.
    Result<std::vector<ResponderCertificate>> renew_ocsp();

private:
    Transport& m_transport;
};

struct StatusQuestion {
    Bytes cert_id;     // DER; empty: made from the certificate
    Bytes certificate; // DER; empty: none is known
};

struct StatusAnswer {
    Bytes response;                       // DER OCSPResponse
    TimePoint produced_at;
    std::optional<TimePoint> holds_until; // nextUpdate; nullopt: an error, such as tryLater
    bool is_try_later = false;
};

class TsaClient {
public:
    explicit TsaClient(Transport& transport) : m_transport(transport) {}

    Result<RoleReadiness> status();
    Status update_crl(ByteView crl);
    // TimeStampReq to TimeStampResp, refusals included, each; up to limits::timestamps_per_message.
    Result<std::vector<Bytes>> stamp(const std::vector<Bytes>& requests);
    Result<Bytes> stamp(const crypto::Digest& digest); // TimeStampToken

private:
    Transport& m_transport;
};

class OcspClient {
public:
    explicit OcspClient(Transport& transport) : m_transport(transport) {}

    Result<RoleReadiness> status();
    Status update_crl(ByteView crl);
    Status complete(const std::vector<ResponderCertificate>& certificates);
    Result<StatusAnswer> answer(const std::vector<StatusQuestion>& questions, ByteView nonce);

private:
    Transport& m_transport;
};

}
