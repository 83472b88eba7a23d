// The signing calls: read the request, open or attach to a session, then wait for its end without
// holding a thread (docs/decisions/003-coroutines.md).
#include <algorithm>

#include <fmt/format.h>

#include "api/qss/calls.h"
#include "api/respond.h"
#include "base/encoding.h"
#include "base/limits.h"

namespace qss::api::qss_api {

namespace {

enum class Shape { one_signature, list_of_signatures };

// RSA over SHA-256 is what QSS clients know; a pack of another key type has that key's own hash.
Result<crypto::Digest> read_digest(const service::Application& by, std::string_view hex)
{
    const auto algorithm = crypto::hash_of(crypto::default_signature_algorithm(by.pack.key_type));
    auto bytes = hex_decode(hex);
    auto digest =
        bytes ? crypto::Digest::from_bytes(algorithm, *bytes) : Result<crypto::Digest>(fail(bytes.error()));
    if (!digest) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("Malformed digest: {} hexadecimal digits of {} are needed",
                                2 * crypto::digest_size(algorithm), crypto::to_string(algorithm)));
    }
    return digest;
}

Status check_count(std::size_t digests)
{
    if (digests == 0)
        return fail(ErrorCode::invalid_argument, "at least one digest is needed");
    if (digests > limits::digests_per_session) {
        return fail(ErrorCode::rate_limited,
                    fmt::format("at most {} digests in one call; send the rest in another",
                                limits::digests_per_session));
    }
    return {};
}

Result<std::string> read_idempotency_key(const http::Request& request)
{
    const auto header = request.header("Idempotency-Key");
    if (!header)
        return std::string();
    const auto printable = [](char c) { return c >= 0x21 && c <= 0x7e; };
    if (header->empty() || header->size() > service::idempotency_key_size ||
        !std::all_of(header->begin(), header->end(), printable)) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("Idempotency-Key has 1 to {} printable ASCII characters",
                                service::idempotency_key_size));
    }
    return std::string(*header);
}

// {"digests": [hex, …]}, or {"documents": [{"digest": hex, "label": text}, …]}.
Status read_digests(const service::Application& by, json::Reader& body, service::SignRequest& out)
{
    std::vector<std::string> digests;
    if (body.has("digests") == body.has("documents"))
        return fail(ErrorCode::invalid_argument, "either \"digests\" or \"documents\" is required, not both");
    if (body.has("documents")) {
        TRY_ASSIGN(documents, body.objects("documents"));
        for (auto& document : documents) {
            TRY_ASSIGN(digest, document.text("digest", 2 * limits::digest_size));
            TRY_ASSIGN(label, document.text("label", limits::label_size));
            TRY(document.finish());
            digests.push_back(std::move(digest));
            out.labels.push_back(std::move(label));
        }
    } else {
        // Longer ones are malformed digests, and are said to be.
        TRY_ASSIGN(list, body.texts("digests", limits::http_body_size));
        digests = std::move(list);
    }
    TRY(body.finish());
    TRY(check_count(digests.size()));
    for (const auto& hex : digests) {
        TRY_ASSIGN(digest, read_digest(by, hex));
        out.digests.push_back(std::move(digest));
    }
    return {};
}

http::Response signed_response(const service::Signed& result, Shape shape)
{
    std::vector<std::string> signatures;
    for (const auto& signature : result.signatures)
        signatures.push_back(hex_encode_upper(signature));
    json::Writer out;
    if (shape == Shape::one_signature)
        out.text("signature", signatures.front());
    else
        out.texts("signatures", signatures);
    return json_response(200, out.text("session_id", result.session_id.text()).str());
}

// Who asks again after a refusal asks the signer again, and may do so at once: marked before it is told.
void answer_refusal(service::Service& service, const ExchangePtr& exchange, const SessionId& session,
                    Error refusal)
{
    const bool ended = refusal.code != ErrorCode::unavailable;
    const auto answer = [exchange, why = std::move(refusal)] { exchange->answer(fail(why)); };
    if (!ended || exchange->client_gone()())
        return answer();
    const auto posted =
        service.pool().post([&service, session, answer] { service.signing().delivered(session, answer); });
    if (!posted)
        answer();
}

// Runs on the pool up to the wait; the rest on the thread that ends the session.
void open_and_wait(const Parts& parts, const ExchangePtr& exchange, const service::Application& by,
                   const service::SignRequest& request, Shape shape)
{
    auto& signing = parts.service.signing();
    auto ticket = signing.begin(by, request);
    if (!ticket)
        return exchange->answer(fail(std::move(ticket).error()));
    exchange->drop_request();
    signing.wait(ticket->session_id, exchange->client_gone(),
                 [&service = parts.service, exchange, shape,
                  session = ticket->session_id](Result<service::Signed> result) {
                     if (!result)
                         return answer_refusal(service, exchange, session, std::move(result).error());
                     exchange->answer(signed_response(*result, shape));
                     // Nobody waits for this; when it is lost, the answer may be fetched again for a while.
                     if (!exchange->client_gone()())
                         (void)service.pool().post(
                             [&service, session] { service.signing().delivered(session); });
                 });
}

Result<service::SignRequest> begin_request(const http::Request& request)
{
    service::SignRequest out;
    out.email = request.parameters[0];
    TRY_ASSIGN(key, read_idempotency_key(request));
    out.idempotency_key = std::move(key);
    return out;
}

Result<service::SignRequest> read_one(const service::Application& by, const http::Request& request)
{
    TRY_ASSIGN(out, begin_request(request));
    TRY_ASSIGN(digest, read_digest(by, request.parameters[1]));
    out.digests.push_back(std::move(digest));
    return out;
}

Result<service::SignRequest> read_many(const service::Application& by, const http::Request& request)
{
    TRY_ASSIGN(out, begin_request(request));
    TRY_ASSIGN(body, json::Reader::parse(request.body));
    TRY(read_digests(by, body, out));
    return out;
}

template <Result<service::SignRequest> (*read)(const service::Application&, const http::Request&)>
void sign(const Parts& parts, const ExchangePtr& exchange, Shape shape)
{
    auto by = authenticate(parts, exchange->request());
    if (!by)
        return exchange->answer(fail(std::move(by).error()));
    auto request = read(*by, exchange->request());
    if (!request)
        return exchange->answer(fail(std::move(request).error()));
    open_and_wait(parts, exchange, *by, *request, shape);
}

}

void sign_one(const Parts& parts, const ExchangePtr& exchange)
{
    sign<read_one>(parts, exchange, Shape::one_signature);
}

void sign_many(const Parts& parts, const ExchangePtr& exchange)
{
    sign<read_many>(parts, exchange, Shape::list_of_signatures);
}

Outcome get_evidence(const Parts& parts, const service::Application& by, const http::Request& request)
{
    const auto session = SessionId::parse(request.parameters[0]);
    if (!session)
        return fail(ErrorCode::not_found, "no such session");
    TRY_ASSIGN(evidence, parts.service.signing().evidence(by, *session));
    return bytes_response(to_string(evidence));
}

}
