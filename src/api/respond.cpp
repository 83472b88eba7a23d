#include "api/respond.h"

#include "api/status.h"

namespace qss::api {

namespace {

http::Response with_body(int status, std::string media_type, std::string body)
{
    return {
        status, {{"Content-Type", std::move(media_type)}, {"Cache-Control", "no-store"}}, std::move(body)};
}

}

http::Response json_response(int status, std::string body)
{
    return with_body(status, "application/json;charset=utf-8", std::move(body));
}

http::Response no_content()
{
    return {204, {{"Cache-Control", "no-store"}}, {}};
}

http::Response bytes_response(std::string body)
{
    return with_body(200, "application/octet-stream", std::move(body));
}

http::Response error_json_response(int status, std::string body)
{
    auto out = with_body(status, "application/problem+json;charset=utf-8", std::move(body));
    if (status == 429 || status == 503)
        out.headers.push_back({"Retry-After", std::string(retry_after_s)});
    return out;
}

}
