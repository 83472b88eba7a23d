#include "ca/dispatch.h"

#include "base/limits.h"

namespace qss::ca {

std::vector<role::Entry> dispatch_table(Service& service)
{
    using namespace proto::ca;
    using role::any_state;
    using role::entry;
    using role::only_ready;
    using role::only_uninitialised;
    constexpr std::size_t empty = 0;
    constexpr std::size_t ceremony = 16 * 1024;
    constexpr std::size_t identity = 4 * limits::statement_size;
    constexpr std::size_t access = limits::csr_size + 1024;
    return {
        entry<proto::StatusRequest>(STATUS, "status", any_state, empty,
                                    [&](const auto& request) { return service.status(request); }),
        entry<InitialiseRequest>(INITIALISE, "initialise", only_uninitialised, ceremony,
                                 [&](const auto& request) { return service.initialise(request); }),
        entry<proto::CarryOutRequest>(CARRY_OUT, "carry_out", only_ready, role::carry_out_size,
                                      [&](const auto& request) { return service.carry_out(request); }),
        entry<GetNonceRequest>(GET_NONCE, "get_nonce", only_ready, empty,
                               [&](const auto& request) { return service.get_nonce(request); }),
        entry<IssueIdentityRequest>(ISSUE_IDENTITY, "issue_identity", only_ready, identity,
                                    [&](const auto& request) { return service.issue_identity(request); }),
        entry<RevokeRequest>(REVOKE, "revoke", only_ready, 512,
                             [&](const auto& request) { return service.revoke(request); }),
        entry<IssueAccessRequest>(ISSUE_ACCESS, "issue_access", only_ready, access,
                                  [&](const auto& request) { return service.issue_access(request); }),
        entry<CurrentCrlsRequest>(CURRENT_CRLS, "current_crls", only_ready, 16,
                                  [&](const auto& request) { return service.current_crls(request); }),
        entry<ChainRequest>(CHAIN, "chain", only_ready, empty,
                            [&](const auto& request) { return service.chain(request); }),
        entry<CertificatesRequest>(CERTIFICATES, "certificates", only_ready, empty,
                                   [&](const auto& request) { return service.certificates(request); }),
        entry<proto::OrderOutcomeRequest>(
            role::order_outcome_type, "order_outcome", only_ready, 32,
            [&](const auto& request) { return service.order_outcome(request); }),
        entry<RenewOcspRequest>(RENEW_OCSP, "renew_ocsp", only_ready, empty,
                                [&](const auto& request) { return service.renew_ocsp(request); }),
    };
}

}
