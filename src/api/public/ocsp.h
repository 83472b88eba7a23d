// OCSP over HTTP (RFC 6960 A.1; RFC 5019 5 and 6): POST, and GET with the request in base64. Inner header of
// api/public.
#pragma once

#include "api/exchange.h"
#include "api/parts.h"

namespace qss::api::public_api {

http::Handler ocsp_post(const Parts& parts);
http::Handler ocsp_get(const Parts& parts);

}
