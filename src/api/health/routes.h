// Health on loopback, plain HTTP: /healthz says that the process answers, /readyz that its database and
// its roles do too (503 with the reason otherwise).
#pragma once

#include "api/parts.h"
#include "http/router.h"

namespace qss::api::health {

http::Router make_router(const Parts& parts);

}
