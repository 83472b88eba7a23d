#include "sam/sam.h"

namespace qss::sam {

namespace {

constexpr std::size_t kib = 1024;
constexpr role::States only_uninitialised{role::State::UNINITIALISED};
constexpr role::States only_awaiting{role::State::AWAITING_CERTIFICATE};

// `malformed` closes the peer's connection, which is right for a broken message and wrong for a whole
// one that carries what a phone sent: that is only refused.
template <class Request, class Function>
role::Entry row(int type, std::string_view name, role::States states, std::size_t max_body_size,
                Function function)
{
    return role::entry<Request>(type, name, states, max_body_size, [function](const Request& request) {
        auto reply = function(request);
        if (!reply && reply.error().code == ErrorCode::malformed)
            reply = fail(ErrorCode::invalid_argument, reply.error().detail);
        return reply;
    });
}

std::vector<role::Entry> ceremony_entries(Sam& sam)
{
    using namespace proto::sam;
    return {
        row<proto::StatusRequest>(STATUS, "status", role::any_state, 64,
                                  [&sam](const auto& request) { return sam.status(request); }),
        row<InitialiseRequest>(INITIALISE, "initialise", only_uninitialised, 256 * kib,
                               [&sam](const auto& request) { return sam.initialise(request); }),
        row<CompleteRequest>(COMPLETE, "complete", only_awaiting, 256 * kib,
                             [&sam](const auto& request) { return sam.complete(request); }),
        row<ExchangeCheckpointRequest>(
            EXCHANGE_CHECKPOINT, "exchange_checkpoint", role::only_ready, 1 * kib,
            [&sam](const auto& request) { return sam.exchange_checkpoint(request); }),
    };
}

std::vector<role::Entry> signer_entries(Signers& signers, Authenticators& authenticators)
{
    using namespace proto::sam;
    using role::only_ready;
    return {
        row<RegisterSignerRequest>(REGISTER_SIGNER, "register_signer", only_ready, 8 * kib,
                                   [&](const auto& request) { return signers.register_signer(request); }),
        row<DestroySignerRequest>(DESTROY_SIGNER, "destroy_signer", only_ready, 64,
                                  [&](const auto& request) { return signers.destroy(request); }),
        row<BeginBindingRequest>(BEGIN_BINDING, "begin_binding", only_ready, 64,
                                 [&](const auto& request) { return authenticators.begin_binding(request); }),
        row<BindRequest>(BIND, "bind", only_ready, 16 * kib,
                         [&](const auto& request) { return authenticators.bind(request); }),
        row<RemoveAuthenticatorRequest>(REMOVE_AUTHENTICATOR, "remove_authenticator", only_ready, 64,
                                        [&](const auto& request) { return authenticators.remove(request); }),
    };
}

std::vector<role::Entry> key_entries(Keys& keys)
{
    using namespace proto::sam;
    using role::only_ready;
    return {
        row<MakeKeyRequest>(MAKE_KEY, "make_key", only_ready, 128,
                            [&](const auto& request) { return keys.make(request); }),
        row<AttestKeyRequest>(ATTEST_KEY, "attest_key", only_ready, 128,
                              [&](const auto& request) { return keys.attest(request); }),
        row<LinkCertificateRequest>(LINK_CERTIFICATE, "link_certificate", only_ready, 9 * kib,
                                    [&](const auto& request) { return keys.link(request); }),
        row<RevokeKeyRequest>(REVOKE_KEY, "revoke_key", only_ready, 64,
                              [&](const auto& request) { return keys.revoke(request); }),
    };
}

std::vector<role::Entry> session_entries(Sessions& sessions)
{
    using namespace proto::sam;
    using role::only_ready;
    return {
        row<OpenSessionRequest>(OPEN_SESSION, "open_session", only_ready, 96 * kib,
                                [&](const auto& request) { return sessions.open(request); }),
        row<ActivateRequest>(ACTIVATE, "activate", only_ready, 8 * kib,
                             [&](const auto& request) { return sessions.activate(request); }),
        row<CancelSessionRequest>(CANCEL_SESSION, "cancel_session", only_ready, 64,
                                  [&](const auto& request) { return sessions.cancel(request); }),
        row<ListUnacknowledgedRequest>(
            LIST_UNACKNOWLEDGED, "list_unacknowledged", only_ready, 64,
            [&](const auto& request) { return sessions.list_unacknowledged(request); }),
        row<AcknowledgeRequest>(ACKNOWLEDGE, "acknowledge", only_ready, 64 * kib,
                                [&](const auto& request) { return sessions.acknowledge(request); }),
    };
}

}

std::vector<role::Entry> dispatch_table(Sam& sam)
{
    std::vector<role::Entry> table = ceremony_entries(sam);
    for (auto& part : {signer_entries(sam.signers(), sam.authenticators()), key_entries(sam.keys()),
                       session_entries(sam.sessions())})
        table.insert(table.end(), part.begin(), part.end());
    return table;
}

}
