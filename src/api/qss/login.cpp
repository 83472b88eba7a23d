#include <algorithm>

#include "api/qss/calls.h"
#include "api/qss/errors.h"
#include "api/respond.h"

namespace qss::api::qss_api {

namespace {

bool is_hex(std::string_view text, std::size_t size)
{
    return text.size() == size && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
           });
}

struct Keys {
    std::string api_key;
    std::string api_secret;
};

Result<Keys> read_keys(json::Reader& body)
{
    TRY_ASSIGN(api_key, body.text("api_key", 16));
    TRY_ASSIGN(api_secret, body.text("api_secret", 40));
    TRY(body.finish());
    if (!is_hex(api_key, 16) || !is_hex(api_secret, 40))
        return fail(ErrorCode::invalid_argument, "api_key has 16, api_secret 40 hexadecimal digits");
    return Keys{std::move(api_key), std::move(api_secret)};
}

Outcome answer(const Parts& parts, const http::Request& request)
{
    TRY_ASSIGN(body, json::Reader::parse(request.body));
    auto keys = read_keys(body);
    if (!keys)
        return error_response(422, "Invalid login request");
    TRY_ASSIGN(issued,
               parts.service.logins().login(keys->api_key, keys->api_secret, request.peer_certificate));
    auto response = json_response(200, json::Writer()
                                           .text("access_token", issued.token)
                                           .integer("expires_in", issued.expires_in_seconds)
                                           .str());
    response.headers.push_back({"Authorization", "Bearer " + issued.token});
    return response;
}

}

// Ignored here, as the contract wants: an empty or stale Authorization header, X-SSL-Client-Serial.
void login(const Parts& parts, const ExchangePtr& exchange)
{
    exchange->answer(answer(parts, exchange->request()));
}

}
