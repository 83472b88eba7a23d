#include "api/public/timestamp.h"

#include "api/problem.h"
#include "base/limits.h"

namespace qss::api::public_api {

namespace {

constexpr std::string_view query_type = "application/timestamp-query";
constexpr std::string_view reply_type = "application/timestamp-reply";

// What is no TimeStampReq is answered by the unit as well: with a TimeStampResp that says so.
Result<http::Response> answer(const Parts& parts, const http::Request& request)
{
    TRY_ASSIGN(response, parts.service.timestamps().answer(as_bytes(request.body)));
    return http::Response{200,
                          {{"Content-Type", std::string(reply_type)}, {"Cache-Control", "no-store"}},
                          to_string(ByteView(response))};
}

}

http::Handler timestamp_post(const Parts& parts)
{
    auto on_worker = on_pool(parts.service.pool(), problem_response, [parts](const ExchangePtr& exchange) {
        exchange->answer(answer(parts, exchange->request()));
    });
    return [parts, on_worker = std::move(on_worker)](http::Request request, http::Responder respond) {
        const auto type = request.header("Content-Type");
        if (!type || *type != query_type)
            return respond(problem_response(
                415, "the body of a time-stamp request is application/timestamp-query", request.request_id));
        if (request.body.size() > limits::timestamp_request_size)
            return respond(
                problem_response(Error{ErrorCode::too_large, "a time-stamp request has up to 1024 bytes"},
                                 request.request_id));
        // Before any work, and for all together: there are more addresses than signatures.
        const auto taken = parts.limiter.take("tsa", parts.config.timestamping.per_minute);
        if (!taken)
            return respond(problem_response(taken.error(), request.request_id));
        on_worker(std::move(request), std::move(respond));
    };
}

}
