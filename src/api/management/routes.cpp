#include "api/management/routes.h"

#include "api/management/calls.h"
#include "api/problem.h"

namespace qss::api::management {

namespace {

using Call = Outcome (*)(const Parts&, const service::Operator&, const http::Request&);

Outcome call_as_operator(const Parts& parts, const http::Request& request, Call call)
{
    TRY_ASSIGN(by, authenticate(parts, request));
    return call(parts, by, request);
}

template <Call call>
void as_operator(const Parts& parts, const ExchangePtr& exchange)
{
    exchange->answer(call_as_operator(parts, exchange->request(), call));
}

constexpr Route table[] = {
    {"POST", "/enterprises", as_operator<add_enterprise>},
    {"GET", "/enterprises", as_operator<list_enterprises>},
    {"POST", "/packs", as_operator<add_pack>},
    {"GET", "/packs", as_operator<list_packs>},
    {"POST", "/credentials", as_operator<add_credential>},
    {"GET", "/credentials", as_operator<list_credentials>},
    {"POST", "/credentials/{credential_id}/suspend", as_operator<suspend_credential>},
    {"GET", "/users", as_operator<list_users>},
    {"GET", "/identities", as_operator<list_identities>},
    {"GET", "/identities/{identity_id}", as_operator<get_identity>},
    {"POST", "/identities/{identity_id}/revoke", as_operator<revoke_identity>},
    {"GET", "/registration-requests", pending_registrations},
    {"POST", "/registration-requests/{registration_id}/statement", as_operator<submit_statement>},
};

}

std::span<const Route> routes()
{
    return table;
}

http::Router make_router(const Parts& parts)
{
    return make_problem_router(prefix, table, parts);
}

Result<service::Operator> authenticate(const Parts& parts, const http::Request& request)
{
    return parts.service.operators().authenticate(request.peer_certificate);
}

}
