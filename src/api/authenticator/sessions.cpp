#include "api/authenticator/calls.h"
#include "api/problem.h"
#include "api/query.h"
#include "api/respond.h"
#include "api/status.h"
#include "base/encoding.h"
#include "base/limits.h"
#include "service/views.h"

namespace qss::api::authenticator {

namespace {

Result<SessionId> session_of(const http::Request& request)
{
    auto id = SessionId::parse(request.parameters[0]);
    if (!id)
        return fail(ErrorCode::not_found, "no such session");
    return id;
}

std::string_view status_text(store::SessionStatus status)
{
    switch (status) {
    case store::SessionStatus::pending: return "pending";
    case store::SessionStatus::approved: return "approved";
    case store::SessionStatus::signed_: return "signed";
    case store::SessionStatus::rejected: return "rejected";
    case store::SessionStatus::expired: return "expired";
    case store::SessionStatus::cancelled: return "cancelled";
    case store::SessionStatus::failed: return "failed";
    }
    return "failed";
}

Result<json::Writer> display_json(const store::Session& session)
{
    TRY_ASSIGN(display, service::display_of(session.display_record));
    json::Writer out;
    out.text("enterprise", display.enterprise).text("pack", display.pack);
    out.text("application", display.application).text("language", display.language);
    return out.text("consent_version", display.consent_version).texts("labels", display.labels);
}

std::vector<std::string> digest_texts(const store::Session& session)
{
    std::vector<std::string> out;
    for (const auto& digest : session.digests)
        out.push_back(hex_encode(digest.bytes()));
    return out;
}

// Everything that the challenge is computed from (docs/protocol-sam.md); the challenge itself never travels.
Result<json::Writer> pending_json(const config::Config& config, const service::PendingSession& pending)
{
    const auto& session = pending.session;
    TRY_ASSIGN(display, display_json(session));
    json::Writer out;
    out.text("session_id", session.id.text()).base64url("nonce", session.nonce);
    out.integer("expires_at_unix_ms", to_unix_ms(session.expires_at));
    out.text("signer_id", session.signer_id.text()).text("key_id", session.key_id.text());
    out.text("certificate_sha256", hex_encode(session.certificate_sha256));
    out.text("hash_algorithm_oid", crypto::oid(crypto::hash_of(session.signature_algorithm)));
    out.text("signature_algorithm", crypto::to_string(session.signature_algorithm));
    out.texts("digests", digest_texts(session)).object("display", display).text("rp_id", config.rp_id);
    std::vector<std::string> credentials;
    for (const auto& id : pending.credential_ids)
        credentials.push_back(base64url_encode(id));
    return out.texts("credential_ids", credentials);
}

Result<http::Response> pending_response(const config::Config& config,
                                        const std::vector<service::PendingSession>& sessions)
{
    std::vector<json::Writer> list;
    for (const auto& pending : sessions) {
        TRY_ASSIGN(entry, pending_json(config, pending));
        list.push_back(std::move(entry));
    }
    return json_response(200, json::Writer().objects("sessions", list).str());
}

Result<Milliseconds> read_wait(const http::Request& request)
{
    TRY_ASSIGN(query, Query::parse(request.query));
    TRY_ASSIGN(wait_seconds, query.integer("wait_seconds", 0, 0, long_poll_seconds_max));
    TRY(query.finish());
    return Milliseconds(wait_seconds * 1000);
}

// How it ended is in the history; here it is only no longer open.
Error as_ended(Error error)
{
    if (error.code == ErrorCode::expired || error.code == ErrorCode::rejected) {
        error.code = ErrorCode::gone;
        error.detail = "the session has ended; see the history";
    }
    return error;
}

}

void pending_sessions(const Parts& parts, const ExchangePtr& exchange)
{
    auto by = authenticate(parts, exchange->request());
    if (!by)
        return exchange->answer(fail(std::move(by).error()));
    auto wait = read_wait(exchange->request());
    if (!wait)
        return exchange->answer(fail(std::move(wait).error()));
    exchange->drop_request();
    parts.service.signing().pending(
        *by, *wait, exchange->client_gone(),
        [exchange, &config = parts.config](Result<std::vector<service::PendingSession>> sessions) {
            if (!sessions)
                return exchange->answer(fail(std::move(sessions).error()));
            exchange->answer(pending_response(config, *sessions));
        });
}

Outcome approve(const Parts& parts, const service::Phone& by, const http::Request& request)
{
    TRY_ASSIGN(session, session_of(request));
    TRY_ASSIGN(body, json::Reader::parse(request.body));
    TRY_ASSIGN(assertion, read_assertion(body));
    auto done = parts.service.signing().approve(by, session, std::move(assertion));
    if (!done && done.error().code == ErrorCode::verification_failed)
        return wrong_guess_response("assertion_refused", "this is no approval of exactly this session",
                                    std::nullopt);
    if (!done)
        return fail(as_ended(std::move(done).error()));
    return json_response(200, json::Writer().text("status", "signed").str());
}

Outcome reject(const Parts& parts, const service::Phone& by, const http::Request& request)
{
    TRY_ASSIGN(session, session_of(request));
    TRY_ASSIGN(body, json::Reader::parse(request.body));
    TRY_ASSIGN(reason, body.text("reason", limits::label_size));
    TRY(body.finish());
    auto done = parts.service.signing().reject(by, session, reason);
    if (!done)
        return fail(as_ended(std::move(done).error()));
    return no_content();
}

Outcome history(const Parts& parts, const service::Phone& by, const http::Request&)
{
    TRY_ASSIGN(sessions, parts.service.signing().history(by));
    std::vector<json::Writer> list;
    for (const auto& session : sessions) {
        TRY_ASSIGN(display, display_json(session));
        json::Writer out;
        out.text("session_id", session.id.text()).text("status", status_text(session.status));
        out.integer("created_at_unix_ms", to_unix_ms(session.created_at));
        if (!store::is_live(session.status))
            out.integer("ended_at_unix_ms", to_unix_ms(session.ended_at));
        out.texts("digests", digest_texts(session)).object("display", display);
        list.push_back(std::move(out));
    }
    return json_response(200, json::Writer().objects("sessions", list).str());
}

Outcome evidence(const Parts& parts, const service::Phone& by, const http::Request& request)
{
    TRY_ASSIGN(session, session_of(request));
    TRY_ASSIGN(bytes, parts.service.signing().evidence(by, session));
    return bytes_response(to_string(bytes));
}

}
