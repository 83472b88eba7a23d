#include "api/problem.h"

#include "api/json.h"
#include "api/respond.h"
#include "api/status.h"

namespace qss::api {

namespace {

json::Writer begin(int status, std::string_view title)
{
    json::Writer body;
    body.text("type", "about:blank").text("title", title).integer("status", status);
    return body;
}

}

http::Response problem_response(const Error& error, const std::string& request_id)
{
    const auto entry = http_status(error.code);
    auto body = begin(entry.status, entry.title);
    if (entry.detail_for_caller && !error.detail.empty())
        body.text("detail", error.detail);
    body.text("code", to_string(error.code));
    if (entry.status >= 500)
        body.text("id", request_id);
    return error_json_response(entry.status, body.str());
}

http::Response problem_response(int status, std::string_view title, const std::string& request_id)
{
    return error_json_response(status,
                               begin(status, title).text("code", "http").text("id", request_id).str());
}

http::Response wrong_guess_response(std::string_view code, std::string_view detail,
                                    std::optional<std::int64_t> tries_left)
{
    const auto entry = http_status(ErrorCode::verification_failed);
    auto body = begin(entry.status, entry.title);
    body.text("detail", detail).text("code", code);
    if (tries_left)
        body.integer("tries_left", *tries_left);
    return error_json_response(entry.status, body.str());
}

}
