#include "service/logins.h"

#include "base/canonical.h"
#include "base/encoding.h"
#include "crypto/digest.h"
#include "store/tenants.h"

namespace qss::service {

namespace {

constexpr std::size_t limiter_keys = 100'000;
constexpr std::int64_t unknown_key_logins_per_minute = 60;

tl::unexpected<Error> refused(const char* why)
{
    return fail(ErrorCode::unauthenticated, why);
}

}

Bytes api_secret_mac(const Secret& key, ByteView salt, std::string_view api_secret)
{
    CanonicalWriter text("QSS-API-SECRET-v1");
    text.bytes(salt).text(api_secret);
    return crypto::hmac_sha256(key.reveal(), text.encoded());
}

Logins::Logins(store::Store& store, Tokens& tokens, const Secret& secret_key, const Clock& clock)
    : m_store(store), m_tokens(tokens), m_secret_key(secret_key.clone()), m_clock(clock),
      m_limiter(clock, limiter_keys)
{
}

Result<IssuedToken> Logins::login(std::string_view api_key, std::string_view api_secret,
                                  ByteView certificate_der)
{
    const auto certificate = crypto::sha256(certificate_der);
    std::string key(api_key);
    for (auto& c : key)
        c = (c >= 'A' && c <= 'F') ? static_cast<char>(c - 'A' + 'a') : c;
    std::string secret(api_secret);
    for (auto& c : secret)
        c = (c >= 'A' && c <= 'F') ? static_cast<char>(c - 'A' + 'a') : c;
    TRY_ASSIGN(context, m_store.read([&](sqlite::Database& db) {
        return store::Tenants(db).context(key, certificate);
    }));

    // By key and certificate: whoever guesses at a key with a certificate of their own locks themselves out,
    // and learns nothing from when: the pack's own rate is for its own certificates.
    const bool is_linked = context && context->certificate;
    TRY(m_limiter.take(key + qss::to_string(certificate),
                       is_linked ? context->pack.logins_per_minute : unknown_key_logins_per_minute));

    // The same work for a key that nobody has, so that the time tells nothing.
    const Bytes no_salt(16);
    const Bytes no_mac(32);
    const auto mac =
        api_secret_mac(m_secret_key, context ? context->credential.secret_salt : no_salt, secret);
    const bool right = equal_constant_time(mac, context ? context->credential.secret_mac : no_mac);
    wipe(secret.data(), secret.size());
    if (!right || !context)
        return refused("API key or secret is wrong");
    TRY_ASSIGN(application, admit(std::move(*context)));
    return m_tokens.issue_application(application.credential.id, certificate);
}

Result<Application> Logins::authenticate(std::string_view token, ByteView certificate_der)
{
    const auto certificate = crypto::sha256(certificate_der);
    TRY_ASSIGN(id, m_tokens.verify_application(token, certificate));
    TRY_ASSIGN(context, m_store.read([&](sqlite::Database& db) {
        return store::Tenants(db).context(id, certificate);
    }));
    if (!context)
        return refused("API credential does not exist any more");
    return admit(std::move(*context));
}

Result<Application> Logins::admit(store::CredentialContext context) const
{
    if (context.credential.standing != store::Standing::active)
        return refused("API credential is suspended");
    if (!context.certificate)
        return refused("client certificate is not linked to this API credential");
    if (context.certificate->standing != store::Standing::active)
        return refused("client certificate is suspended");
    const auto now = m_clock.now();
    if (!context.certificate->validity.has_begun(now))
        return refused("client certificate is not valid yet");
    if (context.certificate->validity.has_ended(now))
        return refused("client certificate has expired");
    return Application{std::move(context.credential), std::move(context.pack), std::move(context.enterprise)};
}

}
