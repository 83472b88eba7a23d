#include "api/management/calls.h"
#include "api/query.h"
#include "api/respond.h"
#include "base/limits.h"
#include "service/views.h"

namespace qss::api::management {

namespace {

constexpr std::int64_t units_max = 1'000'000'000;
constexpr std::int64_t logins_per_minute_max = 60'000;

json::Writer enterprise_json(const store::Enterprise& enterprise)
{
    json::Writer out;
    out.text("enterprise_id", enterprise.id.text()).text("name", enterprise.name);
    return out.text("country", enterprise.country);
}

json::Writer pack_json(const store::Pack& pack)
{
    json::Writer out;
    out.text("pack_id", pack.id.text())
        .text("enterprise_id", pack.enterprise_id.text())
        .text("name", pack.name);
    out.text("kind", pack.kind == store::PackKind::signing ? "signing" : "sealing");
    out.text("key_type", crypto::to_string(pack.key_type));
    out.integer("signature_quota", pack.signature_quota).integer("timestamp_quota", pack.timestamp_quota);
    out.integer("user_quota", pack.user_quota);
    out.integer("session_lifetime_ms", pack.session_lifetime.count());
    out.integer("logins_per_minute", pack.logins_per_minute);
    return out.text("valid_until", to_rfc3339(pack.valid_until));
}

json::Writer credential_json(const store::Credential& credential)
{
    json::Writer out;
    out.text("credential_id", credential.id.text()).text("pack_id", credential.pack_id.text());
    out.text("name", credential.name).text("api_key", credential.api_key);
    return out.text("status", credential.standing == store::Standing::active ? "ACTIVE" : "SUSPENDED");
}

json::Writer user_json(const store::User& user)
{
    json::Writer out;
    out.text("user_id", user.id.text()).text("signer_id", user.signer_id.text()).text("email", user.email);
    out.text("given_name", user.given_name).text("surname", user.surname);
    return out.text("status", user.status == store::UserStatus::requested ? "REQUESTED" : "APPROVED");
}

template <class T, class ToJson>
http::Response list_response(std::string_view name, const std::vector<T>& values, ToJson to_json)
{
    std::vector<json::Writer> list;
    for (const auto& value : values)
        list.push_back(to_json(value));
    return json_response(200, json::Writer().objects(name, list).str());
}

template <class Id>
Result<Id> parse_id(std::string_view text, std::string_view name)
{
    auto id = Id::parse(text);
    if (!id)
        return fail(ErrorCode::invalid_argument, "\"" + std::string(name) + "\" has 32 hexadecimal digits");
    return id;
}

template <class Id>
Result<Id> read_id(json::Reader& body, std::string_view name)
{
    TRY_ASSIGN(text, body.text(name, 2 * Id::size_bytes));
    return parse_id<Id>(text, name);
}

// An id in the query, named by what it identifies; nullopt when it is not there.
template <class Id>
Result<std::optional<Id>> read_filter(const http::Request& request, std::string_view name)
{
    TRY_ASSIGN(query, Query::parse(request.query));
    const auto text = query.text(name);
    TRY(query.finish());
    if (!text)
        return std::nullopt;
    TRY_ASSIGN(id, parse_id<Id>(*text, name));
    return id;
}

Result<service::NewPack> read_new_pack(const Parts& parts, json::Reader& body)
{
    TRY_ASSIGN(enterprise, read_id<EnterpriseId>(body, "enterprise_id"));
    TRY_ASSIGN(name, body.text("name", limits::name_size));
    TRY_ASSIGN(kind, body.text("kind", limits::name_size));
    TRY_ASSIGN(key_type, body.optional_text("key_type", limits::name_size));
    TRY_ASSIGN(signature_quota, body.integer("signature_quota", 0, units_max));
    TRY_ASSIGN(timestamp_quota, body.optional_integer("timestamp_quota", 0, units_max));
    TRY_ASSIGN(user_quota, body.integer("user_quota", 0, units_max));
    TRY_ASSIGN(lifetime, body.optional_integer("session_lifetime_ms", 1'000, limits::session_max_ms));
    TRY_ASSIGN(logins, body.optional_integer("logins_per_minute", 1, logins_per_minute_max));
    TRY_ASSIGN(valid_until, body.optional_integer("valid_until_unix_ms", 0, INT64_MAX));
    TRY(body.finish());
    if (kind != "signing")
        return fail(ErrorCode::unsupported, "\"kind\" can be \"signing\" only");
    TRY_ASSIGN(type,
               crypto::key_type_from_string(key_type.value_or(parts.config.identities.default_key_type)));
    return service::NewPack{
        .enterprise_id = enterprise,
        .name = std::move(name),
        .key_type = type,
        .signature_quota = signature_quota,
        .timestamp_quota = timestamp_quota.value_or(signature_quota),
        .user_quota = user_quota,
        .session_lifetime = Milliseconds(lifetime.value_or(0)),
        .logins_per_minute = logins.value_or(parts.config.rates.logins_per_minute),
        .valid_until = valid_until ? std::optional(from_unix_ms(*valid_until)) : std::nullopt,
    };
}

}

Outcome add_enterprise(const Parts& parts, const service::Operator& by, const http::Request& request)
{
    TRY_ASSIGN(body, json::Reader::parse(request.body));
    TRY_ASSIGN(name, body.text("name", limits::name_size));
    TRY_ASSIGN(country, body.text("country", 2));
    TRY(body.finish());
    TRY_ASSIGN(enterprise,
               parts.service.tenancy().create_enterprise(by, std::move(name), std::move(country)));
    return json_response(201, enterprise_json(enterprise).str());
}

Outcome list_enterprises(const Parts& parts, const service::Operator& by, const http::Request&)
{
    TRY_ASSIGN(enterprises, parts.service.tenancy().enterprises(by));
    return list_response("enterprises", enterprises, enterprise_json);
}

Outcome add_pack(const Parts& parts, const service::Operator& by, const http::Request& request)
{
    TRY_ASSIGN(body, json::Reader::parse(request.body));
    TRY_ASSIGN(pack, read_new_pack(parts, body));
    TRY_ASSIGN(created, parts.service.tenancy().create_pack(by, std::move(pack)));
    return json_response(201, pack_json(created).str());
}

Outcome list_packs(const Parts& parts, const service::Operator& by, const http::Request& request)
{
    TRY_ASSIGN(enterprise, read_filter<EnterpriseId>(request, "enterprise_id"));
    TRY_ASSIGN(packs, parts.service.tenancy().packs(by, enterprise));
    return list_response("packs", packs, pack_json);
}

Outcome add_credential(const Parts& parts, const service::Operator& by, const http::Request& request)
{
    TRY_ASSIGN(body, json::Reader::parse(request.body));
    TRY_ASSIGN(pack, read_id<PackId>(body, "pack_id"));
    TRY_ASSIGN(name, body.text("name", limits::name_size));
    TRY_ASSIGN(pem, body.text("csr", 2 * limits::csr_size));
    TRY(body.finish());
    TRY_ASSIGN(csr, service::csr_der(pem));
    TRY_ASSIGN(made, parts.service.tenancy().create_credential(by, pack, std::move(name), csr));
    TRY_ASSIGN(certificate, service::certificate_pem(made.certificate_der));
    TRY_ASSIGN(access_ca, service::certificate_pem(made.access_ca_der));
    auto out = credential_json(made.credential);
    out.text("api_secret", made.api_secret).text("certificate", certificate).text("access_ca", access_ca);
    return json_response(201, out.str());
}

Outcome list_credentials(const Parts& parts, const service::Operator& by, const http::Request& request)
{
    TRY_ASSIGN(pack, read_filter<PackId>(request, "pack_id"));
    TRY_ASSIGN(credentials, parts.service.tenancy().credentials(by, pack));
    return list_response("credentials", credentials, credential_json);
}

Outcome suspend_credential(const Parts& parts, const service::Operator& by, const http::Request& request)
{
    const auto credential = CredentialId::parse(request.parameters[0]);
    if (!credential)
        return fail(ErrorCode::not_found, "no such credential");
    TRY(parts.service.tenancy().suspend_credential(by, *credential));
    return no_content();
}

Outcome list_users(const Parts& parts, const service::Operator& by, const http::Request& request)
{
    TRY_ASSIGN(enterprise, read_filter<EnterpriseId>(request, "enterprise_id"));
    if (!enterprise)
        return fail(ErrorCode::invalid_argument, "\"enterprise_id\" is required");
    TRY_ASSIGN(users, parts.service.users().list(by, *enterprise));
    return list_response("users", users, user_json);
}

}
