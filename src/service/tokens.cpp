#include "service/tokens.h"

#include "base/encoding.h"
#include "crypto/digest.h"

namespace qss::service {

namespace {

// base64url of {"alg":"HS256","typ":"at+jwt"} (RFC 9068 2.1)
const std::string& header()
{
    static const std::string encoded = base64url_encode(as_bytes(R"({"alg":"HS256","typ":"at+jwt"})"));
    return encoded;
}

constexpr std::size_t token_size_limit = 1024;

// Reads what `issue_…` wrote, member by member: every literal must be there.
class Payload {
public:
    explicit Payload(std::string_view rest) : m_rest(rest) {}

    bool literal(std::string_view text)
    {
        if (!m_rest.starts_with(text))
            return false;
        m_rest.remove_prefix(text.size());
        return true;
    }

    std::string_view until(char end)
    {
        const auto size = std::min(m_rest.find(end), m_rest.size());
        const auto value = m_rest.substr(0, size);
        m_rest.remove_prefix(size);
        return value;
    }

    std::int64_t number()
    {
        std::int64_t value = 0;
        while (!m_rest.empty() && m_rest.front() >= '0' && m_rest.front() <= '9' && value < (1LL << 50)) {
            value = value * 10 + (m_rest.front() - '0');
            m_rest.remove_prefix(1);
        }
        return value;
    }

    [[nodiscard]] bool at_end() const { return m_rest.empty(); }

private:
    std::string_view m_rest;
};

tl::unexpected<Error> not_ours()
{
    return fail(ErrorCode::unauthenticated, "invalid token");
}

std::int64_t seconds(TimePoint time)
{
    return to_unix_ms(time) / 1000;
}

}

Tokens::Tokens(const Secret& key, const Lives& lives, const Clock& clock, Random& random)
    : m_key(key.clone()), m_lives(lives), m_clock(clock), m_random(random)
{
    QSS_ASSERT(m_key.size() >= 32);
}

std::string Tokens::seal(const std::string& payload) const
{
    const auto signed_part = header() + "." + base64url_encode(as_bytes(payload));
    return signed_part + "." + base64url_encode(crypto::hmac_sha256(m_key.reveal(), as_bytes(signed_part)));
}

Result<std::string> Tokens::open(std::string_view token) const
{
    const auto last_dot = token.rfind('.');
    if (token.size() > token_size_limit || last_dot == std::string_view::npos)
        return not_ours();
    const auto signed_part = token.substr(0, last_dot);
    const auto mac = base64url_decode(token.substr(last_dot + 1));
    if (!mac || !equal_constant_time(*mac, crypto::hmac_sha256(m_key.reveal(), as_bytes(signed_part))))
        return not_ours();
    const auto& expected = header();
    if (!signed_part.starts_with(expected) || signed_part.size() <= expected.size() + 1)
        return not_ours();
    const auto payload = base64url_decode(signed_part.substr(expected.size() + 1));
    if (!payload)
        return not_ours();
    return qss::to_string(*payload);
}

IssuedToken Tokens::issue_application(const CredentialId& credential, ByteView certificate_sha256)
{
    const auto now = seconds(m_clock.now());
    return {seal("{\"aud\":\"application\",\"sub\":\"" + credential.text() + "\",\"jti\":\"" +
                 base64url_encode(m_random.bytes(16)) + "\",\"iat\":" + std::to_string(now) +
                 ",\"exp\":" + std::to_string(now + m_lives.application_seconds) +
                 ",\"cnf\":{\"x5t#S256\":\"" + base64url_encode(certificate_sha256) + "\"}}"),
            m_lives.application_seconds};
}

IssuedToken Tokens::issue_device(const DeviceId& device)
{
    const auto now = seconds(m_clock.now());
    return {seal("{\"aud\":\"device\",\"sub\":\"" + device.text() + "\",\"jti\":\"" +
                 base64url_encode(m_random.bytes(16)) + "\",\"iat\":" + std::to_string(now) +
                 ",\"exp\":" + std::to_string(now + m_lives.device_seconds) + "}"),
            m_lives.device_seconds};
}

Result<CredentialId> Tokens::verify_application(std::string_view token, ByteView certificate_sha256) const
{
    TRY_ASSIGN(text, open(token));
    Payload payload(text);
    if (!payload.literal("{\"aud\":\"application\",\"sub\":\""))
        return not_ours();
    const auto subject = payload.until('"');
    if (!payload.literal("\",\"jti\":\"") || payload.until('"').empty() || !payload.literal("\",\"iat\":"))
        return not_ours();
    payload.number();
    if (!payload.literal(",\"exp\":"))
        return not_ours();
    const auto expiry = payload.number();
    if (!payload.literal(",\"cnf\":{\"x5t#S256\":\""))
        return not_ours();
    const auto thumbprint = payload.until('"');
    if (!payload.literal("\"}}") || !payload.at_end())
        return not_ours();
    if (seconds(m_clock.now()) >= expiry)
        return fail(ErrorCode::unauthenticated, "token has expired");
    if (!equal_constant_time(as_bytes(thumbprint), as_bytes(base64url_encode(certificate_sha256))))
        return fail(ErrorCode::unauthenticated, "token is bound to another client certificate");
    return CredentialId::parse(subject);
}

Result<DeviceId> Tokens::verify_device(std::string_view token) const
{
    TRY_ASSIGN(text, open(token));
    Payload payload(text);
    if (!payload.literal("{\"aud\":\"device\",\"sub\":\""))
        return not_ours();
    const auto subject = payload.until('"');
    if (!payload.literal("\",\"jti\":\"") || payload.until('"').empty() || !payload.literal("\",\"iat\":"))
        return not_ours();
    payload.number();
    if (!payload.literal(",\"exp\":"))
        return not_ours();
    const auto expiry = payload.number();
    if (!payload.literal("}") || !payload.at_end())
        return not_ours();
    if (seconds(m_clock.now()) >= expiry)
        return fail(ErrorCode::unauthenticated, "token has expired");
    return DeviceId::parse(subject);
}

}
