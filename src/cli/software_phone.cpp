#include "cli/software_phone.h"

#include <openssl/ecdsa.h>

#include "base/canonical.h"
#include "base/encoding.h"
#include "cli/invitation.h"
#include "cli/officer.h"
#include "client/files.h"
#include "statements/registration.h"
#include "webauthn/software_credential.h"

namespace qss::cli {

namespace {

namespace fs = std::filesystem;
namespace json = client::json;

constexpr std::size_t credential_id_size = 32;

struct Files {
    explicit Files(const fs::path& directory)
        : state(directory / "phone.json"), device_key(directory / "device.pem"),
          authenticator_key(directory / "authenticator.pem"), ca(directory / "ca.pem")
    {
    }
    fs::path state, device_key, authenticator_key, ca;
};

std::uint8_t flags_of(UserVerified verified)
{
    return verified == UserVerified::yes ? webauthn::flags_of_a_gesture : webauthn::flag_user_present;
}

Result<client::AuthenticatorApi> connect(const std::string& url, const std::string& ca_file)
{
    client::HttpsOptions options;
    options.base_url = url;
    options.ca_file = ca_file;
    TRY_ASSIGN(https, client::HttpsClient::create(std::move(options)));
    return client::AuthenticatorApi(std::move(https));
}

Result<crypto::PrivateKey> new_key(const fs::path& file)
{
    TRY_ASSIGN(key, crypto::PrivateKey::generate(crypto::KeyType::p256));
    TRY(client::write_file(file.string(), key.to_pem().reveal(), client::FileAccess::owner_only));
    return key;
}

json::object to_json(const webauthn::Assertion& assertion)
{
    return {{"credential_id", base64url_encode(assertion.credential_id)},
            {"authenticator_data", base64url_encode(assertion.authenticator_data)},
            {"client_data_json", base64url_encode(assertion.client_data_json)},
            {"signature", base64url_encode(assertion.signature)}};
}

Status save(const fs::path& file, const SoftwarePhone::State& state)
{
    const json::object object{{"url", state.url},
                              {"rp_id", state.rp_id},
                              {"origin", state.origin},
                              {"email", state.email},
                              {"device_id", state.device_id},
                              {"authenticator_id", state.authenticator_id},
                              {"signer_id", state.signer_id.text()},
                              {"credential_id", base64url_encode(state.credential_id)}};
    return client::write_file(file.string(), as_bytes(client::to_pretty_text(object)),
                              client::FileAccess::owner_only);
}

Result<SoftwarePhone::State> load_state(const fs::path& file)
{
    auto text = client::read_text_file(file.string(), 16 * 1024);
    if (!text)
        return fail(text.error().code,
                    text.error().detail + "; no phone is registered there: qss authenticator register");
    TRY_ASSIGN(object, client::parse_object(*text));
    TRY_ASSIGN(signer, client::text_member(object, "signer_id"));
    TRY_ASSIGN(signer_id, SignerId::parse(signer));
    TRY_ASSIGN(credential_id, client::base64url_member(object, "credential_id"));
    SoftwarePhone::State state{"", "", "", "", "", "", signer_id, credential_id};
    const std::pair<const char*, std::string*> texts[] = {{"url", &state.url},
                                                          {"rp_id", &state.rp_id},
                                                          {"origin", &state.origin},
                                                          {"email", &state.email},
                                                          {"device_id", &state.device_id},
                                                          {"authenticator_id", &state.authenticator_id}};
    for (const auto& [name, member] : texts) {
        TRY_ASSIGN(value, client::text_member(object, name));
        *member = value;
    }
    return state;
}

// The answer to the right codes.
struct Offer {
    SignerId signer_id;
    Bytes challenge;
    bool approval_needed;
    std::string rp_id;
    std::string email;
};

Result<Offer> parse_offer(const json::object& answer)
{
    TRY_ASSIGN(signer, client::text_member(answer, "signer_id"));
    TRY_ASSIGN(signer_id, SignerId::parse(signer));
    TRY_ASSIGN(challenge, client::base64url_member(answer, "challenge"));
    TRY_ASSIGN(approval_needed, client::bool_member(answer, "approval_needed"));
    TRY_ASSIGN(rp_id, client::text_member(answer, "rp_id"));
    TRY_ASSIGN(user, client::object_member(answer, "user"));
    return Offer{signer_id, challenge, approval_needed, rp_id, client::text_member_or(user, "name", "")};
}

// The consent of a phone that is bound already (sap::addition_challenge).
Result<json::object> approval_of(const fs::path& directory, const Offer& offer,
                                 const crypto::PublicKey& new_key_of_ours)
{
    if (directory.empty())
        return fail(ErrorCode::forbidden,
                    "this person has a phone already, which must approve: --approver DIRECTORY");
    const Files files(directory);
    TRY_ASSIGN(state, load_state(files.state));
    TRY_ASSIGN(key, load_private_key(files.authenticator_key));
    if (state.signer_id != offer.signer_id || state.rp_id != offer.rp_id)
        return fail(ErrorCode::forbidden, directory.string() + " is another person's phone");
    const auto challenge =
        sap::addition_challenge(offer.signer_id, offer.challenge, new_key_of_ours.spki(), offer.rp_id);
    TRY_ASSIGN(assertion,
               webauthn::make_assertion({state.credential_id, state.rp_id, state.origin, key}, challenge, 0));
    return to_json(assertion);
}

Result<Bytes> sign_raw(const crypto::PrivateKey& key, ByteView message)
{
    TRY_ASSIGN(signature, key.sign(crypto::SignatureAlgorithm::ecdsa_sha256,
                                   crypto::Digest::of(crypto::HashAlgorithm::sha256, message)));
    return raw_p256_signature(signature);
}

// Why this authenticator may join: a phone that is bound already says so, or, when there is none, whoever
// was handed the invitation.
Result<json::object> consent_to(const Offer& offer, const crypto::PublicKey& new_key_of_ours,
                                const crypto::PrivateKey& enrolment_key, const fs::path& approver)
{
    if (offer.approval_needed) {
        TRY_ASSIGN(approval, approval_of(approver, offer, new_key_of_ours));
        return json::object{{"approval", std::move(approval)}};
    }
    TRY_ASSIGN(signature,
               sign_raw(enrolment_key, sap::enrolment_message(offer.signer_id, offer.challenge,
                                                              new_key_of_ours.spki(), offer.rp_id)));
    return json::object{{"enrolment_signature", base64url_encode(signature)}};
}

client::DeviceLogin device_login(const std::string& device_id, const DeviceId& id,
                                 std::shared_ptr<const crypto::PrivateKey> key)
{
    return {device_id, [id, key](ByteView challenge) -> Result<Bytes> {
                return sign_raw(*key, device_login_message(id, challenge));
            }};
}

}

Result<Bytes> raw_p256_signature(ByteView der)
{
    const auto* cursor = der.data();
    const std::unique_ptr<ECDSA_SIG, crypto::Deleter<ECDSA_SIG_free>> signature(
        d2i_ECDSA_SIG(nullptr, &cursor, static_cast<long>(der.size())));
    Bytes raw(64);
    if (!signature || BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), raw.data(), 32) != 32 ||
        BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), raw.data() + 32, 32) != 32)
        return fail(ErrorCode::malformed, "not an ECDSA signature on P-256");
    return raw;
}

Bytes device_login_message(const DeviceId& device, ByteView challenge)
{
    return CanonicalWriter("QSS-DEVICE-v1").bytes(device.bytes()).bytes(challenge).take();
}

Result<SoftwarePhone> SoftwarePhone::enrol(const fs::path& directory, const PhoneRegistration& registration,
                                           Random& random)
{
    TRY_ASSIGN(enrolment_key, read_invitation(registration.invitation));
    TRY(client::make_private_directory(directory.string()));
    const Files files(directory);
    if (fs::exists(files.state))
        return fail(ErrorCode::already_exists,
                    directory.string() + " holds a phone already; choose another --directory");
    TRY_ASSIGN(ca, client::read_text_file(registration.ca_file));
    TRY(client::write_file(files.ca.string(), as_bytes(ca), client::FileAccess::everybody));
    TRY_ASSIGN(api, connect(registration.url, files.ca.string()));
    TRY_ASSIGN(device_key, new_key(files.device_key));
    TRY_ASSIGN(authenticator_key, new_key(files.authenticator_key));

    const auto token = statements::registration_token(enrolment_key.public_key().spki());
    TRY_ASSIGN(begun, api.post("/enrolments",
                               {{"registration_token", token},
                                {"device_name", registration.device_name},
                                {"device_public_key", base64url_encode(device_key.public_key().spki())}}));
    TRY_ASSIGN(id, client::text_member(begun, "enrolment_id"));
    const auto path = "/enrolments/" + client::percent_encode(id);
    TRY_ASSIGN(codes, registration.read_codes());
    TRY_ASSIGN(answer, api.post(path + "/codes", {{"email_code", codes.email}, {"sms_code", codes.sms}}));
    TRY_ASSIGN(offer, parse_offer(answer));

    // From here on, the phone speaks for this relying party and this origin alone.
    State state{registration.url,
                offer.rp_id,
                registration.origin,
                offer.email,
                "",
                "",
                offer.signer_id,
                random.bytes(credential_id_size)};
    if (state.origin.empty())
        state.origin = "https://" + offer.rp_id;
    TRY_ASSIGN(
        made, webauthn::make_registration({state.credential_id, state.rp_id, state.origin, authenticator_key},
                                          offer.challenge, flags_of(registration.user_verified)));
    json::object body{{"client_data_json", base64url_encode(made.client_data_json)},
                      {"attestation_object", base64url_encode(made.attestation_object)}};
    TRY_ASSIGN(consent,
               consent_to(offer, authenticator_key.public_key(), enrolment_key, registration.approver));
    body.insert(consent.begin(), consent.end());
    TRY_ASSIGN(done, api.post(path + "/authenticator", body));
    TRY_ASSIGN(device_id, client::text_member(done, "device_id"));
    TRY_ASSIGN(authenticator_id, client::text_member(done, "authenticator_id"));
    state.device_id = device_id;
    state.authenticator_id = authenticator_id;
    TRY(save(files.state, state));
    return load(directory);
}

Result<SoftwarePhone> SoftwarePhone::load(const fs::path& directory)
{
    const Files files(directory);
    TRY_ASSIGN(state, load_state(files.state));
    TRY(client::make_private_directory(directory.string()));
    TRY_ASSIGN(device_id, DeviceId::parse(state.device_id));
    TRY_ASSIGN(device_key, load_private_key(files.device_key));
    TRY_ASSIGN(authenticator_key, load_private_key(files.authenticator_key));
    TRY_ASSIGN(api, connect(state.url, files.ca.string()));
    api.use_device(device_login(state.device_id, device_id,
                                std::make_shared<const crypto::PrivateKey>(std::move(device_key))));
    return SoftwarePhone(std::move(state), std::move(authenticator_key), std::move(api));
}

Result<SoftwarePhone::Pending> SoftwarePhone::pending(int wait_s, TimePoint now)
{
    TRY_ASSIGN(answer,
               m_api.get_as_device("/sessions?wait_seconds=" + std::to_string(wait_s), (wait_s + 30) * 1000));
    TRY_ASSIGN(rows, client::array_member(answer, "sessions"));
    const PinnedIdentity pinned{m_state.signer_id, m_state.rp_id, m_state.credential_id};
    Pending pending;
    for (const auto& row : rows) {
        auto session = row.is_object()
                           ? parse_phone_session(row.get_object(), pinned, now)
                           : Result<PhoneSession>(fail(ErrorCode::malformed, "a session is not an object"));
        if (session)
            pending.sessions.push_back(std::move(*session));
        else
            pending.refused.push_back(session.error().detail);
    }
    return pending;
}

Status SoftwarePhone::approve(const PhoneSession& session, UserVerified verified)
{
    TRY_ASSIGN(assertion, webauthn::make_assertion(
                              {m_state.credential_id, m_state.rp_id, m_state.origin, m_authenticator_key},
                              session.input.challenge(), 0, flags_of(verified)));
    TRY(m_api.post_as_device("/sessions/" + session.input.session_id.text() + "/approve",
                             to_json(assertion)));
    return {};
}

Status SoftwarePhone::reject(std::string_view session_id, std::string_view reason)
{
    TRY(m_api.post_as_device("/sessions/" + client::percent_encode(session_id) + "/reject",
                             {{"reason", reason}}));
    return {};
}

Result<json::array> SoftwarePhone::history()
{
    TRY_ASSIGN(answer, m_api.get_as_device("/history"));
    return client::array_member(answer, "sessions");
}

Result<Bytes> SoftwarePhone::evidence(std::string_view session_id)
{
    return m_api.get_bytes_as_device("/history/" + client::percent_encode(session_id) + "/evidence");
}

}
