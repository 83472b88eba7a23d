#include "api/qss/calls.h"
#include "api/respond.h"
#include "base/encoding.h"
#include "base/limits.h"
#include "service/views.h"

namespace qss::api::qss_api {

namespace {

// QSS API 3. Whatever is sent may only repeat what was verified; the service compares.
constexpr std::string_view dn_attributes[] = {
    "country",
    "state",
    "locality",
    "street_address",
    "organization",
    "common_name",
    "email",
    "given_name",
    "surname",
    "serial_number",
    "postal_code",
    "business_category",
    "organization_identifier",
};

Result<service::RequestedSubject> read_subject(json::Reader& body)
{
    service::RequestedSubject subject;
    TRY_ASSIGN(dn, body.optional_object_or_empty_array("subject_dn"));
    TRY(body.finish());
    if (!dn)
        return subject;
    for (const auto name : dn_attributes) {
        TRY_ASSIGN(value, dn->optional_text(name, limits::name_size));
        if (value)
            subject.attributes.emplace_back(name, std::move(*value));
    }
    TRY_ASSIGN(units, dn->optional_texts("organizational_unit", limits::name_size));
    for (auto& unit : units.value_or(std::vector<std::string>{}))
        subject.attributes.emplace_back("organizational_unit", std::move(unit));
    TRY(dn->finish());
    return subject;
}

}

// Beyond the contract: {"reason": "keyCompromise"}. Clients send other bodies with DELETE, or none.
Result<std::uint32_t> revocation_reason(const http::Request& request)
{
    if (!request.body.starts_with('{'))
        return service::revocation_reason(std::nullopt);
    TRY_ASSIGN(body, json::Reader::parse(request.body));
    TRY_ASSIGN(name, body.optional_text("reason", limits::name_size));
    return service::revocation_reason(name);
}

Outcome get_or_create_identity(const Parts& parts, const service::Application& by,
                               const http::Request& request)
{
    TRY_ASSIGN(body, json::Reader::parse(request.body));
    TRY_ASSIGN(subject, read_subject(body));
    TRY_ASSIGN(view, parts.service.identities().get_or_create(by, request.parameters[0], subject));
    TRY_ASSIGN(pem, service::certificate_pem(view.identity.certificate));
    json::Writer out;
    out.text("signing_cert", pem).text("ocsp_response", base64_encode(view.ocsp_response));
    return json_response(200, out.str());
}

Outcome revoke_identity(const Parts& parts, const service::Application& by, const http::Request& request)
{
    TRY_ASSIGN(reason, revocation_reason(request));
    TRY(parts.service.identities().remove(by, request.parameters[0], reason));
    return no_content();
}

}
