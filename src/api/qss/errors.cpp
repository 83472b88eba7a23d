#include "api/qss/errors.h"

#include "api/json.h"
#include "api/status.h"

namespace qss::api::qss_api {

namespace {

http::Response response(int status, const json::Writer& body)
{
    http::Response out{
        status,
        {{"Content-Type", "application/problem+json;charset=utf-8"}, {"Cache-Control", "no-store"}},
        body.str()};
    if (status == 429 || status == 503)
        out.headers.push_back({"Retry-After", std::string(retry_after_s)});
    return out;
}

// Where the contract has no fixed words, the description says what is wrong; elsewhere the detail goes
// into "errors", which clients may show.
bool description_is_detail(int status)
{
    return status == 403 || status == 409 || status == 410 || status == 422 || status == 423;
}

}

http::Response error_response(const Error& error, const std::string& request_id)
{
    const auto entry = http_status(error.code);
    const bool tell = entry.detail_for_caller && !error.detail.empty();
    json::Writer body;
    body.text("description",
              tell && description_is_detail(entry.status) ? std::string_view(error.detail) : entry.title);
    if (entry.status >= 500)
        body.text("id", request_id);
    json::Writer errors;
    errors.text(to_string(error.code), tell ? std::string_view(error.detail) : entry.title);
    body.object("errors", errors);
    return response(entry.status, body);
}

http::Response error_response(int status, std::string_view description)
{
    return response(status, json::Writer().text("description", description));
}

}
