#include "webauthn/client_data.h"

#include <algorithm>

#include "base/canonical.h"
#include "base/encoding.h"
#include "base/limits.h"
#include "webauthn/assertion.h"

namespace qss::webauthn {

namespace {

// CCDToString, 5.8.1.1.
std::string json_string(std::string_view text)
{
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<std::uint8_t>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20) {
            out += "\\u00" + hex_encode({&byte, 1});
        } else {
            out += c;
        }
    }
    return out + "\"";
}

std::string up_to_origin(std::string_view type, ByteView challenge)
{
    return "{\"type\":" + json_string(type) + ",\"challenge\":" + json_string(base64url_encode(challenge)) +
           ",\"origin\":";
}

// What follows `"crossOrigin":false`. 5.8.1.2 allows further members and does not read them; none of
// them may be one that a JSON parser would take for another value of a member that was checked.
Status check_rest(std::string_view rest)
{
    if (rest == "}")
        return {};
    if (!rest.starts_with(',') || !rest.ends_with('}') || !is_valid_utf8(rest))
        return fail(ErrorCode::verification_failed, "client data goes on with something that is no member");
    for (const auto* name : {"\"type\"", "\"challenge\"", "\"origin\"", "\"crossOrigin\"", "\"topOrigin\""})
        if (rest.find(name) != std::string_view::npos)
            return fail(ErrorCode::verification_failed, "client data has a top origin, or a member twice");
    return {};
}

}

std::string client_data_prefix(std::string_view type, ByteView challenge, std::string_view origin)
{
    return up_to_origin(type, challenge) + json_string(origin) + ",\"crossOrigin\":false";
}

Bytes encode_client_data(std::string_view type, ByteView challenge, std::string_view origin)
{
    return to_bytes(client_data_prefix(type, challenge, origin) + "}");
}

Status check_client_data(ByteView client_data_json, std::string_view type, ByteView challenge,
                         std::span<const std::string> origins)
{
    if (client_data_json.size() > limits::client_data_size)
        return fail(ErrorCode::verification_failed, "client data is too long");
    const auto text = as_text(client_data_json);
    if (!text.starts_with("{\"type\":" + json_string(type) + ","))
        return fail(ErrorCode::verification_failed, "client data is not of type " + std::string(type));
    if (!text.starts_with(up_to_origin(type, challenge)))
        return fail(ErrorCode::verification_failed, "client data answers another challenge");
    for (const auto& origin : origins) {
        const auto prefix = client_data_prefix(type, challenge, origin);
        if (text.starts_with(prefix))
            return check_rest(text.substr(prefix.size()));
    }
    return fail(ErrorCode::verification_failed,
                "client data comes from another origin, or from within a frame");
}

Status check_origin(std::string_view origin, std::string_view rp_id)
{
    const bool is_local = rp_id == "localhost";
    const std::string_view scheme = is_local && origin.starts_with("http:") ? "http://" : "https://";
    if (!origin.starts_with(scheme))
        return fail(ErrorCode::verification_failed, "origin is not https");
    auto host = origin.substr(scheme.size());
    const auto colon = host.find(':');
    if (colon != std::string_view::npos) {
        const auto port = host.substr(colon + 1);
        if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != std::string_view::npos)
            return fail(ErrorCode::verification_failed, "origin has a strange port");
        host = host.substr(0, colon);
    }
    const bool characters =
        host.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-.") == std::string_view::npos;
    if (rp_id.empty() || !characters || (host != rp_id && !host.ends_with("." + std::string(rp_id))))
        return fail(ErrorCode::verification_failed, "origin does not belong to the relying party");
    return {};
}

Result<std::string> origin_under(ByteView client_data_json, std::string_view type, ByteView challenge,
                                 std::string_view rp_id)
{
    auto text = as_text(client_data_json);
    const auto before = up_to_origin(type, challenge) + "\"";
    if (client_data_json.size() > limits::client_data_size || !text.starts_with(before))
        return fail(ErrorCode::verification_failed,
                    "client data has another type or answers another challenge");
    text.remove_prefix(before.size());
    const auto origin = text.substr(0, text.find('"'));
    TRY(check_origin(origin, rp_id));
    return std::string(origin);
}

}
