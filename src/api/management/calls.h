// The calls of the management API. Inner header of api/management. Each runs on the pool.
#pragma once

#include "api/exchange.h"
#include "api/parts.h"

namespace qss::api::management {

using Outcome = Result<http::Response>;

// tenancy.cpp
Outcome add_enterprise(const Parts& parts, const service::Operator& by, const http::Request& request);
Outcome list_enterprises(const Parts& parts, const service::Operator& by, const http::Request& request);
Outcome add_pack(const Parts& parts, const service::Operator& by, const http::Request& request);
Outcome list_packs(const Parts& parts, const service::Operator& by, const http::Request& request);
Outcome add_credential(const Parts& parts, const service::Operator& by, const http::Request& request);
Outcome list_credentials(const Parts& parts, const service::Operator& by, const http::Request& request);
Outcome suspend_credential(const Parts& parts, const service::Operator& by, const http::Request& request);
Outcome list_users(const Parts& parts, const service::Operator& by, const http::Request& request);

// identities.cpp
Outcome list_identities(const Parts& parts, const service::Operator& by, const http::Request& request);
Outcome get_identity(const Parts& parts, const service::Operator& by, const http::Request& request);
Outcome revoke_identity(const Parts& parts, const service::Operator& by, const http::Request& request);

// registration.cpp
void pending_registrations(const Parts& parts, const ExchangePtr& exchange);
Outcome submit_statement(const Parts& parts, const service::Operator& by, const http::Request& request);

Result<service::Operator> authenticate(const Parts& parts, const http::Request& request);

}
