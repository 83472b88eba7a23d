#include "api/management/calls.h"
#include "api/query.h"
#include "api/respond.h"
#include "api/status.h"
#include "base/limits.h"

namespace qss::api::management {

namespace {

json::Writer request_json(const store::RegistrationRequestView& view)
{
    json::Writer out;
    out.text("registration_id", view.request.id.text()).text("signer_id", view.user.signer_id.text());
    out.text("enterprise_id", view.enterprise.id.text()).text("organisation", view.enterprise.name);
    out.text("country", view.enterprise.country);
    out.integer("sequence", static_cast<std::int64_t>(view.request.sequence));
    out.text("email", view.user.email).text("mobile", view.user.mobile);
    out.text("given_name", view.user.given_name).text("surname", view.user.surname);
    return out.text("identity_number", view.user.identity_number);
}

Result<Milliseconds> read_wait(const http::Request& request)
{
    TRY_ASSIGN(query, Query::parse(request.query));
    const auto status = query.text("status");
    TRY_ASSIGN(wait_seconds, query.integer("wait_seconds", 0, 0, long_poll_seconds_max));
    TRY(query.finish());
    if (status && *status != "pending")
        return fail(ErrorCode::invalid_argument, "\"status\" can be \"pending\" only");
    return Milliseconds(wait_seconds * 1000);
}

}

void pending_registrations(const Parts& parts, const ExchangePtr& exchange)
{
    auto by = authenticate(parts, exchange->request());
    if (!by)
        return exchange->answer(fail(std::move(by).error()));
    auto wait = read_wait(exchange->request());
    if (!wait)
        return exchange->answer(fail(std::move(wait).error()));
    exchange->drop_request();
    parts.service.officers().pending(
        *by, *wait, [exchange](Result<std::vector<store::RegistrationRequestView>> requests) {
            if (!requests)
                return exchange->answer(fail(std::move(requests).error()));
            std::vector<json::Writer> list;
            for (const auto& view : *requests)
                list.push_back(request_json(view));
            exchange->answer(json_response(200, json::Writer().objects("requests", list).str()));
        });
}

Outcome submit_statement(const Parts& parts, const service::Operator& by, const http::Request& request)
{
    const auto id = RegistrationId::parse(request.parameters[0]);
    if (!id)
        return fail(ErrorCode::not_found, "no such registration request");
    TRY_ASSIGN(body, json::Reader::parse(request.body));
    TRY_ASSIGN(statement, body.base64url("statement", limits::statement_size + limits::signature_size));
    TRY(body.finish());
    auto done = parts.service.officers().submit_statement(by, *id, statement);
    if (!done)
        return fail(
            wrong_member(std::move(done).error(), "\"statement\" must be a signed registration statement"));
    return no_content();
}

}
