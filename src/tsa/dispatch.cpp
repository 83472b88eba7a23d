#include "tsa/dispatch.h"

#include "base/limits.h"

namespace qss::tsa {

std::vector<role::Entry> dispatch_table(Service& service)
{
    using namespace proto::tsa;
    using role::any_state;
    using role::entry;
    using role::only_ready;
    using role::only_uninitialised;
    constexpr role::States with_key{role::State::AWAITING_CERTIFICATE, role::State::READY};
    return {
        entry<proto::StatusRequest>(STATUS, "status", any_state, 0,
                                    [&](const auto& request) { return service.status(request); }),
        entry<InitialiseRequest>(INITIALISE, "initialise", only_uninitialised, 256,
                                 [&](const auto& request) { return service.initialise(request); }),
        entry<NextKeyRequest>(NEXT_KEY, "next_key", only_ready, 0,
                              [&](const auto& request) { return service.next_key(request); }),
        entry<CompleteRequest>(COMPLETE, "complete", with_key, 3 * limits::certificate_size + 64,
                               [&](const auto& request) { return service.complete(request); }),
        entry<UpdateCrlRequest>(UPDATE_CRL, "update_crl", only_ready, limits::crl_size + 64,
                                [&](const auto& request) { return service.update_crl(request); }),
        entry<StampRequest>(STAMP, "stamp", only_ready,
                            limits::timestamps_per_message * (limits::timestamp_request_size + 8),
                            [&](const auto& request) { return service.stamp(request); }),
        entry<StampDigestRequest>(STAMP_DIGEST, "stamp_digest", only_ready, 256,
                                  [&](const auto& request) { return service.stamp_digest(request); }),
    };
}

}
