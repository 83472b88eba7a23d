// qss-api: HTTP, the business, the main database (docs/architecture.md). Everything is wired here and
// nowhere else: configuration, secrets, channels to the roles, service, listeners. Ends on SIGTERM and
// SIGINT, after what is under way has been answered.
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "api/authenticator/routes.h"
#include "api/harden.h"
#include "api/health/routes.h"
#include "api/management/routes.h"
#include "api/problem.h"
#include "api/public/routes.h"
#include "api/qss/routes.h"
#include "base/encoding.h"
#include "base/log.h"
#include "config/config.h"
#include "http/server.h"
#include "service/service.h"
#include "store/store.h"
#include "wire/channel.h"

namespace {

using namespace qss;

struct Flags {
    std::string config_file;
    std::string crash_at;
};

// 32 random bytes as base64url, which `qss init` wrote.
Result<Secret> read_key(const std::filesystem::path& path)
{
    std::ifstream file(path);
    std::string text;
    if (!std::getline(file, text))
        return fail(ErrorCode::io, "cannot read " + path.string());
    auto key = base64url_decode(text);
    wipe(text.data(), text.size());
    if (!key || key->size() != 32)
        return fail(ErrorCode::malformed, path.string() + " is not 32 bytes as base64url");
    return Secret(std::move(*key));
}

service::OperatorRole role_of(config::OperatorRole role)
{
    switch (role) {
    case config::OperatorRole::operator_: return service::OperatorRole::operator_;
    case config::OperatorRole::registration_officer: return service::OperatorRole::registration_officer;
    case config::OperatorRole::auditor: return service::OperatorRole::auditor;
    case config::OperatorRole::security_officer: return service::OperatorRole::security_officer;
    }
    return service::OperatorRole::auditor;
}

Result<service::ServiceOptions> service_options(const config::Config& config, const Flags& flags)
{
    service::ServiceOptions options;
    options.database_path = config.paths.database.string();
    options.outbox_directory = config.paths.outbox.string();
    TRY_ASSIGN(token_key, read_key(config.paths.token_key));
    TRY_ASSIGN(code_key, read_key(config.paths.otp_key));
    options.token_key = std::move(token_key);
    options.code_key = std::move(code_key);
    for (const auto& entry : config.operators)
        options.operators.push_back({{entry.name, role_of(entry.role)}, entry.certificate_sha256});
    options.signing.rp_id = config.rp_id;
    options.signing.origins = config.origins;
    options.signing.consent_version = config.consent_version;
    options.signing.default_lifetime = Milliseconds(config.sessions.lifetime_ms);
    options.signing.attach_grace = Milliseconds(config.sessions.attach_grace_ms);
    options.signing.waiting_limit = config.sessions.waiting_calls;
    options.signing.result_grace = Milliseconds(config.sessions.result_grace_ms);
    options.token_lives = {config.tokens.lifetime_s, config.tokens.device_token_lifetime_s};
    options.invitation_life = std::chrono::seconds(config.registration.invitation_life_s);
    options.code_life = std::chrono::seconds(config.registration.code_life_s);
    options.certificate_days = config.identities.lifetime_days;
    options.workers = config.processing.workers;
    options.worker_queue = config.processing.queue;
    if (!flags.crash_at.empty() && !config.sandbox)
        return fail(ErrorCode::forbidden, "--crash-at is for sandboxes alone");
    options.crash_at = flags.crash_at;
    return options;
}

http::ListenerOptions listener(const config::Config& config, const config::Listener& where)
{
    http::ListenerOptions options;
    options.address = where.address;
    options.port = where.port;
    options.connections = config.processing.connections;
    return options;
}

http::TlsOptions tls(const config::Paths& paths, http::ClientCertificate client_certificate)
{
    return {{{paths.tls_rsa_certificate.string(), paths.tls_rsa_key.string()},
             {paths.tls_p256_certificate.string(), paths.tls_p256_key.string()}},
            client_certificate,
            paths.access_ca.string()};
}

struct Ports {
    std::uint16_t mtls = 0;
    std::uint16_t tls = 0;
    std::uint16_t health = 0;
    std::uint16_t public_ = 0;
};

// The QSS API owns the mutual-TLS listener, except for what is under the management API's prefix.
Result<Ports> open_listeners(http::Server& server, const api::Parts& parts)
{
    const auto& config = parts.config;
    auto qss = std::make_shared<const http::Router>(api::qss_api::make_router(parts));
    auto management = std::make_shared<const http::Router>(api::management::make_router(parts));
    auto authenticator = std::make_shared<const http::Router>(api::authenticator::make_router(parts));
    auto health = std::make_shared<const http::Router>(api::health::make_router(parts));

    auto mtls_options = listener(config, config.mtls);
    mtls_options.tls = tls(config.paths, http::ClientCertificate::required);
    mtls_options.protocol_error = [](const http::ProtocolError& error) {
        return api::qss_api::protocol_error_response(error.status, error.reason, error.request_id);
    };
    Ports ports;
    TRY_ASSIGN(mtls_port,
               server.listen(mtls_options, [qss, management](http::Request request, http::Responder respond) {
                   const bool managed = request.path.starts_with(api::management::prefix);
                   (managed ? *management : *qss)(std::move(request), std::move(respond));
               }));
    ports.mtls = mtls_port;

    TRY_ASSIGN(public_router, api::public_api::make_router(parts));
    auto public_routes = std::make_shared<const http::Router>(std::move(public_router));
    const auto serve_public = [routes = public_routes, ocsp = api::public_api::ocsp_get(parts)](
                                  http::Request request, http::Responder respond) {
        const bool in_base64 =
            request.method == "GET" && request.path.starts_with(api::public_api::ocsp_prefix);
        in_base64 ? ocsp(std::move(request), std::move(respond))
                  : (*routes)(std::move(request), std::move(respond));
    };

    auto tls_options = listener(config, config.tls);
    tls_options.tls = tls(config.paths, http::ClientCertificate::none);
    tls_options.opaque_prefix = api::public_api::ocsp_prefix;
    tls_options.protocol_error = [](const http::ProtocolError& error) {
        return api::problem_response(error.status, error.reason, error.request_id);
    };
    TRY_ASSIGN(tls_port, server.listen(tls_options, [authenticator, serve_public](http::Request request,
                                                                                  http::Responder respond) {
        if (request.path.starts_with(api::authenticator::prefix))
            (*authenticator)(std::move(request), std::move(respond));
        else
            serve_public(std::move(request), std::move(respond));
    }));
    ports.tls = tls_port;

    TRY_ASSIGN(health_port, server.listen(listener(config, config.health),
                                          [health](http::Request request, http::Responder respond) {
                                              (*health)(std::move(request), std::move(respond));
                                          }));
    ports.health = health_port;

    auto public_options = listener(config, config.public_);
    public_options.opaque_prefix = api::public_api::ocsp_prefix;
    TRY_ASSIGN(public_port, server.listen(public_options, serve_public));
    ports.public_ = public_port;
    return ports;
}

// Written beside and renamed: whoever reads it reads all of it.
Status write_ports(const std::filesystem::path& path, const Ports& ports)
{
    const auto temporary = path.string() + ".new";
    {
        std::ofstream file(temporary, std::ios::trunc);
        file << fmt::format("{{\"mtls\":{},\"tls\":{},\"health\":{},\"public\":{}}}\n", ports.mtls, ports.tls,
                            ports.health, ports.public_);
        if (!file.flush())
            return fail(ErrorCode::io, "cannot write " + temporary);
    }
    std::error_code error;
    std::filesystem::rename(temporary, path, error);
    if (error)
        return fail(ErrorCode::io, path.string() + ": " + error.message());
    return {};
}

Status serve(const Flags& flags, const sigset_t& end_signals)
{
    TRY_ASSIGN(config, config::load(flags.config_file));
    SystemClock clock;
    SystemRandom random;

    wire::Channel sam(config.paths.sam_socket.string());
    wire::Channel ca(config.paths.ca_socket.string());
    wire::Channel ocsp(config.paths.ocsp_socket.string());
    wire::Channel tsa(config.paths.tsa_socket.string());
    const Milliseconds role_timeout(config.processing.role_timeout_ms);
    service::ChannelTransport sam_transport(sam, role_timeout);
    service::ChannelTransport ca_transport(ca, role_timeout);
    service::ChannelTransport ocsp_transport(ocsp, role_timeout);
    service::ChannelTransport tsa_transport(tsa, role_timeout);
    TRY_ASSIGN(options, service_options(config, flags));
    TRY_ASSIGN(service, service::Service::create(std::move(options),
                                                 {sam_transport, ca_transport, ocsp_transport, tsa_transport},
                                                 clock, random));
    service::RateLimiter limiter(clock, 100'000);
    const api::Parts parts{*service, limiter, config, clock};

    TRY_ASSIGN(server, http::Server::create(config.processing.io_threads, clock, random));
    TRY_ASSIGN(ports, open_listeners(*server, parts));
    service->start();
    server->start();
    TRY(write_ports(config.paths.ports_file, ports));
    log::info("listening", {{"mtls", std::to_string(ports.mtls)},
                            {"tls", std::to_string(ports.tls)},
                            {"health", std::to_string(ports.health)},
                            {"public", std::to_string(ports.public_)}});

    int signal_number = 0;
    sigwait(&end_signals, &signal_number);
    log::info("stopping", {{"signal", std::to_string(signal_number)}});
    // Who waits for a person is answered now and may come back; then what is under way ends.
    service->signing().stop();
    service->officers().stop();
    server->stop(static_cast<int>(config.processing.drain_ms));
    service->stop();
    log::info("stopped");
    return {};
}

Status migrate_database(const Flags& flags)
{
    TRY_ASSIGN(config, config::load(flags.config_file));
    TRY(store::Store::open({.path = config.paths.database.string()}));
    return {};
}

void print_routes()
{
    for (const auto& route : api::qss_api::routes())
        std::cout << "qss " << route.method << ' ' << route.pattern << '\n';
    for (const auto& route : api::public_api::routes())
        std::cout << "public " << route.method << ' ' << route.pattern << '\n';
    for (const auto& route : api::management::routes())
        std::cout << "management " << route.method << ' ' << api::management::prefix << route.pattern << '\n';
    for (const auto& route : api::authenticator::routes())
        std::cout << "authenticator " << route.method << ' ' << api::authenticator::prefix << route.pattern
                  << '\n';
}

}

int main(int argc, char** argv)
{
    log::set_process("qss-api");
    Flags flags;
    CLI::App app("qss-api: the HTTP interfaces and the business of qss. Started by `qss serve`.", "qss-api");
    auto* config = app.add_option("--config", flags.config_file, "qss.toml of the data directory");
    app.add_option(
        "--crash-at", flags.crash_at,
        "sandbox: POINT[:N], end like kill -9 when that point is reached (the N-th time), for tests");
    bool routes = false;
    bool migrate = false;
    app.add_flag("--migrate", migrate, "make the main database or bring it up to date, and exit");
    app.add_flag("--print-routes", routes, "print every route, one a line, and exit");
    CLI11_PARSE(app, argc, argv);
    if (routes) {
        print_routes();
        return EXIT_SUCCESS;
    }
    if (!*config) {
        std::cerr << "qss-api: --config is needed\n";
        return 2;
    }

    // Before any thread starts, so that all inherit it and only sigwait sees these.
    sigset_t end_signals;
    sigemptyset(&end_signals);
    sigaddset(&end_signals, SIGTERM);
    sigaddset(&end_signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &end_signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    if (const auto hardened = api::harden(); !hardened) {
        log::error("cannot serve", {{"detail", hardened.error().detail}});
        return EXIT_FAILURE;
    }

    try {
        const auto done = migrate ? migrate_database(flags) : serve(flags, end_signals);
        if (!done) {
            log::error(migrate ? "cannot migrate" : "cannot serve",
                       {{"code", to_string(done.error().code)}, {"detail", done.error().detail}});
            return EXIT_FAILURE;
        }
    } catch (const std::exception& e) {
        log::error("ended by an exception", {{"what", e.what()}});
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
