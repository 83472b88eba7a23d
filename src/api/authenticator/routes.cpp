#include "api/authenticator/routes.h"

#include "api/authenticator/calls.h"
#include "base/limits.h"

namespace qss::api::authenticator {

namespace {

using OpenCall = Outcome (*)(const Parts&, const http::Request&);
using Call = Outcome (*)(const Parts&, const service::Phone&, const http::Request&);

template <OpenCall call>
void open(const Parts& parts, const ExchangePtr& exchange)
{
    exchange->answer(call(parts, exchange->request()));
}

Outcome call_as_phone(const Parts& parts, const http::Request& request, Call call)
{
    TRY_ASSIGN(by, authenticate(parts, request));
    return call(parts, by, request);
}

template <Call call>
void as_phone(const Parts& parts, const ExchangePtr& exchange)
{
    exchange->answer(call_as_phone(parts, exchange->request(), call));
}

constexpr Route table[] = {
    {"POST", "/enrolments", open<begin_enrolment>},
    {"POST", "/enrolments/{enrolment_id}/codes", open<enter_codes>},
    {"POST", "/enrolments/{enrolment_id}/authenticator", open<bind_authenticator>},
    {"POST", "/device-challenges", open<device_challenge>},
    {"POST", "/device-tokens", open<device_token>},
    {"GET", "/sessions", pending_sessions},
    {"POST", "/sessions/{session_id}/approve", as_phone<approve>},
    {"POST", "/sessions/{session_id}/reject", as_phone<reject>},
    {"GET", "/history", as_phone<history>},
    {"GET", "/history/{session_id}/evidence", as_phone<evidence>},
};

}

std::span<const Route> routes()
{
    return table;
}

http::Router make_router(const Parts& parts)
{
    return make_problem_router(prefix, table, parts);
}

Result<service::Phone> authenticate(const Parts& parts, const http::Request& request)
{
    TRY_ASSIGN(token, bearer_token(request));
    TRY_ASSIGN(by, parts.service.devices().authenticate(token));
    auto taken =
        parts.limiter.take("device " + by.device_id.text(), parts.config.rates.device_requests_per_minute);
    if (!taken)
        return fail(ErrorCode::rate_limited, "too many requests of this device; wait a little");
    return by;
}

Result<store::StoredAssertion> read_assertion(json::Reader& body)
{
    TRY_ASSIGN(credential_id, body.base64url("credential_id", limits::webauthn_credential_id_size));
    TRY_ASSIGN(authenticator_data, body.base64url("authenticator_data", limits::authenticator_data_size));
    TRY_ASSIGN(client_data_json, body.base64url("client_data_json", limits::client_data_size));
    TRY_ASSIGN(signature, body.base64url("signature", limits::signature_size));
    TRY(body.finish());
    return store::StoredAssertion{std::move(credential_id), std::move(authenticator_data),
                                  std::move(client_data_json), std::move(signature)};
}

}
