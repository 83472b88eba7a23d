#include <array>

#include "api/management/calls.h"
#include "api/query.h"
#include "api/respond.h"
#include "base/encoding.h"
#include "base/limits.h"
#include "service/views.h"

namespace qss::api::management {

namespace {

using store::IdentityStatus;

constexpr std::array<std::pair<std::string_view, IdentityStatus>, 5> statuses = {
    {{"ATTESTED", IdentityStatus::attested},
     {"ISSUED", IdentityStatus::issued},
     {"LIVE", IdentityStatus::live},
     {"REVOKING", IdentityStatus::revoking},
     {"REVOKED", IdentityStatus::revoked}}};

std::string_view name_of(IdentityStatus status)
{
    for (const auto& [name, value] : statuses)
        if (value == status)
            return name;
    return "";
}

Result<std::optional<IdentityStatus>> read_status(const http::Request& request)
{
    TRY_ASSIGN(query, Query::parse(request.query));
    const auto text = query.text("status");
    TRY(query.finish());
    if (!text)
        return std::optional<IdentityStatus>();
    for (const auto& [name, value] : statuses)
        if (name == *text)
            return std::optional<IdentityStatus>(value);
    return fail(ErrorCode::invalid_argument, "\"status\" is ATTESTED, ISSUED, LIVE, REVOKING or REVOKED");
}

json::Writer identity_json(const store::Identity& identity)
{
    json::Writer out;
    out.text("identity_id", identity.key_id.text()).text("user_id", identity.user_id.text());
    out.text("pack_id", identity.pack_id.text()).text("status", name_of(identity.status));
    out.text("serial", hex_encode(identity.serial));
    return out.text("created_at", to_rfc3339(identity.created_at));
}

// The SAM's receipt is its signed statement; the CA's is its list of that number, and each later one.
json::Writer revocation_json(const store::Revocation& revocation)
{
    json::Writer out;
    out.text("reason", service::revocation_reason_name(revocation.request.reason));
    out.text("requested_by", revocation.request.by).text("requested_at", to_rfc3339(revocation.request.at));
    if (revocation.ended_at == TimePoint{})
        return out;
    out.text("ended_at", to_rfc3339(revocation.ended_at));
    if (!revocation.sam_receipt.empty())
        out.base64url("sam_receipt", revocation.sam_receipt);
    if (revocation.crl_number != 0)
        out.integer("crl_number", revocation.crl_number)
            .text("crl_sha256", hex_encode(revocation.crl_sha256));
    return out;
}

Result<http::Response> show(const Parts& parts, const service::Operator& by, const KeyId& id)
{
    TRY_ASSIGN(view, parts.service.identities().revocation(by, id));
    auto out = identity_json(view.identity);
    if (!view.identity.certificate.empty()) {
        TRY_ASSIGN(pem, service::certificate_pem(view.identity.certificate));
        out.text("certificate", pem);
    }
    if (view.revocation)
        out.object("revocation", revocation_json(*view.revocation));
    return json_response(200, out.str());
}

Result<KeyId> id_of(const http::Request& request)
{
    const auto id = KeyId::parse(request.parameters[0]);
    if (!id)
        return fail(ErrorCode::not_found, "no such identity");
    return *id;
}

}

Outcome list_identities(const Parts& parts, const service::Operator& by, const http::Request& request)
{
    TRY_ASSIGN(status, read_status(request));
    TRY_ASSIGN(identities, parts.service.identities().list(by, status));
    std::vector<json::Writer> list;
    for (const auto& identity : identities)
        list.push_back(identity_json(identity));
    return json_response(200, json::Writer().objects("identities", list).str());
}

Outcome get_identity(const Parts& parts, const service::Operator& by, const http::Request& request)
{
    TRY_ASSIGN(id, id_of(request));
    return show(parts, by, id);
}

Outcome revoke_identity(const Parts& parts, const service::Operator& by, const http::Request& request)
{
    TRY_ASSIGN(id, id_of(request));
    TRY_ASSIGN(body, json::Reader::parse(request.body));
    TRY_ASSIGN(name, body.text("reason", limits::name_size));
    TRY(body.finish());
    TRY_ASSIGN(reason, service::revocation_reason(name));
    TRY(parts.service.identities().revoke(by, id, reason));
    return show(parts, by, id);
}

}
