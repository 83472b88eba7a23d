// The authenticator API as a phone calls it (TLS, no client certificate). Reads need a device token,
// which it gets and renews itself by signing with the device key. One thread at a time.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "client/https_client.h"
#include "client/json.h"

namespace qss::client {

// Answers a device challenge: the signature of the device key, raw r || s.
struct DeviceLogin {
    std::string device_id; // 32 hexadecimal digits
    std::function<Result<Bytes>(ByteView challenge)> sign;
};

class AuthenticatorApi {
public:
    explicit AuthenticatorApi(HttpsClient https) : m_https(std::move(https)) {}

    // Paths below /authenticator/v1. `post` is for the registration, before there is a device.
    Result<json::object> post(std::string_view path, const json::object& body);

    void use_device(DeviceLogin login);
    Result<json::object> get_as_device(std::string_view path, int timeout_ms = 60'000);
    Result<json::object> post_as_device(std::string_view path, const json::object& body);
    Result<Bytes> get_bytes_as_device(std::string_view path);

private:
    Status log_in();
    Result<HttpAnswer> call_as_device(HttpRequest request);

    HttpsClient m_https;
    DeviceLogin m_login;
    std::string m_token;
};

}
