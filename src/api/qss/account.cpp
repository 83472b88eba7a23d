#include "api/qss/calls.h"
#include "api/respond.h"
#include "base/encoding.h"
#include "service/views.h"

namespace qss::api::qss_api {

Outcome trust_chain(const Parts& parts, const service::Application&, const http::Request&)
{
    TRY_ASSIGN(chain, parts.service.identities().trust_chain());
    std::vector<std::string> certificates;
    for (const auto& der : chain.certificates) {
        TRY_ASSIGN(pem, service::certificate_pem(der));
        certificates.push_back(std::move(pem));
    }
    std::vector<std::string> responses;
    for (const auto& der : chain.ocsp_responses)
        responses.push_back(base64_encode(der));
    return json_response(
        200, json::Writer().texts("trustchain", certificates).texts("ocsp_revocation_info", responses).str());
}

// The one certificate above a signer's, as DSS v2 has it.
Outcome certificate_path(const Parts& parts, const service::Application&, const http::Request&)
{
    TRY_ASSIGN(issuing, parts.service.identities().issuing_certificate());
    TRY_ASSIGN(pem, service::certificate_pem(issuing));
    return json_response(200, json::Writer().text("path", pem).str());
}

Outcome signatures_left(const Parts& parts, const service::Application& by, const http::Request&)
{
    TRY_ASSIGN(value, parts.service.remaining_signatures(by));
    return json_response(200, json::Writer().integer("value", value).str());
}

Outcome timestamps_left(const Parts& parts, const service::Application& by, const http::Request&)
{
    TRY_ASSIGN(value, parts.service.timestamps().remaining(by));
    return json_response(200, json::Writer().integer("value", value).str());
}

Outcome users_left(const Parts& parts, const service::Application& by, const http::Request&)
{
    TRY_ASSIGN(value, parts.service.remaining_users(by));
    return json_response(200, json::Writer().integer("value", value).str());
}

}
