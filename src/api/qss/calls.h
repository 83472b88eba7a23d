// The calls of the QSS API, and what they share. Inner header of api/qss. Each call runs on the pool.
#pragma once

#include <string>

#include "api/exchange.h"
#include "api/parts.h"

namespace qss::api::qss_api {

using Outcome = Result<http::Response>;

// login.cpp
void login(const Parts& parts, const ExchangePtr& exchange);

// users.cpp
Outcome add_user(const Parts& parts, const service::Application& by, const http::Request& request);
Outcome get_user(const Parts& parts, const service::Application& by, const http::Request& request);
Outcome remove_user(const Parts& parts, const service::Application& by, const http::Request& request);
Outcome list_devices(const Parts& parts, const service::Application& by, const http::Request& request);
Outcome remove_device(const Parts& parts, const service::Application& by, const http::Request& request);

// identity.cpp
Outcome get_or_create_identity(const Parts& parts, const service::Application& by,
                               const http::Request& request);
Outcome revoke_identity(const Parts& parts, const service::Application& by, const http::Request& request);

// Of a DELETE's body; cessationOfOperation without one. invalid_argument: none that we give.
Result<std::uint32_t> revocation_reason(const http::Request& request);

// sign.cpp
void sign_one(const Parts& parts, const ExchangePtr& exchange);
void sign_many(const Parts& parts, const ExchangePtr& exchange);
Outcome get_evidence(const Parts& parts, const service::Application& by, const http::Request& request);

// account.cpp
Outcome trust_chain(const Parts& parts, const service::Application& by, const http::Request& request);
Outcome certificate_path(const Parts& parts, const service::Application& by, const http::Request& request);
Outcome signatures_left(const Parts& parts, const service::Application& by, const http::Request& request);
Outcome timestamps_left(const Parts& parts, const service::Application& by, const http::Request& request);
Outcome users_left(const Parts& parts, const service::Application& by, const http::Request& request);

// timestamp.cpp
Outcome timestamp(const Parts& parts, const service::Application& by, const http::Request& request);

// --- shared

// Who calls: token and certificate of this request, then the pack's rate of requests.
Result<service::Application> authenticate(const Parts& parts, const http::Request& request);

}
