#include "api/health/routes.h"

#include "api/exchange.h"
#include "api/problem_router.h"
#include "api/respond.h"

namespace qss::api::health {

namespace {

std::string_view text_of(service::Readiness readiness)
{
    switch (readiness) {
    case service::Readiness::ready: return "ready";
    case service::Readiness::database_away: return "database away";
    case service::Readiness::role_away: return "role away";
    }
    return "role away";
}

http::Response status_response(int status, std::string_view text)
{
    return json_response(status, json::Writer().text("status", text).str());
}

}

http::Router make_router(const Parts& parts)
{
    auto router = empty_problem_router();
    router.add("GET", "/healthz",
               [](http::Request, http::Responder respond) { respond(status_response(200, "ok")); });
    router.add("GET", "/readyz",
               on_pool(parts.service.pool(), problem_response,
                       [&service = parts.service](const ExchangePtr& exchange) {
                           const auto readiness = service.readiness();
                           exchange->answer(status_response(
                               readiness == service::Readiness::ready ? 200 : 503, text_of(readiness)));
                       }));
    return router;
}

}
