// The authenticator API (api/authenticator.yaml), on the TLS listener under /authenticator/v1. Without a
// token: registration, by invitation and one-time codes, and the device's log-in. With a device token:
// reading and rejecting; approving takes an assertion, which the SAM judges.
#pragma once

#include <span>
#include <string_view>

#include "api/problem_router.h"
#include "http/router.h"

namespace qss::api::authenticator {

inline constexpr std::string_view prefix = "/authenticator/v1";

std::span<const Route> routes();
http::Router make_router(const Parts& parts);

}
