#include "ocsp/dispatch.h"

#include "base/limits.h"

namespace qss::ocsp {

namespace {

// A certificate, request or statement inside a message that parsed comes from somebody else than the
// peer: it is refused, and the connection, which others share, lives on.
template <class T>
Result<T> answer(Result<T> result)
{
    if (!result && result.error().code == ErrorCode::malformed)
        return fail(ErrorCode::invalid_argument, result.error().detail);
    return result;
}

}

std::vector<role::Entry> dispatch_table(Service& service)
{
    using namespace proto::ocsp;
    using role::any_state;
    using role::entry;
    using role::only_ready;
    constexpr role::States only_uninitialised{role::State::UNINITIALISED};
    constexpr role::States with_key{role::State::AWAITING_CERTIFICATE, role::State::READY};
    return {
        entry<proto::StatusRequest>(STATUS, "status", any_state, 0,
                                    [&](const auto& request) { return answer(service.status(request)); }),
        entry<InitialiseRequest>(INITIALISE, "initialise", only_uninitialised, 16,
                                 [&](const auto& request) { return answer(service.initialise(request)); }),
        entry<CompleteRequest>(COMPLETE, "complete", with_key, 8 * limits::certificate_size,
                               [&](const auto& request) { return answer(service.complete(request)); }),
        entry<UpdateCrlRequest>(UPDATE_CRL, "update_crl", only_ready, limits::crl_size + 64,
                                [&](const auto& request) { return answer(service.update_crl(request)); }),
        entry<RespondRequest>(RESPOND, "respond", only_ready, limits::certificate_size + 256,
                              [&](const auto& request) { return answer(service.respond(request)); }),
    };
}

}
