#include "client/qss_api.h"

#include "base/encoding.h"
#include "base/limits.h"

namespace qss::client {

namespace {

constexpr int call_timeout_ms = 60'000;
// The service ends a session by itself; this only catches one that has forgotten us.
constexpr int sign_timeout_ms = static_cast<int>(limits::session_max_ms) + 60'000;
constexpr int sign_attempts = 3;
constexpr auto json_type = "application/json;charset=utf-8";

std::string user_target(std::string_view email, std::string_view rest = "")
{
    return "/users/" + percent_encode(email) + std::string(rest);
}

Result<json::array> parse_array(std::string_view body)
{
    // The parser of objects is the one place that sets limits.
    TRY_ASSIGN(wrapped, parse_object("{\"list\":" + std::string(body) + "}"));
    return array_member(wrapped, "list");
}

json::object sign_body(const SignRequest& request)
{
    json::object body;
    if (request.labels.empty()) {
        json::array digests;
        for (const auto& digest : request.digests)
            digests.emplace_back(hex_encode(digest.bytes()));
        body["digests"] = std::move(digests);
        return body;
    }
    json::array documents;
    for (std::size_t i = 0; i < request.digests.size(); ++i)
        documents.push_back(
            {{"digest", hex_encode(request.digests[i].bytes())}, {"label", request.labels[i]}});
    body["documents"] = std::move(documents);
    return body;
}

Result<SignAnswer> parse_sign_answer(std::string_view body, std::size_t count)
{
    TRY_ASSIGN(object, parse_object(body));
    TRY_ASSIGN(texts, texts_member(object, "signatures"));
    if (texts.size() != count)
        return fail(ErrorCode::malformed, "the answer has not as many signatures as were asked for");
    SignAnswer answer;
    for (const auto& text : texts) {
        TRY_ASSIGN(signature, hex_decode(text));
        answer.signatures.push_back(std::move(signature));
    }
    answer.session_id = text_member_or(object, "session_id", "");
    return answer;
}

}

HttpsOptions Credential::https_options() const
{
    HttpsOptions options;
    options.base_url = base_url;
    options.ca_file = ca_file;
    options.certificate_file = certificate_file;
    options.private_key_file = private_key_file;
    return options;
}

QssApi::QssApi(Credential credential, HttpsClient https, Random& random)
    : m_credential(std::move(credential)), m_https(std::move(https)), m_random(&random)
{
}

Result<QssApi> QssApi::create(Credential credential, Random& random)
{
    TRY_ASSIGN(https, HttpsClient::create(credential.https_options()));
    return QssApi(std::move(credential), std::move(https), random);
}

Status QssApi::login()
{
    json::object body{{"api_key", m_credential.api_key},
                      {"api_secret", as_text(m_credential.api_secret.reveal())}};
    HttpRequest request{"POST", "/login", {{"Content-Type", json_type}}, to_text(body), call_timeout_ms};
    auto answer = m_https.send(request);
    wipe(request.body.data(), request.body.size());
    if (!answer)
        return fail(std::move(answer).error());
    if (auto status = check_success(*answer); !status)
        return fail(status.error().code, "login: " + status.error().detail);
    TRY_ASSIGN(object, parse_object(answer->body));
    TRY_ASSIGN(token, text_member(object, "access_token"));
    m_token = std::move(token);
    return {};
}

Result<HttpAnswer> QssApi::call(HttpRequest request)
{
    const bool fresh = m_token.empty();
    if (fresh)
        TRY(login());
    request.headers.push_back({"Authorization", "Bearer " + m_token});
    TRY_ASSIGN(answer, m_https.send(request));
    if (answer.status == 401 && !fresh) { // the token has ended; a second 401 is the caller's
        TRY(login());
        request.headers.back().value = "Bearer " + m_token;
        TRY_ASSIGN(second, m_https.send(request));
        answer = std::move(second);
    }
    TRY(check_success(answer));
    return answer;
}

Result<HttpAnswer> QssApi::call_json(std::string method, std::string target, const json::object& body)
{
    return call({std::move(method),
                 std::move(target),
                 {{"Content-Type", json_type}},
                 to_text(body),
                 call_timeout_ms});
}

Result<std::string> QssApi::add_user(const NewUser& user)
{
    json::object body{{"email", user.email},
                      {"given_name", user.given_name},
                      {"surname", user.surname},
                      {"mobile_no", user.mobile_no}};
    if (!user.identity_number.empty())
        body["identity_number"] = user.identity_number;
    TRY_ASSIGN(answer, call_json("POST", "/users", body));
    TRY_ASSIGN(object, parse_object(answer.body));
    return text_member(object, "user_id");
}

Result<json::object> QssApi::user(std::string_view email)
{
    TRY_ASSIGN(answer, call({"GET", user_target(email), {}, "", call_timeout_ms}));
    return parse_object(answer.body);
}

Status QssApi::remove(std::string target, std::string_view reason)
{
    if (reason.empty())
        TRY(call({"DELETE", std::move(target), {}, "", call_timeout_ms}));
    else
        TRY(call_json("DELETE", std::move(target), {{"reason", reason}}));
    return {};
}

Status QssApi::remove_user(std::string_view email, std::string_view reason)
{
    return remove(user_target(email), reason);
}

Result<json::array> QssApi::devices(std::string_view email)
{
    TRY_ASSIGN(answer, call({"GET", user_target(email, "/devices"), {}, "", call_timeout_ms}));
    return parse_array(answer.body);
}

Status QssApi::remove_device(std::string_view email, std::string_view device_id)
{
    const auto target = user_target(email, "/devices/" + percent_encode(device_id));
    TRY(call({"DELETE", target, {}, "", call_timeout_ms}));
    return {};
}

Result<Identity> QssApi::identity(std::string_view email)
{
    TRY_ASSIGN(answer, call_json("POST", user_target(email, "/identity"), {{"subject_dn", json::object()}}));
    TRY_ASSIGN(object, parse_object(answer.body));
    TRY_ASSIGN(pem, text_member(object, "signing_cert"));
    TRY_ASSIGN(ocsp_text, text_member(object, "ocsp_response"));
    TRY_ASSIGN(ocsp, base64_decode(ocsp_text));
    return Identity{std::move(pem), std::move(ocsp)};
}

Status QssApi::remove_identity(std::string_view email, std::string_view reason)
{
    return remove(user_target(email, "/identity"), reason);
}

Result<SignAnswer> QssApi::sign(const SignRequest& request)
{
    if (request.digests.empty() || request.digests.size() > limits::digests_per_session)
        return fail(ErrorCode::invalid_argument, "1 to 100 digests are signed at once");
    if (!request.labels.empty() && request.labels.size() != request.digests.size())
        return fail(ErrorCode::invalid_argument, "one label for each digest, or none");
    const auto key =
        request.idempotency_key.empty() ? base64url_encode(m_random->bytes(16)) : request.idempotency_key;
    const HttpRequest http{"POST",
                           user_target(request.email, "/sign"),
                           {{"Content-Type", json_type}, {"Idempotency-Key", key}},
                           to_text(sign_body(request)),
                           sign_timeout_ms};
    // The key makes the repetition safe: it attaches to the session, or gets its result.
    auto answer = call(http);
    for (int attempt = 1;
         attempt < sign_attempts && !answer && answer.error().code == ErrorCode::unavailable &&
         answer.error().detail.find("HTTP ") != 0;
         ++attempt)
        answer = call(http);
    if (!answer)
        return fail(std::move(answer).error());
    return parse_sign_answer(answer->body, request.digests.size());
}

Result<Bytes> QssApi::evidence(std::string_view session_id)
{
    const auto target = "/sessions/" + percent_encode(session_id) + "/evidence";
    TRY_ASSIGN(answer, call({"GET", target, {}, "", call_timeout_ms}));
    return to_bytes(answer.body);
}

Result<TrustChain> QssApi::trust_chain()
{
    TRY_ASSIGN(answer, call({"GET", "/trustchain", {}, "", call_timeout_ms}));
    TRY_ASSIGN(object, parse_object(answer.body));
    TrustChain chain;
    TRY_ASSIGN(certificates, texts_member(object, "trustchain"));
    chain.certificates_pem = std::move(certificates);
    TRY_ASSIGN(responses, texts_member(object, "ocsp_revocation_info"));
    for (const auto& text : responses) {
        TRY_ASSIGN(response, base64_decode(text));
        chain.ocsp_responses.push_back(std::move(response));
    }
    return chain;
}

}
