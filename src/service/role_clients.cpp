#include "service/role_clients.h"

#include "proto/ca.pb.h"
#include "proto/ocsp.pb.h"
#include "proto/sam.pb.h"
#include "proto/tsa.pb.h"
#include "proto/wire.pb.h"

namespace qss::service {

namespace {

namespace sam = proto::sam;
namespace ca = proto::ca;
namespace ocsp = proto::ocsp;
namespace tsa = proto::tsa;

constexpr Milliseconds quick{5'000};
constexpr Milliseconds slow{30'000}; // what signs, or makes a key

std::string field(ByteView bytes)
{
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Bytes value(const std::string& text)
{
    return to_bytes(std::string_view(text));
}

template <class Repeated>
std::vector<Bytes> values(const Repeated& repeated)
{
    std::vector<Bytes> out;
    out.reserve(static_cast<std::size_t>(repeated.size()));
    for (const auto& one : repeated)
        out.push_back(value(one));
    return out;
}

template <class IdType, class Repeated>
Result<std::vector<IdType>> ids(const Repeated& repeated)
{
    std::vector<IdType> out;
    for (const auto& one : repeated) {
        TRY_ASSIGN(id, IdType::from_bytes(as_bytes(one)));
        out.push_back(id);
    }
    return out;
}

void fill(sam::Assertion& to, const store::StoredAssertion& from)
{
    to.set_credential_id(field(from.credential_id));
    to.set_authenticator_data(field(from.authenticator_data));
    to.set_client_data_json(field(from.client_data_json));
    to.set_signature(field(from.signature));
}

// Who asked, and when.
template <class Request>
void fill(Request& to, const store::RevocationRequest& from)
{
    to.set_requested_by(from.by);
    to.set_requested_at_unix_ms(to_unix_ms(from.at));
}

ActivationResult read_result(const sam::SessionResult& from)
{
    ActivationResult result;
    result.signatures = values(from.signatures());
    result.evidence = value(from.evidence());
    const auto last = static_cast<std::uint32_t>(ErrorCode::internal);
    result.refusal =
        from.refusal_code() <= last ? static_cast<ErrorCode>(from.refusal_code()) : ErrorCode::internal;
    result.refusal_detail = from.refusal_detail();
    return result;
}

template <class Reply, class Request>
Result<Reply> ask(Transport& transport, int type, const Request& request, Milliseconds timeout)
{
    Reply reply;
    TRY(transport.call(static_cast<std::uint16_t>(type), request, reply, timeout));
    return reply;
}

Result<RoleReadiness> ask_status(Transport& transport, int type)
{
    TRY_ASSIGN(reply, ask<proto::StatusReply>(transport, type, proto::StatusRequest(), quick));
    return reply.state() == proto::READY ? RoleReadiness::ready : RoleReadiness::not_ready;
}

}

bool is_outcome_unknown(ErrorCode code)
{
    return code == ErrorCode::unavailable || code == ErrorCode::timed_out || code == ErrorCode::io ||
           code == ErrorCode::internal || code == ErrorCode::malformed || code == ErrorCode::tampered;
}

Result<RoleReadiness> SamClient::status()
{
    return ask_status(m_transport, sam::STATUS);
}

Result<Bytes> SamClient::exchange_checkpoint(ByteView kept)
{
    sam::ExchangeCheckpointRequest request;
    request.set_checkpoint(field(kept));
    TRY_ASSIGN(reply,
               ask<sam::ExchangeCheckpointReply>(m_transport, sam::EXCHANGE_CHECKPOINT, request, quick));
    return value(reply.checkpoint());
}

Result<SignerId> SamClient::register_signer(ByteView statement)
{
    sam::RegisterSignerRequest request;
    request.set_registration_statement(field(statement));
    TRY_ASSIGN(reply, ask<sam::RegisterSignerReply>(m_transport, sam::REGISTER_SIGNER, request, quick));
    return SignerId::from_bytes(as_bytes(reply.signer_id()));
}

Result<BindingChallenge> SamClient::begin_binding(const SignerId& signer)
{
    sam::BeginBindingRequest request;
    request.set_signer_id(field(signer.bytes()));
    TRY_ASSIGN(reply, ask<sam::BeginBindingReply>(m_transport, sam::BEGIN_BINDING, request, quick));
    return BindingChallenge{value(reply.challenge()), from_unix_ms(reply.expires_at_unix_ms()),
                            reply.approval_needed()};
}

Result<Binding> SamClient::bind(const SignerId& signer, ByteView challenge, ByteView attestation_object,
                                ByteView client_data_json, const BindingConsent& consent)
{
    sam::BindRequest request;
    request.set_signer_id(field(signer.bytes()));
    request.set_challenge(field(challenge));
    request.set_attestation_object(field(attestation_object));
    request.set_client_data_json(field(client_data_json));
    if (consent.approval)
        fill(*request.mutable_approval(), *consent.approval);
    request.set_enrolment_signature(field(consent.enrolment_signature));
    TRY_ASSIGN(reply, ask<sam::BindReply>(m_transport, sam::BIND, request, quick));
    TRY_ASSIGN(id, AuthenticatorId::from_bytes(as_bytes(reply.authenticator_id())));
    return Binding{id, value(reply.credential_id()), value(reply.public_key_spki()),
                   value(reply.link_record())};
}

Result<std::vector<KeyId>> SamClient::remove_authenticator(const SignerId& signer,
                                                           const AuthenticatorId& authenticator,
                                                           const store::RevocationRequest& wanted)
{
    sam::RemoveAuthenticatorRequest request;
    request.set_signer_id(field(signer.bytes()));
    request.set_authenticator_id(field(authenticator.bytes()));
    fill(request, wanted);
    TRY_ASSIGN(reply,
               ask<sam::RemoveAuthenticatorReply>(m_transport, sam::REMOVE_AUTHENTICATOR, request, quick));
    return ids<KeyId>(reply.revoked_key_ids());
}

Result<std::vector<KeyId>> SamClient::destroy_signer(const SignerId& signer,
                                                     const store::RevocationRequest& wanted)
{
    sam::DestroySignerRequest request;
    request.set_signer_id(field(signer.bytes()));
    request.set_reason(wanted.reason);
    fill(request, wanted);
    TRY_ASSIGN(reply, ask<sam::DestroySignerReply>(m_transport, sam::DESTROY_SIGNER, request, quick));
    return ids<KeyId>(reply.revoked_key_ids());
}

Result<MadeKey> SamClient::make_key(const SignerId& signer, const PackId& pack, crypto::KeyType type)
{
    sam::MakeKeyRequest request;
    request.set_signer_id(field(signer.bytes()));
    request.set_pack_id(field(pack.bytes()));
    request.set_key_type(std::string(crypto::to_string(type)));
    TRY_ASSIGN(reply, ask<sam::MakeKeyReply>(m_transport, sam::MAKE_KEY, request, slow));
    TRY_ASSIGN(id, KeyId::from_bytes(as_bytes(reply.key_id())));
    return MadeKey{id, value(reply.spki()), value(reply.certificate())};
}

Result<AttestedKey> SamClient::attest_key(const KeyId& key, ByteView ca_nonce)
{
    sam::AttestKeyRequest request;
    request.set_key_id(field(key.bytes()));
    request.set_ca_nonce(field(ca_nonce));
    TRY_ASSIGN(reply, ask<sam::AttestKeyReply>(m_transport, sam::ATTEST_KEY, request, quick));
    return AttestedKey{value(reply.key_attestation()), value(reply.registration_statement())};
}

Status SamClient::link_certificate(const KeyId& key, ByteView certificate)
{
    sam::LinkCertificateRequest request;
    request.set_key_id(field(key.bytes()));
    request.set_certificate(field(certificate));
    TRY(ask<sam::LinkCertificateReply>(m_transport, sam::LINK_CERTIFICATE, request, quick));
    return {};
}

Result<Bytes> SamClient::revoke_key(const KeyId& key, const store::RevocationRequest& wanted)
{
    sam::RevokeKeyRequest request;
    request.set_key_id(field(key.bytes()));
    request.set_reason(wanted.reason);
    fill(request, wanted);
    TRY_ASSIGN(reply, ask<sam::RevokeKeyReply>(m_transport, sam::REVOKE_KEY, request, quick));
    return value(reply.receipt());
}

Result<OpenedSession> SamClient::open_session(const store::Session& draft, Milliseconds lifetime)
{
    sam::OpenSessionRequest request;
    request.set_signer_id(field(draft.signer_id.bytes()));
    request.set_key_id(field(draft.key_id.bytes()));
    request.set_certificate_sha256(field(draft.certificate_sha256));
    request.set_signature_algorithm(std::string(crypto::to_string(draft.signature_algorithm)));
    for (const auto& digest : draft.digests)
        request.add_digests(field(digest.bytes()));
    request.set_display_record(field(draft.display_record));
    request.set_lifetime_ms(static_cast<std::uint32_t>(lifetime.count()));
    TRY_ASSIGN(reply, ask<sam::OpenSessionReply>(m_transport, sam::OPEN_SESSION, request, quick));
    TRY_ASSIGN(id, SessionId::from_bytes(as_bytes(reply.session_id())));
    return OpenedSession{id, value(reply.nonce()), from_unix_ms(reply.expires_at_unix_ms())};
}

Result<ActivationResult> SamClient::activate(const SessionId& session,
                                             const std::optional<store::StoredAssertion>& assertion)
{
    sam::ActivateRequest request;
    request.set_session_id(field(session.bytes()));
    if (assertion)
        fill(*request.mutable_assertion(), *assertion);
    TRY_ASSIGN(reply, ask<sam::ActivateReply>(m_transport, sam::ACTIVATE, request, slow));
    return read_result(reply.result());
}

Result<std::optional<ActivationResult>> SamClient::cancel(const SessionId& session)
{
    sam::CancelSessionRequest request;
    request.set_session_id(field(session.bytes()));
    TRY_ASSIGN(reply, ask<sam::CancelSessionReply>(m_transport, sam::CANCEL_SESSION, request, quick));
    if (!reply.has_result())
        return std::optional<ActivationResult>();
    return std::optional<ActivationResult>(read_result(reply.result()));
}

Result<std::vector<SessionId>> SamClient::unacknowledged(std::uint32_t limit)
{
    sam::ListUnacknowledgedRequest request;
    request.set_limit(limit);
    TRY_ASSIGN(reply,
               ask<sam::ListUnacknowledgedReply>(m_transport, sam::LIST_UNACKNOWLEDGED, request, quick));
    return ids<SessionId>(reply.session_ids());
}

Status SamClient::acknowledge(const std::vector<SessionId>& sessions)
{
    sam::AcknowledgeRequest request;
    for (const auto& session : sessions)
        request.add_session_ids(field(session.bytes()));
    TRY(ask<sam::AcknowledgeReply>(m_transport, sam::ACKNOWLEDGE, request, quick));
    return {};
}

Result<RoleReadiness> CaClient::status()
{
    return ask_status(m_transport, ca::STATUS);
}

Result<Bytes> CaClient::nonce()
{
    TRY_ASSIGN(reply, ask<ca::GetNonceReply>(m_transport, ca::GET_NONCE, ca::GetNonceRequest(), quick));
    return value(reply.nonce());
}

Result<Bytes> CaClient::issue_identity(ByteView key_attestation, ByteView registration_statement,
                                       std::uint32_t lifetime_days)
{
    ca::IssueIdentityRequest request;
    request.set_key_attestation(field(key_attestation));
    request.set_registration_statement(field(registration_statement));
    request.set_lifetime_days(lifetime_days);
    TRY_ASSIGN(reply, ask<ca::IssueIdentityReply>(m_transport, ca::ISSUE_IDENTITY, request, slow));
    return value(reply.certificate());
}

Result<Bytes> CaClient::revoke(ByteView serial, const store::RevocationRequest& wanted)
{
    ca::RevokeRequest request;
    request.set_serial(field(serial));
    request.set_reason(wanted.reason);
    fill(request, wanted);
    TRY_ASSIGN(reply, ask<ca::RevokeReply>(m_transport, ca::REVOKE, request, slow));
    return value(reply.crl());
}

Result<Bytes> CaClient::issue_access(AccessCertificateKind kind, ByteView csr, const std::string& common_name)
{
    ca::IssueAccessRequest request;
    request.set_kind(kind == AccessCertificateKind::client ? ca::CLIENT : ca::SERVER);
    request.set_csr(field(csr));
    request.set_common_name(common_name);
    TRY_ASSIGN(reply, ask<ca::IssueAccessReply>(m_transport, ca::ISSUE_ACCESS, request, slow));
    return value(reply.certificate());
}

Result<std::vector<PublishedList>> CaClient::current_crls()
{
    std::vector<PublishedList> lists;
    ca::CurrentCrlsRequest request;
    for (;;) {
        TRY_ASSIGN(reply, ask<ca::CurrentCrlsReply>(m_transport, ca::CURRENT_CRLS, request, slow));
        if (reply.crls_size() != reply.paths_size())
            return fail(ErrorCode::internal, "the CA's lists have no paths");
        for (int i = 0; i < reply.crls_size(); ++i)
            lists.push_back({reply.paths(i), value(reply.crls(i))});
        if (reply.next() <= request.from()) // that were all
            return lists;
        request.set_from(reply.next());
    }
}

Result<PublicCertificates> CaClient::certificates()
{
    TRY_ASSIGN(reply,
               ask<ca::CertificatesReply>(m_transport, ca::CERTIFICATES, ca::CertificatesRequest(), quick));
    PublicCertificates out;
    for (const auto& authority : reply.authorities())
        out.authorities.emplace_back(authority.path(), value(authority.certificate()));
    out.services = values(reply.services());
    return out;
}

Result<CaChain> CaClient::chain()
{
    TRY_ASSIGN(reply, ask<ca::ChainReply>(m_transport, ca::CHAIN, ca::ChainRequest(), quick));
    return CaChain{value(reply.root_certificate()), value(reply.issuing_certificate()),
                   value(reply.access_ca_certificate())};
}

Result<std::vector<ResponderCertificate>> CaClient::renew_ocsp()
{
    TRY_ASSIGN(reply, ask<ca::RenewOcspReply>(m_transport, ca::RENEW_OCSP, ca::RenewOcspRequest(), slow));
    std::vector<ResponderCertificate> certificates;
    for (const auto& entry : reply.responders())
        certificates.push_back({value(entry.issuer_certificate()), value(entry.responder_certificate())});
    return certificates;
}

Status OcspClient::complete(const std::vector<ResponderCertificate>& certificates)
{
    ocsp::CompleteRequest request;
    for (const auto& certificate : certificates) {
        auto* entry = request.add_authorities();
        entry->set_issuer_certificate(field(certificate.issuer));
        entry->set_responder_certificate(field(certificate.responder));
    }
    TRY(ask<ocsp::CompleteReply>(m_transport, ocsp::COMPLETE, request, slow));
    return {};
}

Result<RoleReadiness> OcspClient::status()
{
    return ask_status(m_transport, ocsp::STATUS);
}

Result<RoleReadiness> TsaClient::status()
{
    return ask_status(m_transport, tsa::STATUS);
}

Status TsaClient::update_crl(ByteView crl)
{
    tsa::UpdateCrlRequest request;
    request.set_crl(field(crl));
    TRY(ask<tsa::UpdateCrlReply>(m_transport, tsa::UPDATE_CRL, request, quick));
    return {};
}

Result<std::vector<Bytes>> TsaClient::stamp(const std::vector<Bytes>& requests)
{
    tsa::StampRequest message;
    for (const auto& request : requests)
        message.add_requests(field(request));
    TRY_ASSIGN(reply, ask<tsa::StampReply>(m_transport, tsa::STAMP, message, quick));
    if (static_cast<std::size_t>(reply.responses_size()) != requests.size())
        return fail(ErrorCode::malformed, "another number of time-stamps");
    return values(reply.responses());
}

Result<Bytes> TsaClient::stamp(const crypto::Digest& digest)
{
    tsa::StampDigestRequest message;
    message.set_algorithm(std::string(crypto::to_string(digest.algorithm())));
    message.set_digest(field(digest.bytes()));
    TRY_ASSIGN(reply, ask<tsa::StampDigestReply>(m_transport, tsa::STAMP_DIGEST, message, quick));
    return value(reply.token());
}

Status OcspClient::update_crl(ByteView crl)
{
    ocsp::UpdateCrlRequest request;
    request.set_crl(field(crl));
    TRY(ask<ocsp::UpdateCrlReply>(m_transport, ocsp::UPDATE_CRL, request, quick));
    return {};
}

Result<StatusAnswer> OcspClient::answer(const std::vector<StatusQuestion>& questions, ByteView nonce)
{
    ocsp::RespondRequest request;
    for (const auto& question : questions) {
        auto* single = request.add_singles();
        single->set_cert_id(field(question.cert_id));
        single->set_certificate(field(question.certificate));
    }
    request.set_nonce(field(nonce));
    TRY_ASSIGN(reply, ask<ocsp::RespondReply>(m_transport, ocsp::RESPOND, request, quick));
    StatusAnswer answer;
    answer.response = value(reply.response());
    answer.produced_at = from_unix_ms(reply.produced_at_unix_ms());
    if (reply.holds_until_unix_ms() != 0)
        answer.holds_until = from_unix_ms(reply.holds_until_unix_ms());
    answer.is_try_later = reply.try_later();
    return answer;
}

}
