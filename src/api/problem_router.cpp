#include "api/problem_router.h"

namespace qss::api {

http::Router empty_problem_router()
{
    return http::Router(
        [](http::Request request, http::Responder respond) {
            respond(problem_response(Error{ErrorCode::not_found, {}}, request.request_id));
        },
        [](http::Request request, http::Responder respond, std::string allow) {
            auto response = problem_response(405, "Method Not Allowed", request.request_id);
            response.headers.push_back({"Allow", std::move(allow)});
            respond(std::move(response));
        });
}

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
