#include "api/problem_router.h"

namespace qss::api {

namespace {

// Lets a request with a body pass only when it says that it is JSON.
http::Handler with_json_if_any(http::Handler next)
{
    return [next = std::move(next)](http::Request request, http::Responder respond) {
        if (request.body.empty() || request.method == "GET" || is_json(request))
            next(std::move(request), std::move(respond));
        else
            respond(problem_response(415, "Unsupported Media Type", request.request_id));
    };
}

}

http::Router empty_problem_router()
{
    return http::Router(
        [](http::Request request, http::Responder respond) {
            respond(problem_response(Error{ErrorCode::not_found, "no such path"}, request.request_id));
        },
        [](http::Request request, http::Responder respond, std::string allow) {
            auto response = problem_response(405, "Method Not Allowed", request.request_id);
            response.headers.push_back({"Allow", std::move(allow)});
            respond(std::move(response));
        });
}

http::Router make_problem_router(std::string_view prefix, std::span<const Route> table, const Parts& parts)
{
    auto router = empty_problem_router();
    for (const auto& route : table) {
        auto handler =
            on_pool(parts.service.pool(), problem_response,
                    [parts, handle = route.handle](const ExchangePtr& exchange) { handle(parts, exchange); });
        router.add(route.method, std::string(prefix) + std::string(route.pattern),
                   with_json_if_any(std::move(handler)));
    }
    return router;
}

}
