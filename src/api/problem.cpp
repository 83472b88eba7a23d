#include "api/problem.h"

#include "api/json.h"
#include "api/status.h"

namespace qss::api {

http::Response problem_response(const Problem& problem, const std::string& request_id)
{
    const auto entry = http_status(problem.error.code);
    const int status = problem.status.value_or(entry.status);
    json::Writer body;
    body.text("type", "about:blank").text("title", entry.title).integer("status", status);
    if (entry.detail_for_caller && !problem.error.detail.empty())
        body.text("detail", problem.error.detail);
    body.text("code", problem.code.empty() ? to_string(problem.error.code) : problem.code);
    if (problem.tries_left)
        body.integer("tries_left", *problem.tries_left);
    if (status >= 500)
        body.text("id", request_id);
    http::Response response{status,
                            {{"Content-Type", "application/problem+json;charset=utf-8"},
                             {"Cache-Control", "no-store"}},
                            body.str()};
    if (status == 429 || status == 503)
        response.headers.push_back({"Retry-After", std::string(retry_after_s)});
    return response;
}

http::Response problem_response(const Error& error, const std::string& request_id)
{
    return problem_response(Problem{error, {}, {}, {}}, request_id);
}

}
