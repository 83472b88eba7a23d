// The management API (api/management.yaml), on the mutual-TLS listener under /management/v1. The client
// certificate says who calls; what a role may do, each use case checks itself.
#pragma once

#include <span>
#include <string_view>

#include "api/exchange.h"
#include "api/parts.h"
#include "http/router.h"

namespace qss::api::management {

inline constexpr std::string_view prefix = "/management/v1";

struct Route {
    std::string_view method;
    std::string_view pattern; // after the prefix
    void (*handle)(const Parts& parts, const ExchangePtr& exchange);
};

std::span<const Route> routes();
http::Router make_router(const Parts& parts);

}
