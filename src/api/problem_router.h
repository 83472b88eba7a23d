// A router for the APIs whose errors are problem documents (RFC 9457): a table of routes under a prefix,
// with 404, 405 and 415 in that shape. Pure but for what the routes do.
#pragma once

#include <span>
#include <string_view>

#include "api/exchange.h"
#include "api/parts.h"
#include "api/problem.h"
#include "http/router.h"

namespace qss::api {

struct Route {
    std::string_view method;
    std::string_view pattern; // after the prefix
    void (*handle)(const Parts& parts, const ExchangePtr& exchange);
};

http::Router empty_problem_router();
// Each on the pool; one with a body says that it is JSON.
http::Router make_problem_router(std::string_view prefix, std::span<const Route> table, const Parts& parts);

}
