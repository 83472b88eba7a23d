#include <fmt/format.h>

#include "base/encoding.h"
#include "config/config.h"

namespace qss::config {

namespace {

// A TOML basic string.
std::string toml_text(std::string_view text)
{
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            out.append("\\").push_back(c);
        else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
            out += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
        else
            out.push_back(c);
    }
    return out + "\"";
}

std::string toml_list(const std::vector<std::string>& texts)
{
    std::string out;
    for (const auto& text : texts)
        out += (out.empty() ? "" : ", ") + toml_text(text);
    return "[" + out + "]";
}

std::string render_service(const Config& c)
{
    return fmt::format(
        R"(# Configuration of one qss. An unknown key, a wrong type or a value out of range keeps it
# from starting.
# Every key but those of [service] has the default shown. Times end in their unit.

[service]
# Fixed at `qss init`; the roles keep it in their own records. A sandbox's certificates say TEST.
sandbox = {}
# The trust service provider, as in its certificates.
organisation = {}
# Host of the URLs in certificates (OCSP, CRL, CA), without scheme and port.
public_url = {}
# WebAuthn: the relying party of the authenticators, its name on the phone, and where the app runs. The
# SAM has its own copy of id and origins since its ceremony.
rp_id = {}
rp_name = {}
origins = {}
# Version of the consent text that the phone shows; part of what a signer approves.
consent_version = {}
)",
        c.sandbox, toml_text(c.organisation), toml_text(c.public_url), toml_text(c.rp_id),
        toml_text(c.rp_name), toml_list(c.origins), toml_text(c.consent_version));
}

std::string render_listeners(const Config& c)
{
    return fmt::format(R"(
# Numeric addresses. Port 0 takes any free one; run/ports.json says which.
# QSS and management API, mutual TLS.
[listeners.mtls]
address = {}
port = {}

# Authenticator API, TLS.
[listeners.tls]
address = {}
port = {}

# /healthz and /readyz, plain, loopback only.
[listeners.health]
address = {}
port = {}

# What anyone may read: /ocsp, /crl, /ca, plain. The world reaches it as http://public_url.
[listeners.public]
address = {}
port = {}
)",
                       toml_text(c.mtls.address), c.mtls.port, toml_text(c.tls.address), c.tls.port,
                       toml_text(c.health.address), c.health.port, toml_text(c.public_.address),
                       c.public_.port);
}

std::string render_business(const Config& c)
{
    return fmt::format(R"(
[sessions]
# A signer has so long to approve (100 ms to 30 min).
lifetime_ms = {}
# A client that was cut off may come back for a session for so long; then the session is withdrawn.
attach_grace_ms = {}
# ... and for an answer that was not delivered.
result_grace_ms = {}
# Sign calls that wait at once; more get 503.
waiting_calls = {}

[tokens]
# Of applications, bound to their client certificate.
lifetime_s = {}
# Of phones.
device_token_lifetime_s = {}

[rates]
# Of packs made from now on that name none, for each API credential and client certificate (1 to 60000).
logins_per_minute = {}
# For each pack; for each phone.
requests_per_minute = {}
device_requests_per_minute = {}

[identities]
# For packs that name none: RSA-2048 (until 2026-12-31), RSA-3072, RSA-4096, P-256, P-384.
default_key_type = {}
# Of signers' certificates (1 to 1095).
lifetime_days = {}

[registration]
invitation_life_s = {}
# The two one-time codes (30 to 600).
code_life_s = {}
)",
                       c.sessions.lifetime_ms, c.sessions.attach_grace_ms, c.sessions.result_grace_ms,
                       c.sessions.waiting_calls, c.tokens.lifetime_s, c.tokens.device_token_lifetime_s,
                       c.rates.logins_per_minute, c.rates.requests_per_minute,
                       c.rates.device_requests_per_minute, toml_text(c.identities.default_key_type),
                       c.identities.lifetime_days, c.registration.invitation_life_s,
                       c.registration.code_life_s);
}

std::string render_processing(const Config& c)
{
    const auto document = [&c](const std::filesystem::path& path) {
        const auto relative = path.lexically_relative(c.paths.directory);
        const bool inside = !relative.empty() && *relative.begin() != "..";
        return toml_text(inside ? relative.string() : path.string());
    };
    auto out = fmt::format(R"(
# What the public reads besides certificates and lists: .pdf, .html, or anything else as plain text. The
# disclosure statement is at https://public_url/pds/en, as certificates say; the practice statement at /cps.
[documents]
pds_en = {}
cps = {}

# RFC 3161 time-stamps at /tsa for anyone, at most so many a minute for all of them together: strangers take no
# more of the unit than that. Applications have GET /timestamp/{{digest}} and their quotas.
[timestamping]
public = {}
per_minute = {}

[processing]
# Threads for sockets, threads for the business, requests that may wait for one of those (more: 503).
io_threads = {}
workers = {}
queue = {}
# For each listener.
connections = {}
# One call to a role; its outcome is unknown afterwards.
role_timeout_ms = {}
# For requests under way when told to stop.
drain_ms = {}

# Users that `qss serve`, started as root, gives to the processes: names or numbers. Empty: its own.
# Outside a sandbox each role needs one that is not qss-api's. `group` owns run/ and its sockets.
[users]
api = {}
sam = {}
ca = {}
ocsp = {}
tsa = {}
group = {}
)",
                           document(c.documents.pds_en), document(c.documents.cps), c.timestamping.public_,
                           c.timestamping.per_minute, c.processing.io_threads, c.processing.workers,
                           c.processing.queue, c.processing.connections, c.processing.role_timeout_ms,
                           c.processing.drain_ms, toml_text(c.users.api), toml_text(c.users.sam),
                           toml_text(c.users.ca), toml_text(c.users.ocsp), toml_text(c.users.tsa),
                           toml_text(c.users.group));
    out += R"(
# Who may use the management API, by the SHA-256 of the client certificate. Roles: operator,
# registration_officer, auditor, security_officer.
)";
    for (const auto& entry : c.operators)
        out += fmt::format("[[operator]]\nname = {}\nrole = {}\ncertificate_sha256 = {}\n\n",
                           toml_text(entry.name), toml_text(to_string(entry.role)),
                           toml_text(hex_encode(entry.certificate_sha256)));
    return out;
}

}

std::string render(const Config& config)
{
    return render_service(config) + render_listeners(config) + render_business(config) +
           render_processing(config);
}

}
