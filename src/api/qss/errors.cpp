#include "api/qss/errors.h"

#include "api/json.h"
#include "api/respond.h"
#include "api/status.h"

namespace qss::api::qss_api {

namespace {

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
    return error_json_response(entry.status, body.str());
}

http::Response error_response(int status, std::string_view description)
{
    return error_json_response(status, json::Writer().text("description", description).str());
}

}
