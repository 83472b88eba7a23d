// The management API as operators and registration officers call it; who calls is known by the client
// certificate. One thread at a time.
#pragma once

#include <string>
#include <string_view>

#include "client/https_client.h"
#include "client/json.h"

namespace qss::client {

class ManagementApi {
public:
    explicit ManagementApi(HttpsClient https) : m_https(std::move(https)) {}

    // Paths below /management/v1: "/enterprises". An answer without a body is an empty object.
    Result<json::object> get(std::string_view path, int timeout_ms = 60'000);
    Result<json::object> post(std::string_view path, const json::object& body);

private:
    HttpsClient m_https;
};

}
