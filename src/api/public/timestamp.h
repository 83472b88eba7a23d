// Time-stamps over HTTP (RFC 3161 3.4; EN 319 422 8). Inner header of api/public.
#pragma once

#include "api/exchange.h"
#include "api/parts.h"

namespace qss::api::public_api {

http::Handler timestamp_post(const Parts& parts);

}
