#include "api/authenticator/calls.h"
#include "api/respond.h"
#include "base/limits.h"

namespace qss::api::authenticator {

namespace {

constexpr std::size_t challenge_size = 32;
constexpr std::size_t raw_signature_size = 64; // r || s on P-256

Result<DeviceId> read_device(json::Reader& body)
{
    TRY_ASSIGN(text, body.text("device_id", 2 * DeviceId::size_bytes));
    auto id = DeviceId::parse(text);
    if (!id)
        return fail(ErrorCode::invalid_argument, "\"device_id\" has 32 hexadecimal digits");
    return id;
}

}

Outcome device_challenge(const Parts& parts, const http::Request& request)
{
    TRY_ASSIGN(body, json::Reader::parse(request.body));
    TRY_ASSIGN(device, read_device(body));
    TRY(body.finish());
    const auto challenge = parts.service.devices().challenge(device);
    return json_response(200, json::Writer().base64url("challenge", challenge).str());
}

Outcome device_token(const Parts& parts, const http::Request& request)
{
    TRY_ASSIGN(body, json::Reader::parse(request.body));
    TRY_ASSIGN(device, read_device(body));
    TRY_ASSIGN(challenge, body.base64url("challenge", challenge_size));
    TRY_ASSIGN(signature, body.base64url("signature", raw_signature_size));
    TRY(body.finish());
    TRY_ASSIGN(issued, parts.service.devices().token(device, challenge, signature));
    json::Writer out;
    out.text("access_token", issued.token).integer("expires_in", issued.expires_in_seconds);
    return json_response(200, out.str());
}

}
