#include "api/authenticator/calls.h"
#include "api/problem.h"
#include "api/respond.h"
#include "base/encoding.h"
#include "base/limits.h"
#include "service/raw_signature.h"

namespace qss::api::authenticator {

namespace {

constexpr std::size_t token_size = 128;
constexpr std::size_t raw_signature_size = 64;

Result<EnrolmentId> enrolment_of(const http::Request& request)
{
    auto id = EnrolmentId::parse(request.parameters[0]);
    if (!id)
        return fail(ErrorCode::not_found, "no such enrolment");
    return id;
}

json::Writer offer_json(const config::Config& config, const service::EnrolmentChallenge& offer)
{
    json::Writer out;
    out.text("signer_id", offer.signer_id.text()).base64url("challenge", offer.challenge);
    out.integer("challenge_expires_at_unix_ms", to_unix_ms(offer.expires_at));
    out.boolean("approval_needed", offer.approval_needed);
    out.text("rp_id", config.rp_id).text("rp_name", config.rp_name);
    json::Writer user; // WebAuthn's PublicKeyCredentialUserEntity; its id holds no personal data
    user.base64url("id", offer.user.id.bytes()).text("name", offer.user.email);
    user.text("display_name", offer.user.given_name + " " + offer.user.surname);
    out.object("user", user);
    std::vector<std::string> exclude;
    for (const auto& credential : offer.exclude_credentials)
        exclude.push_back(base64url_encode(credential));
    return out.texts("exclude_credentials", exclude);
}

Result<service::BindingConsent> read_consent(json::Reader& body)
{
    TRY_ASSIGN(approval, body.optional_object("approval"));
    TRY_ASSIGN(raw_signature, body.optional_base64url("enrolment_signature", raw_signature_size));
    service::BindingConsent consent;
    if (approval) {
        TRY_ASSIGN(assertion, read_assertion(*approval));
        consent.approval = std::move(assertion);
    }
    if (raw_signature) {
        TRY_ASSIGN(der, service::der_signature(*raw_signature));
        consent.enrolment_signature = std::move(der);
    }
    return consent;
}

}

Outcome begin_enrolment(const Parts& parts, const http::Request& request)
{
    TRY_ASSIGN(body, json::Reader::parse(request.body));
    TRY_ASSIGN(token, body.text("registration_token", token_size));
    TRY_ASSIGN(device_name, body.text("device_name", limits::name_size));
    TRY_ASSIGN(device_spki, body.base64url("device_public_key", limits::spki_size));
    TRY(body.finish());
    auto begun = parts.service.enrolments().begin(token, std::move(device_name), device_spki);
    if (!begun) {
        return fail(wrong_member(std::move(begun).error(),
                                 "\"device_public_key\" must be a SubjectPublicKeyInfo on P-256"));
    }
    json::Writer out;
    out.text("enrolment_id", begun->id.text());
    return json_response(201, out.integer("expires_at_unix_ms", to_unix_ms(begun->expires_at)).str());
}

Outcome enter_codes(const Parts& parts, const http::Request& request)
{
    TRY_ASSIGN(id, enrolment_of(request));
    TRY_ASSIGN(body, json::Reader::parse(request.body));
    TRY_ASSIGN(email_code, body.text("email_code", limits::otp_digits));
    TRY_ASSIGN(sms_code, body.text("sms_code", limits::otp_digits));
    TRY(body.finish());
    TRY_ASSIGN(outcome, parts.service.enrolments().enter_codes(id, email_code, sms_code));
    if (!outcome.challenge) {
        return wrong_guess_response("wrong_code", "the two codes are not right; check both",
                                    outcome.tries_left);
    }
    return json_response(200, offer_json(parts.config, *outcome.challenge).str());
}

Outcome bind_authenticator(const Parts& parts, const http::Request& request)
{
    TRY_ASSIGN(id, enrolment_of(request));
    TRY_ASSIGN(body, json::Reader::parse(request.body));
    TRY_ASSIGN(client_data_json, body.base64url("client_data_json", limits::client_data_size));
    TRY_ASSIGN(attestation, body.base64url("attestation_object", limits::attestation_object_size));
    TRY_ASSIGN(consent, read_consent(body));
    TRY(body.finish());
    auto done = parts.service.enrolments().complete(id, client_data_json, attestation, consent);
    if (!done && done.error().code == ErrorCode::verification_failed)
        return wrong_guess_response("authenticator_refused", "the authenticator's answer was refused",
                                    std::nullopt);
    if (!done)
        return fail(std::move(done).error());
    json::Writer out;
    out.text("device_id", done->device_id.text()).text("authenticator_id", done->authenticator_id.text());
    return json_response(201, out.base64url("credential_id", done->credential_id).str());
}

}
