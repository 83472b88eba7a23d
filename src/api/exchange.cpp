#include "api/exchange.h"

#include "api/status.h"
#include "base/log.h"

namespace qss::api {

namespace {

char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Lower case, without blanks.
std::string folded(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        if (c != ' ' && c != '\t')
            out += lower(c);
    }
    return out;
}

}

void Exchange::answer(Result<http::Response> outcome)
{
    if (outcome)
        return m_responder(std::move(*outcome));
    const auto& error = outcome.error();
    if (http_status(error.code).status >= 500 && error.code != ErrorCode::expired) {
        log::error(
            "request failed",
            {{"request", m_request.request_id}, {"code", to_string(error.code)}, {"detail", error.detail}});
    }
    m_responder(m_shape(error, m_request.request_id));
}

void Exchange::drop_request()
{
    http::Request left;
    left.method = std::move(m_request.method);
    left.request_id = std::move(m_request.request_id);
    left.client = std::move(m_request.client);
    std::swap(m_request, left); // assigned a short string, a long one would keep its memory
}

void Exchange::shed(const Error& error)
{
    m_responder(m_shape(error, m_request.request_id));
}

std::function<bool()> Exchange::client_gone() const
{
    return [client = m_request.client] { return client && client->gone(); };
}

http::Handler on_pool(service::WorkerPool& pool, ErrorShape shape,
                      std::function<void(const ExchangePtr&)> handle)
{
    auto shared = std::make_shared<const std::function<void(const ExchangePtr&)>>(std::move(handle));
    return [&pool, shape, shared](http::Request request, http::Responder responder) {
        auto exchange = std::make_shared<Exchange>(std::move(request), std::move(responder), shape);
        const auto posted = pool.post([exchange, shared] {
            try {
                (*shared)(exchange);
            } catch (const std::exception& e) {
                exchange->answer(fail(ErrorCode::internal, e.what()));
            }
        });
        if (!posted)
            exchange->shed(posted.error());
    };
}

Result<std::string_view> bearer_token(const http::Request& request)
{
    const auto header = request.header("Authorization");
    constexpr std::string_view scheme = "bearer ";
    if (!header)
        return fail(ErrorCode::unauthenticated, "the Authorization header is missing");
    if (header->size() <= scheme.size() || folded(header->substr(0, scheme.size())) != "bearer")
        return fail(ErrorCode::unauthenticated, "only \"Authorization: Bearer <token>\" is supported");
    return header->substr(scheme.size());
}

Error wrong_member(Error error, std::string_view must_be)
{
    if (error.code == ErrorCode::malformed || error.code == ErrorCode::too_large)
        return {ErrorCode::invalid_argument, std::string(must_be)};
    return error;
}

bool is_json(const http::Request& request)
{
    const auto header = request.header("Content-Type");
    if (!header)
        return false;
    const auto type = folded(*header);
    return type == "application/json" || type == "application/json;charset=utf-8" ||
           type == "application/json;charset=\"utf-8\"";
}

}
