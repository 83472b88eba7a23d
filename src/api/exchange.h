// One request under way: the request, and the one answer, shaped as its API shapes errors. It may be
// kept while a call waits and answered from any thread; it is answered once, with 500 when it is
// dropped. 5xx are logged under the request's id, with the detail that the caller does not see.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "api/json.h"
#include "base/result.h"
#include "http/message.h"
#include "http/router.h"
#include "service/worker_pool.h"

namespace qss::api {

using ErrorShape = http::Response (*)(const Error& error, const std::string& request_id);

class Exchange {
public:
    Exchange(http::Request request, http::Responder responder, ErrorShape shape)
        : m_request(std::move(request)), m_responder(std::move(responder)), m_shape(shape)
    {
    }

    [[nodiscard]] const http::Request& request() const { return m_request; }
    // Before a wait: headers, query and body are dropped, since thousands may wait for minutes.
    void drop_request();
    void answer(Result<http::Response> outcome);
    // The same for an error under load, not logged: shedding must cost little.
    void shed(const Error& error);
    // For those who wait: true when nobody is there to be answered.
    [[nodiscard]] std::function<bool()> client_gone() const;

private:
    http::Request m_request;
    http::Responder m_responder;
    ErrorShape m_shape;
};

using ExchangePtr = std::shared_ptr<Exchange>; // shared between the pool's queue and those who wait

// Answers on the pool, off the I/O threads; `unavailable` at once when the pool is full. Exceptions of
// libraries end here, as `internal`.
http::Handler on_pool(service::WorkerPool& pool, ErrorShape shape,
                      std::function<void(const ExchangePtr&)> handle);

// The token of "Authorization: Bearer …"; the scheme in any case (RFC 9110 11.1). unauthenticated.
Result<std::string_view> bearer_token(const http::Request& request);

// What the business could not decode inside a body that was JSON is a wrong member, not a malformed body.
// Says what it must be instead of what a decoder said.
Error wrong_member(Error error, std::string_view must_be);

// application/json, blanks and case ignored; with charset=utf-8 or no charset at all.
[[nodiscard]] bool is_json(const http::Request& request);

}
