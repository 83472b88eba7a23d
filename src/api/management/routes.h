// The management API (api/management.yaml), on the mutual-TLS listener under /management/v1. The client
// certificate says who calls; what a role may do, each use case checks itself.
#pragma once

#include <span>
#include <string_view>

#include "api/problem_router.h"
#include "http/router.h"

namespace qss::api::management {

inline constexpr std::string_view prefix = "/management/v1";

std::span<const Route> routes();
http::Router make_router(const Parts& parts);

}
