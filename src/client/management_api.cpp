#include "client/management_api.h"

namespace qss::client {

namespace {

constexpr auto prefix = "/management/v1";

Result<json::object> to_object(const Result<HttpAnswer>& answer)
{
    if (!answer)
        return fail(answer.error());
    TRY(check_success(*answer));
    if (answer->body.empty())
        return json::object();
    return parse_object(answer->body);
}

}

Result<json::object> ManagementApi::get(std::string_view path, int timeout_ms)
{
    return to_object(m_https.send({"GET", prefix + std::string(path), {}, "", timeout_ms}));
}

Result<json::object> ManagementApi::post(std::string_view path, const json::object& body)
{
    return to_object(m_https.send({"POST",
                                   prefix + std::string(path),
                                   {{"Content-Type", "application/json;charset=utf-8"}},
                                   to_text(body),
                                   60'000}));
}

}
