#include "api/public/timestamp.h"

#include "api/problem.h"
#include "base/limits.h"

namespace qss::api::public_api {

namespace {

constexpr std::string_view query_type = "application/timestamp-query";
constexpr std::string_view reply_type = "application/timestamp-reply";

http::Response response_of(const Bytes& response)
{
    return {200,
            {{"Content-Type", std::string(reply_type)}, {"Cache-Control", "no-store"}},
            to_string(ByteView(response))};
}

}

http::Handler timestamp_post(const Parts& parts)
{
    return [parts](http::Request request, http::Responder respond) {
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
        // What is no TimeStampReq is answered by the unit as well: with a TimeStampResp that says so.
        auto body = to_bytes(std::string_view(request.body));
        const auto exchange =
            std::make_shared<Exchange>(std::move(request), std::move(respond), ErrorShape{problem_response});
        parts.service.timestamps().answer(std::move(body), [exchange](const Result<Bytes>& response) {
            exchange->answer(response ? Result<http::Response>(response_of(*response))
                                      : Result<http::Response>(fail(response.error())));
        });
    };
}

}
