// The QSS API (api/qss.yaml): one table of method, path and handler. Every call but /login is made by an
// application whose token and client certificate are checked on this very request.
#pragma once

#include <span>
#include <string_view>

#include "api/exchange.h"
#include "api/parts.h"
#include "http/router.h"

namespace qss::api::qss_api {

enum class Body {
    none, // ignored if there is one: some clients send "{}" with every GET
    json, // 411 when empty, 415 when it is not JSON
};

struct Route {
    std::string_view method;
    std::string_view pattern;
    Body body;
    void (*handle)(const Parts& parts, const ExchangePtr& exchange);
};

std::span<const Route> routes();

// Routes and fallbacks: 404, and 405 with Allow, in this API's shape.
http::Router make_router(const Parts& parts);

// What the HTTP server refuses by itself, in this API's shape: 400, 411 "Content-Length required", …
http::Response protocol_error_response(int status, std::string_view reason, const std::string& request_id);

}
