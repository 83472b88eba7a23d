// A router for the APIs whose errors are problem documents (RFC 9457): a table of routes under a prefix,
// with 404, 405 and 415 in that shape. Pure but for what the routes do.
#pragma once

#include <span>

#include "api/exchange.h"
#include "api/parts.h"
#include "api/problem.h"

namespace qss::api {

http::Router empty_problem_router();
// Lets a request with a body pass only when it says that it is JSON.
http::Handler with_json_if_any(http::Handler next);

// `Route` has method, pattern and handle(parts, exchange).
template <class Route>
http::Router make_problem_router(std::string_view prefix, std::span<const Route> table, const Parts& parts)
{
    auto router = empty_problem_router();
    for (const auto& route : table) {
        auto handler =
            on_pool(parts.service.pool(), problem_response,
                    [parts, handle = route.handle](const ExchangePtr& exchange) { handle(parts, exchange); });
        router.add(route.method, std::string(prefix) + std::string(route.pattern),
                   with_json_if_any(std::move(handler)));
    }
    return router;
}

}
