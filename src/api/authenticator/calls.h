// The calls of the authenticator API. Inner header of api/authenticator. Each runs on the pool.
#pragma once

#include "api/exchange.h"
#include "api/parts.h"

namespace qss::api::authenticator {

using Outcome = Result<http::Response>;

// enrolment.cpp, login.cpp: no token yet
Outcome begin_enrolment(const Parts& parts, const http::Request& request);
Outcome enter_codes(const Parts& parts, const http::Request& request);
Outcome bind_authenticator(const Parts& parts, const http::Request& request);
Outcome device_challenge(const Parts& parts, const http::Request& request);
Outcome device_token(const Parts& parts, const http::Request& request);

// sessions.cpp: with a device token
void pending_sessions(const Parts& parts, const ExchangePtr& exchange);
Outcome approve(const Parts& parts, const service::Phone& by, const http::Request& request);
Outcome reject(const Parts& parts, const service::Phone& by, const http::Request& request);
Outcome history(const Parts& parts, const service::Phone& by, const http::Request& request);
Outcome evidence(const Parts& parts, const service::Phone& by, const http::Request& request);

Result<service::Phone> authenticate(const Parts& parts, const http::Request& request);

// credential_id, authenticator_data, client_data_json, signature: all base64url.
Result<store::StoredAssertion> read_assertion(json::Reader& body);

}
