#include "sam/sam.h"

namespace qss::sam {

namespace {

constexpr std::size_t kib = 1024;
constexpr std::size_t asked = 512; // ids, and who asked for a revocation
constexpr role::States only_awaiting{role::State::AWAITING_CERTIFICATE};

std::vector<role::Entry> ceremony_entries(Sam& sam)
{
    using namespace proto::sam;
    using role::entry;
    return {
        entry<proto::StatusRequest>(STATUS, "status", role::any_state, 64,
                                    [&sam](const auto& request) { return sam.status(request); }),
        entry<InitialiseRequest>(INITIALISE, "initialise", role::only_uninitialised, 256 * kib,
                                 [&sam](const auto& request) { return sam.initialise(request); }),
        entry<CompleteRequest>(COMPLETE, "complete", only_awaiting, 256 * kib,
                               [&sam](const auto& request) { return sam.complete(request); }),
        entry<ExchangeCheckpointRequest>(
            EXCHANGE_CHECKPOINT, "exchange_checkpoint", role::only_ready, 1 * kib,
            [&sam](const auto& request) { return sam.exchange_checkpoint(request); }),
        entry<proto::CarryOutRequest>(CARRY_OUT, "carry_out", role::only_ready, role::carry_out_size,
                                      [&sam](const auto& request) { return sam.carry_out(request); }),
    };
}

std::vector<role::Entry> signer_entries(Signers& signers, Authenticators& authenticators)
{
    using namespace proto::sam;
    using role::entry;
    using role::only_ready;
    return {
        entry<RegisterSignerRequest>(REGISTER_SIGNER, "register_signer", only_ready, 8 * kib,
                                     [&](const auto& request) { return signers.register_signer(request); }),
        entry<DestroySignerRequest>(DESTROY_SIGNER, "destroy_signer", only_ready, asked,
                                    [&](const auto& request) { return signers.destroy(request); }),
        entry<BeginBindingRequest>(
            BEGIN_BINDING, "begin_binding", only_ready, 64,
            [&](const auto& request) { return authenticators.begin_binding(request); }),
        entry<BindRequest>(BIND, "bind", only_ready, 16 * kib,
                           [&](const auto& request) { return authenticators.bind(request); }),
        entry<RemoveAuthenticatorRequest>(
            REMOVE_AUTHENTICATOR, "remove_authenticator", only_ready, asked,
            [&](const auto& request) { return authenticators.remove(request); }),
    };
}

std::vector<role::Entry> key_entries(Keys& keys)
{
    using namespace proto::sam;
    using role::entry;
    using role::only_ready;
    return {
        entry<MakeKeyRequest>(MAKE_KEY, "make_key", only_ready, 128,
                              [&](const auto& request) { return keys.make(request); }),
        entry<AttestKeyRequest>(ATTEST_KEY, "attest_key", only_ready, 128,
                                [&](const auto& request) { return keys.attest(request); }),
        entry<LinkCertificateRequest>(LINK_CERTIFICATE, "link_certificate", only_ready, 9 * kib,
                                      [&](const auto& request) { return keys.link(request); }),
        entry<RevokeKeyRequest>(REVOKE_KEY, "revoke_key", only_ready, asked,
                                [&](const auto& request) { return keys.revoke(request); }),
    };
}

std::vector<role::Entry> session_entries(Sessions& sessions)
{
    using namespace proto::sam;
    using role::entry;
    using role::only_ready;
    return {
        entry<OpenSessionRequest>(OPEN_SESSION, "open_session", only_ready, 96 * kib,
                                  [&](const auto& request) { return sessions.open(request); }),
        entry<ActivateRequest>(ACTIVATE, "activate", only_ready, 8 * kib,
                               [&](const auto& request) { return sessions.activate(request); }),
        entry<CancelSessionRequest>(CANCEL_SESSION, "cancel_session", only_ready, 64,
                                    [&](const auto& request) { return sessions.cancel(request); }),
        entry<ListUnacknowledgedRequest>(
            LIST_UNACKNOWLEDGED, "list_unacknowledged", only_ready, 64,
            [&](const auto& request) { return sessions.list_unacknowledged(request); }),
        entry<AcknowledgeRequest>(ACKNOWLEDGE, "acknowledge", only_ready, 64 * kib,
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
