// What the APIs are built on. References only; everything outlives the servers.
#pragma once

#include "base/clock.h"
#include "config/config.h"
#include "service/rate_limiter.h"
#include "service/service.h"

namespace qss::api {

struct Parts {
    service::Service& service;
    service::RateLimiter& limiter; // of requests, by pack and by device
    const config::Config& config;
    const Clock& clock;
};

}
