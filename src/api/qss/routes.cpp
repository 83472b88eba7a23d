#include "api/qss/routes.h"

#include "api/qss/calls.h"
#include "api/qss/errors.h"

namespace qss::api::qss_api {

namespace {

using Call = Outcome (*)(const Parts&, const service::Application&, const http::Request&);

Outcome call_as_application(const Parts& parts, const http::Request& request, Call call)
{
    TRY_ASSIGN(by, authenticate(parts, request));
    return call(parts, by, request);
}

template <Call call>
void as_application(const Parts& parts, const ExchangePtr& exchange)
{
    exchange->answer(call_as_application(parts, exchange->request(), call));
}

http::Handler with_json(http::Handler next)
{
    return [next = std::move(next)](http::Request request, http::Responder respond) {
        if (request.body.empty())
            respond(error_response(411, "Content-Length required"));
        else if (!is_json(request))
            respond(error_response(415, "Bad Content-Type"));
        else
            next(std::move(request), std::move(respond));
    };
}

constexpr Route table[] = {
    {"POST", "/login", Body::json, login},
    {"POST", "/users", Body::json, as_application<add_user>},
    {"GET", "/users/{email}", Body::none, as_application<get_user>},
    {"DELETE", "/users/{email}", Body::none, as_application<remove_user>},
    {"GET", "/users/{email}/devices", Body::none, as_application<list_devices>},
    {"DELETE", "/users/{email}/devices/{device_id}", Body::none, as_application<remove_device>},
    {"POST", "/users/{email}/identity", Body::json, as_application<get_or_create_identity>},
    {"DELETE", "/users/{email}/identity", Body::none, as_application<revoke_identity>},
    {"GET", "/users/{email}/sign/{digest}", Body::none, sign_one},
    {"POST", "/users/{email}/sign", Body::json, sign_many},
    {"GET", "/sessions/{session_id}/evidence", Body::none, as_application<get_evidence>},
    {"GET", "/trustchain", Body::none, as_application<trust_chain>},
    {"GET", "/certificate_path", Body::none, as_application<certificate_path>},
    {"GET", "/v2/certificate_path", Body::none, as_application<certificate_path>}, // where DSS clients ask
    {"GET", "/quotas/signatures", Body::none, as_application<signatures_left>},
    {"GET", "/timestamp/{digest}", Body::none, as_application<timestamp>},
    {"GET", "/quotas/timestamps", Body::none, as_application<timestamps_left>},
    {"GET", "/quotas/users", Body::none, as_application<users_left>},
};

}

std::span<const Route> routes()
{
    return table;
}

http::Router make_router(const Parts& parts)
{
    http::Router router(
        [](http::Request request, http::Responder respond) {
            respond(error_response(Error{ErrorCode::not_found, "no such path"}, request.request_id));
        },
        [](http::Request, http::Responder respond, std::string allow) {
            auto response = error_response(405, "Method Not Allowed");
            response.headers.push_back({"Allow", std::move(allow)});
            respond(std::move(response));
        });
    for (const auto& route : table) {
        auto handler =
            on_pool(parts.service.pool(), error_response,
                    [parts, handle = route.handle](const ExchangePtr& exchange) { handle(parts, exchange); });
        router.add(route.method, route.pattern,
                   route.body == Body::json ? with_json(std::move(handler)) : handler);
    }
    return router;
}

http::Response protocol_error_response(int status, std::string_view reason, const std::string& request_id)
{
    switch (status) {
    case 400: return error_response(400, "Bad Request");
    case 411: return error_response(411, "Content-Length required");
    case 500: return error_response(Error{ErrorCode::internal, {}}, request_id);
    default: return error_response(status, reason);
    }
}

Result<service::Application> authenticate(const Parts& parts, const http::Request& request)
{
    TRY_ASSIGN(token, bearer_token(request));
    TRY_ASSIGN(by, parts.service.logins().authenticate(token, request.peer_certificate));
    auto taken = parts.limiter.take(by.pack.id.text(), parts.config.rates.requests_per_minute);
    if (!taken)
        return fail(ErrorCode::rate_limited, "too many requests of this service pack; wait a little");
    return by;
}

}
