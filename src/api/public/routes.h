// What anyone may read, without authentication (EN 319 411-1: repository; CA-14): the CAs' certificates and
// lists, the status of certificates by OCSP (RFC 6960, RFC 5019), disclosure and practice statements. The
// same routes are on the public listener, by HTTP, and on the TLS listener, since the disclosure statement's
// URL is https.
#pragma once

#include <span>

#include "api/parts.h"
#include "http/router.h"

namespace qss::api::public_api {

inline constexpr std::string_view ocsp_prefix = "/ocsp/"; // what follows is a request in base64

struct Route {
    std::string_view method;
    std::string_view pattern;
};
std::span<const Route> routes();

// Of everything but GET with `ocsp_prefix`. Fails when a document can not be read.
Result<http::Router> make_router(const Parts& parts);
// GET /ocsp/{request}: the listener has ocsp_prefix as its opaque prefix.
http::Handler ocsp_get(const Parts& parts);

}
