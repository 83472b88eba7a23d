#include "phone.h"

#include "base/clock.h"
#include "base/encoding.h"
#include "cli/officer.h"
#include "client/json.h"
#include "expect.h"
#include "webauthn/software_credential.h"

namespace qss::bench {

Phone::Phone(Reactor& reactor, SSL_CTX* context, const std::string& directory, Approving approving)
    : m_state(expect(cli::SoftwarePhone::load(directory)).state()),
      m_authenticator_key(expect(cli::load_private_key(directory + "/authenticator.pem"))),
      m_device_key(expect(cli::load_private_key(directory + "/device.pem"))),
      m_ca_file(directory + "/ca.pem"), m_channel(reactor, context, Address::of_url(m_state.url)),
      m_approving(std::move(approving))
{
}

void Phone::log_in()
{
    client::HttpsOptions options;
    options.base_url = m_state.url;
    options.ca_file = m_ca_file;
    auto https = expect(client::HttpsClient::create(std::move(options)));
    const auto post = [&https](const std::string& path, const client::json::object& body) {
        const auto answer = expect(https.send({.method = "POST",
                                               .target = "/authenticator/v1" + path,
                                               .headers = {{"Content-Type", "application/json"}},
                                               .body = client::to_text(body)}));
        expect(client::check_success(answer));
        return expect(client::parse_object(answer.body));
    };
    const auto offer = post("/device-challenges", {{"device_id", m_state.device_id}});
    const auto challenge = expect(client::base64url_member(offer, "challenge"));
    const auto message = cli::device_login_message(expect(DeviceId::parse(m_state.device_id)), challenge);
    const auto signature =
        expect(m_device_key.sign(crypto::SignatureAlgorithm::ecdsa_sha256,
                                 crypto::Digest::of(crypto::HashAlgorithm::sha256, message)));
    const auto token =
        post("/device-tokens", {{"device_id", m_state.device_id},
                                {"challenge", base64url_encode(challenge)},
                                {"signature", base64url_encode(expect(cli::raw_p256_signature(signature)))}});
    m_token = expect(client::text_member(token, "access_token"));
}

void Phone::start_polling()
{
    poll();
}

void Phone::poll()
{
    m_channel.ask("GET /authenticator/v1/sessions?wait_seconds=30 HTTP/1.1\r\nAuthorization: Bearer " +
                      m_token + "\r\n",
                  "", [this](const Reply& reply) { on_sessions(reply); });
}

void Phone::on_sessions(const Reply& reply)
{
    if (reply.status != 200)
        give_up(("a phone's poll: " + std::to_string(reply.status) + ' ' + reply.body).c_str());
    const cli::PinnedIdentity pinned{m_state.signer_id, m_state.rp_id, m_state.credential_id};
    const auto now = SystemClock().now();
    for (const auto& row : expect(client::array_member(expect(client::parse_object(reply.body)), "sessions")))
        m_sessions.push_back(expect(cli::parse_phone_session(row.as_object(), pinned, now)));
    approve_next();
}

void Phone::approve_next()
{
    if (m_sessions.empty())
        return poll();
    const auto session = std::move(m_sessions.back());
    m_sessions.pop_back();
    const auto assertion = expect(
        webauthn::make_assertion({m_state.credential_id, m_state.rp_id, m_state.origin, m_authenticator_key},
                                 session.input.challenge(), 0));
    const auto id = session.input.session_id.text();
    m_approving(id);
    m_channel.ask(
        "POST /authenticator/v1/sessions/" + id +
            "/approve HTTP/1.1\r\nContent-Type: application/json\r\nAuthorization: Bearer " + m_token +
            "\r\n",
        client::to_text(
            client::json::object{{"credential_id", base64url_encode(assertion.credential_id)},
                                 {"authenticator_data", base64url_encode(assertion.authenticator_data)},
                                 {"client_data_json", base64url_encode(assertion.client_data_json)},
                                 {"signature", base64url_encode(assertion.signature)}}),
        [this](const Reply& reply) {
            if (reply.status != 200)
                give_up(("an approval: " + std::to_string(reply.status) + ' ' + reply.body).c_str());
            approve_next();
        });
}

}
