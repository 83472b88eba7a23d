#include "api/public/caching.h"

#include <algorithm>

#include "http/response_text.h"

namespace qss::api::public_api {

namespace {

// RFC 9110 13.1.2: "*", or a list of tags; a weak one compares as well.
bool has_tag(std::string_view list, std::string_view tag)
{
    const auto quoted = "\"" + std::string(tag) + "\"";
    return list == "*" || list.find(quoted) != std::string_view::npos;
}

bool is_known(const http::Request& request, const Cached& about)
{
    if (const auto tags = request.header("If-None-Match"))
        return has_tag(*tags, about.tag);
    // Compared as text: what we sent comes back, and anything else is answered in full.
    const auto date = request.header("If-Modified-Since");
    return date && *date == http::http_date(about.since);
}

}

http::Response cached_response(const http::Request& request, const Cached& about, std::string body,
                               TimePoint now)
{
    const auto left = std::chrono::floor<std::chrono::seconds>(std::max(about.until - now, Milliseconds(0)));
    http::Response response;
    response.headers = {
        {"Cache-Control", "public, no-transform, must-revalidate, max-age=" + std::to_string(left.count())},
        {"ETag", "\"" + about.tag + "\""},
        {"Last-Modified", http::http_date(about.since)},
        {"Expires", http::http_date(now + left)}};
    if ((request.method == "GET" || request.method == "HEAD") && is_known(request, about)) {
        response.status = 304;
        return response;
    }
    response.headers.push_back({"Content-Type", about.media_type});
    response.body = std::move(body);
    return response;
}

}
