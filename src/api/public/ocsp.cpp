#include "api/public/ocsp.h"

#include "api/problem.h"
#include "api/public/caching.h"
#include "api/public/routes.h"
#include "base/encoding.h"
#include "http/path.h"

namespace qss::api::public_api {

namespace {

constexpr std::string_view request_type = "application/ocsp-request";

http::Response status_response(const http::Request& request, const service::PublishedStatus& status,
                               TimePoint now)
{
    const std::string media_type = "application/ocsp-response";
    auto body = to_string(ByteView(status.response));
    if (!status.until) // errors, and what has a nonce
        return {200, {{"Content-Type", media_type}, {"Cache-Control", "no-store"}}, std::move(body)};
    return cached_response(request, {media_type, status.tag, status.since, *status.until}, std::move(body),
                           now);
}

// What is kept is answered here; what has to be asked for, on the pool.
void answer(const Parts& parts, Bytes asked, http::Request request, http::Responder respond)
{
    if (const auto known = parts.service.publication().kept(asked))
        return respond(status_response(request, *known, parts.clock.now()));
    const auto on_worker =
        on_pool(parts.service.pool(), problem_response,
                [parts, asked = std::move(asked)](const ExchangePtr& exchange) {
                    const auto status = parts.service.publication().answer(asked);
                    exchange->answer(status_response(exchange->request(), *status, parts.clock.now()));
                });
    on_worker(std::move(request), std::move(respond));
}

}

http::Handler ocsp_post(const Parts& parts)
{
    return [parts](http::Request request, http::Responder respond) {
        const auto type = request.header("Content-Type");
        if (!type || *type != request_type)
            return respond(problem_response(415, "the body of an OCSP request is application/ocsp-request",
                                            request.request_id));
        auto asked = to_bytes(std::string_view(request.body));
        answer(parts, std::move(asked), std::move(request), std::move(respond));
    };
}

// RFC 6960 A.1.1: the base64 of the request, percent-encoded where a client cares to.
http::Handler ocsp_get(const Parts& parts)
{
    return [parts](http::Request request, http::Responder respond) {
        const auto text = http::percent_decode(std::string_view(request.path).substr(ocsp_prefix.size()));
        auto asked = text ? base64_decode(*text) : Result<Bytes>(fail(text.error()));
        // What is no base64 is no request either; the answer is the same.
        answer(parts, asked ? std::move(*asked) : Bytes(), std::move(request), std::move(respond));
    };
}

}
