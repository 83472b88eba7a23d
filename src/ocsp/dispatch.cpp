#include "ocsp/dispatch.h"

#include "base/limits.h"

namespace qss::ocsp {

std::vector<role::Entry> dispatch_table(Service& service)
{
    using namespace proto::ocsp;
    using role::any_state;
    using role::entry;
    using role::only_ready;
    using role::only_uninitialised;
    constexpr role::States with_key{role::State::AWAITING_CERTIFICATE, role::State::READY};
    constexpr std::size_t respond_size =
        pki::ocsp_singles_max * (limits::certificate_size + limits::ocsp_cert_id_size + 16) + 256;
    return {
        entry<proto::StatusRequest>(STATUS, "status", any_state, 0,
                                    [&](const auto& request) { return service.status(request); }),
        entry<InitialiseRequest>(INITIALISE, "initialise", only_uninitialised, 16,
                                 [&](const auto& request) { return service.initialise(request); }),
        entry<CompleteRequest>(COMPLETE, "complete", with_key, 32 * limits::certificate_size,
                               [&](const auto& request) { return service.complete(request); }),
        entry<NextKeyRequest>(NEXT_KEY, "next_key", only_ready, 0,
                              [&](const auto& request) { return service.next_key(request); }),
        entry<UpdateCrlRequest>(UPDATE_CRL, "update_crl", only_ready, limits::crl_size + 64,
                                [&](const auto& request) { return service.update_crl(request); }),
        entry<RespondRequest>(RESPOND, "respond", only_ready, respond_size,
                              [&](const auto& request) { return service.respond(request); }),
    };
}

}
