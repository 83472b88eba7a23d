#include "client/authenticator_api.h"

#include "base/encoding.h"

namespace qss::client {

namespace {

constexpr int call_timeout_ms = 60'000;

HttpRequest make_request(std::string method, std::string_view path, std::string body, int timeout_ms)
{
    HttpRequest request{
        std::move(method), "/authenticator/v1" + std::string(path), {}, std::move(body), timeout_ms};
    if (!request.body.empty())
        request.headers.push_back({"Content-Type", "application/json;charset=utf-8"});
    return request;
}

Result<json::object> to_object(const HttpAnswer& answer)
{
    if (answer.body.empty())
        return json::object();
    return parse_object(answer.body);
}

}

Result<json::object> AuthenticatorApi::post(std::string_view path, const json::object& body)
{
    TRY_ASSIGN(answer, m_https.send(make_request("POST", path, to_text(body), call_timeout_ms)));
    TRY(check_success(answer));
    return to_object(answer);
}

void AuthenticatorApi::use_device(DeviceLogin login)
{
    m_login = std::move(login);
    m_token.clear();
}

Status AuthenticatorApi::log_in()
{
    QSS_ASSERT(m_login.sign);
    TRY_ASSIGN(asked, post("/device-challenges", {{"device_id", m_login.device_id}}));
    TRY_ASSIGN(challenge, base64url_member(asked, "challenge"));
    TRY_ASSIGN(signature, m_login.sign(challenge));
    TRY_ASSIGN(answer, post("/device-tokens", {{"device_id", m_login.device_id},
                                               {"challenge", base64url_encode(challenge)},
                                               {"signature", base64url_encode(signature)}}));
    TRY_ASSIGN(token, text_member(answer, "access_token"));
    m_token = std::move(token);
    return {};
}

Result<HttpAnswer> AuthenticatorApi::call_as_device(HttpRequest request)
{
    const bool fresh = m_token.empty();
    if (fresh)
        TRY(log_in());
    request.headers.push_back({"Authorization", "Bearer " + m_token});
    TRY_ASSIGN(answer, m_https.send(request));
    if (answer.status == 401 && !fresh) {
        TRY(log_in());
        request.headers.back().value = "Bearer " + m_token;
        TRY_ASSIGN(second, m_https.send(request));
        answer = std::move(second);
    }
    TRY(check_success(answer));
    return answer;
}

Result<json::object> AuthenticatorApi::get_as_device(std::string_view path, int timeout_ms)
{
    TRY_ASSIGN(answer, call_as_device(make_request("GET", path, "", timeout_ms)));
    return to_object(answer);
}

Result<json::object> AuthenticatorApi::post_as_device(std::string_view path, const json::object& body)
{
    TRY_ASSIGN(answer, call_as_device(make_request("POST", path, to_text(body), call_timeout_ms)));
    return to_object(answer);
}

Result<Bytes> AuthenticatorApi::get_bytes_as_device(std::string_view path)
{
    TRY_ASSIGN(answer, call_as_device(make_request("GET", path, "", call_timeout_ms)));
    return to_bytes(answer.body);
}

}
