// The load generator: mutual TLS, kept-alive connections, one thread, epoll (wrk and h2load cannot
// present a client certificate). After the warm-up it prints {"ready":true} and waits for a line on
// standard input, so that the driver can read clocks; then it works and prints what it saw.
//   sign: N application connections, each one call after the other, phones approve
//   wait: N calls at once, nobody approves until the line; then phones do
//   get:  GET requests, for the floor
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <deque>
#include <iostream>
#include <map>
#include <optional>

#include <signal.h>

#include <CLI/CLI.hpp>

#include "base/encoding.h"
#include "base/random.h"
#include "channel.h"
#include "cli/credential_file.h"
#include "client/json.h"
#include "expect.h"
#include "phone.h"

namespace qss::bench {
namespace {

using Timer = std::chrono::steady_clock;

struct Options {
    std::string scenario = "sign";
    std::string credential;
    std::vector<std::string> phones;
    std::size_t connections = 1;
    std::size_t hashes = 1;
    std::size_t calls = 100; // in all; for wait: one for each connection
    std::string url, certificate, private_key;
};

double milliseconds(Timer::duration duration)
{
    return std::chrono::duration<double, std::milli>(duration).count();
}

void wait_for_go()
{
    std::cout << "{\"ready\":true}" << std::endl;
    std::string line;
    if (!std::getline(std::cin, line))
        std::exit(0);
}

// Numbers for the driver; the last line.
class Report {
public:
    void latency(const std::string& name, Timer::duration duration)
    {
        m_latencies_ms[name].push_back(milliseconds(duration));
    }
    void status(int status) { ++m_statuses[status]; }

    void print(std::size_t calls, Timer::duration wall)
    {
        client::json::object out{{"calls", calls}, {"wall_ms", milliseconds(wall)}};
        client::json::object statuses;
        for (const auto& [status, count] : m_statuses)
            statuses[std::to_string(status)] = count;
        out["statuses"] = std::move(statuses);
        for (auto& [name, values] : m_latencies_ms) {
            std::sort(values.begin(), values.end());
            const auto at = [&values](double part) {
                return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
            };
            out[name] = client::json::object{{"p50", at(0.5)}, {"p99", at(0.99)}, {"max", at(1.0)}};
        }
        std::cout << client::to_text(out) << std::endl;
    }

private:
    std::map<std::string, std::vector<double>> m_latencies_ms;
    std::map<int, std::size_t> m_statuses;
};

std::string log_in(const client::Credential& credential)
{
    auto https = expect(client::HttpsClient::create(credential.https_options()));
    const client::json::object body{{"api_key", credential.api_key},
                                    {"api_secret", std::string(as_text(credential.api_secret.reveal()))}};
    const auto answer = expect(https.send({.method = "POST",
                                           .target = "/login",
                                           .headers = {{"Content-Type", "application/json;charset=utf-8"}},
                                           .body = client::to_text(body)}));
    expect(client::check_success(answer));
    return expect(client::text_member(expect(client::parse_object(answer.body)), "access_token"));
}

class SigningLoad {
public:
    explicit SigningLoad(const Options& options)
        : m_options(options), m_credential(expect(cli::load_credential(options.credential))),
          m_context(client_context(m_credential.certificate_file, m_credential.private_key_file)),
          m_phone_context(client_context("", "")), m_token(log_in(m_credential))
    {
        for (const auto& directory : options.phones) {
            m_phones.emplace_back(m_reactor, m_phone_context.get(), directory,
                                  [this](const std::string& id) { m_approvals.emplace(id, Timer::now()); });
            m_phones.back().log_in();
        }
        const auto address = Address::of_url(m_credential.base_url);
        for (std::size_t i = 0; i < options.connections; ++i)
            m_channels.push_back(std::make_unique<Channel>(m_reactor, m_context.get(), address));
    }

    void sign()
    {
        for (auto& phone : m_phones)
            phone.start_polling();
        run(2 * m_options.connections); // connections, sessions of TLS, warm keys
        m_report = {};
        wait_for_go();
        const auto start = Timer::now();
        run(m_options.calls);
        m_report.print(m_options.calls, Timer::now() - start);
    }

    void wait()
    {
        m_left = 0; // nobody asks again
        std::size_t begun = 0;
        const auto sent = [this](std::size_t count) {
            return std::all_of(m_channels.begin(), m_channels.begin() + static_cast<std::ptrdiff_t>(count),
                               [](const auto& channel) { return channel->sent(); });
        };
        while (begun < m_channels.size()) { // in small groups: a handshake costs
            const auto end = std::min(begun + 64, m_channels.size());
            for (; begun < end; ++begun)
                call(begun);
            m_reactor.run_until([&] { return sent(begun); });
        }
        wait_for_go();
        const auto start = Timer::now();
        for (auto& phone : m_phones)
            phone.start_polling();
        m_reactor.run_until([this] { return m_finished >= m_options.calls; });
        m_report.print(m_finished, Timer::now() - start);
    }

private:
    void run(std::size_t calls)
    {
        m_finished = 0;
        m_left = calls;
        for (std::size_t i = 0; i < m_channels.size() && m_left > 0; ++i) {
            --m_left;
            call(i);
        }
        m_reactor.run_until([this, calls] { return m_finished >= calls; });
    }

    void call(std::size_t channel)
    {
        client::json::array digests;
        for (std::size_t i = 0; i < m_options.hashes; ++i)
            digests.emplace_back(hex_encode(m_random.bytes(32)));
        const auto& email = m_phones[channel % m_phones.size()].email();
        const auto begun = Timer::now();
        m_channels[channel]->ask(
            "POST /users/" + email +
                "/sign HTTP/1.1\r\nContent-Type: application/json;charset=utf-8\r\n"
                "Authorization: Bearer " +
                m_token + "\r\n",
            client::to_text(client::json::object{{"digests", std::move(digests)}}),
            [this, channel, begun](const Reply& reply) { on_signed(channel, begun, reply); });
    }

    void on_signed(std::size_t channel, Timer::time_point begun, const Reply& reply)
    {
        const auto now = Timer::now();
        m_report.status(reply.status);
        if (reply.status == 200) {
            m_report.latency("call_ms", now - begun);
            const auto id =
                expect(client::text_member(expect(client::parse_object(reply.body)), "session_id"));
            if (const auto approval = m_approvals.extract(id))
                m_report.latency("approval_to_answer_ms", now - approval.mapped());
        } else if (++m_failures > 20) {
            give_up(("a sign call: " + std::to_string(reply.status) + ' ' + reply.body).c_str());
        }
        ++m_finished;
        if (m_left > 0) {
            --m_left;
            call(channel);
        }
    }

    const Options& m_options;
    client::Credential m_credential;
    SslCtxPtr m_context;
    SslCtxPtr m_phone_context;
    std::string m_token;
    SystemRandom m_random;
    Reactor m_reactor;
    std::deque<Phone> m_phones;
    std::vector<std::unique_ptr<Channel>> m_channels;
    std::size_t m_left = 0;
    std::size_t m_finished = 0;
    std::size_t m_failures = 0;
    std::map<std::string, Timer::time_point> m_approvals; // sent, not answered yet
    Report m_report;
};

class GetLoad {
public:
    explicit GetLoad(const Options& options)
        : m_options(options), m_context(client_context(options.certificate, options.private_key))
    {
        for (std::size_t i = 0; i < options.connections; ++i)
            m_channels.push_back(
                std::make_unique<Channel>(m_reactor, m_context.get(), Address::of_url(options.url)));
    }

    void run()
    {
        run(2 * m_options.connections);
        m_report = {};
        wait_for_go();
        const auto start = Timer::now();
        run(m_options.calls);
        m_report.print(m_options.calls, Timer::now() - start);
    }

private:
    void run(std::size_t calls)
    {
        m_finished = 0;
        m_left = calls;
        for (std::size_t i = 0; i < m_channels.size() && m_left > 0; ++i) {
            --m_left;
            ask(i);
        }
        m_reactor.run_until([this, calls] { return m_finished >= calls; });
    }

    void ask(std::size_t channel)
    {
        m_channels[channel]->ask("GET / HTTP/1.1\r\n", "", [this, channel](const Reply& reply) {
            m_report.status(reply.status);
            if (reply.status == 0)
                give_up("the reference closed a connection");
            ++m_finished;
            if (m_left > 0) {
                --m_left;
                ask(channel);
            }
        });
    }

    const Options& m_options;
    SslCtxPtr m_context;
    Reactor m_reactor;
    std::vector<std::unique_ptr<Channel>> m_channels;
    std::size_t m_left = 0;
    std::size_t m_finished = 0;
    Report m_report;
};

}
}

int main(int argc, char** argv)
{
    using namespace qss::bench;
    signal(SIGPIPE, SIG_IGN);
    Options options;
    CLI::App app{"mutual-TLS load generator"};
    app.add_option("scenario", options.scenario)->check(CLI::IsMember({"sign", "wait", "get"}));
    app.add_option("--credential", options.credential, "cred.toml of `qss credential add`");
    app.add_option("--phone", options.phones, "directory of `qss authenticator register`");
    app.add_option("--connections", options.connections);
    app.add_option("--hashes", options.hashes);
    app.add_option("--calls", options.calls);
    app.add_option("--url", options.url, "for get");
    app.add_option("--certificate", options.certificate, "for get");
    app.add_option("--private-key", options.private_key, "for get");
    CLI11_PARSE(app, argc, argv);
    if (options.scenario == "get") {
        GetLoad(options).run();
        return 0;
    }
    if (options.phones.empty())
        give_up("--phone");
    SigningLoad load(options);
    if (options.scenario == "sign")
        load.sign();
    else
        load.wait();
    return 0;
}
