#include "client/https_client.h"

#include <algorithm>
#include <csignal>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/beast/core/buffers_prefix.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http.hpp>

#include "client/tls_stream.h"

namespace qss::client {

namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::uint32_t header_limit = 64 * 1024;

struct Origin {
    std::string host;      // without brackets
    std::string port;
    std::string authority; // as the Host header has it
    std::string prefix;    // path without the last slash
};

Result<Origin> parse_base_url(std::string_view url)
{
    constexpr std::string_view scheme = "https://";
    const auto bad = [&] {
        return fail(ErrorCode::invalid_argument,
                    "not an address like https://host:8443 : " + std::string(url.substr(0, 200)));
    };
    if (!beast::iequals(url.substr(0, scheme.size()), scheme))
        return bad();
    url.remove_prefix(scheme.size());
    Origin origin;
    const auto slash = std::min(url.find('/'), url.size());
    origin.authority = url.substr(0, slash);
    origin.prefix = url.substr(slash);
    while (!origin.prefix.empty() && origin.prefix.back() == '/')
        origin.prefix.pop_back();
    std::string_view rest = origin.authority;
    if (rest.starts_with('[')) {
        const auto close = rest.find(']');
        if (close == std::string_view::npos)
            return bad();
        origin.host = rest.substr(1, close - 1);
        rest.remove_prefix(close + 1);
    } else {
        origin.host = rest.substr(0, rest.find(':'));
        rest.remove_prefix(origin.host.size());
    }
    origin.port = rest.empty() ? "443" : std::string(rest.substr(1));
    const bool digits =
        std::all_of(origin.port.begin(), origin.port.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (origin.host.empty() || origin.port.empty() || !digits || (!rest.empty() && rest[0] != ':') ||
        url.find_first_of(" @?#\r\n") != std::string_view::npos)
        return bad();
    return origin;
}

Result<SslCtxPtr> make_context(const HttpsOptions& options)
{
    SslCtxPtr context(SSL_CTX_new(TLS_client_method()));
    if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1)
        return fail(ErrorCode::internal, crypto::openssl_errors());
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_AUTO_RETRY);
    if (SSL_CTX_load_verify_file(context.get(), options.ca_file.c_str()) != 1) {
        crypto::openssl_errors();
        return fail(ErrorCode::invalid_argument, "no CA certificates in " + options.ca_file);
    }
    if (options.certificate_file.empty())
        return context;
    if (SSL_CTX_use_certificate_chain_file(context.get(), options.certificate_file.c_str()) != 1) {
        crypto::openssl_errors();
        return fail(ErrorCode::invalid_argument, "no client certificate in " + options.certificate_file);
    }
    if (SSL_CTX_use_PrivateKey_file(context.get(), options.private_key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context.get()) != 1) {
        crypto::openssl_errors();
        return fail(ErrorCode::invalid_argument,
                    options.private_key_file + " is not the private key of " + options.certificate_file);
    }
    return context;
}

// What Beast reads from and writes to; keeps the error that an error_code cannot carry.
class BeastStream {
public:
    explicit BeastStream(TlsStream stream) : m_stream(std::move(stream)) {}
    TlsStream& tls() { return m_stream; }
    [[nodiscard]] const Error& last_error() const { return m_error; }

    template <class Buffers>
    std::size_t read_some(const Buffers& buffers, error_code& error)
    {
        for (const asio::mutable_buffer buffer : beast::buffers_range_ref(buffers))
            if (buffer.size() > 0) {
                const auto count = note(
                    m_stream.read_some({static_cast<std::uint8_t*>(buffer.data()), buffer.size()}), error);
                if (!error && count == 0)
                    error = asio::error::eof;
                return count;
            }
        error = {};
        return 0;
    }

    template <class Buffers>
    std::size_t write_some(const Buffers& buffers, error_code& error)
    {
        for (const asio::const_buffer buffer : beast::buffers_range_ref(buffers))
            if (buffer.size() > 0)
                return note(
                    m_stream.write_some({static_cast<const std::uint8_t*>(buffer.data()), buffer.size()}),
                    error);
        error = {};
        return 0;
    }

    // Beast's concept of a stream asks for these too; nothing here calls them.
    template <class Buffers>
    std::size_t read_some(const Buffers& buffers)
    {
        error_code error;
        return read_some(buffers, error);
    }
    template <class Buffers>
    std::size_t write_some(const Buffers& buffers)
    {
        error_code error;
        return write_some(buffers, error);
    }

private:
    std::size_t note(Result<std::size_t> result, error_code& error)
    {
        error = {};
        if (result)
            return *result;
        m_error = std::move(result).error();
        error = m_error.code == ErrorCode::timed_out ? error_code(asio::error::timed_out)
                                                     : error_code(asio::error::connection_reset);
        return 0;
    }

    TlsStream m_stream;
    Error m_error;
};

struct Connection {
    BeastStream stream;
    beast::flat_buffer buffer;
};

struct Attempt { // one try on one connection
    Result<HttpAnswer> answer;
    bool nothing_came = false; // broke before a byte of an answer: the connection may have been dead
};

HttpAnswer to_answer(http::response<http::string_body>&& response)
{
    HttpAnswer answer;
    answer.status = static_cast<int>(response.result_int());
    for (const auto& field : response)
        answer.headers.push_back({std::string(field.name_string()), std::string(field.value())});
    answer.body = std::move(response.body());
    return answer;
}

bool may_repeat(const HttpRequest& request)
{
    if (request.method == "GET" || request.method == "DELETE")
        return true;
    return std::any_of(request.headers.begin(), request.headers.end(),
                       [](const auto& header) { return beast::iequals(header.name, "Idempotency-Key"); });
}

}

class HttpsClient::Impl {
public:
    Impl(HttpsOptions options, Origin origin, SslCtxPtr context)
        : m_options(std::move(options)), m_origin(std::move(origin)), m_context(std::move(context))
    {
    }

    [[nodiscard]] const HttpsOptions& options() const { return m_options; }

    Result<HttpAnswer> send(const HttpRequest& request)
    {
        const bool kept = m_connection && m_connection->stream.tls().is_idle_and_open();
        if (!kept)
            TRY(connect());
        auto attempt = try_send(request);
        if (kept && attempt.nothing_came && may_repeat(request)) {
            TRY(connect());
            attempt = try_send(request);
        }
        if (!attempt.answer)
            m_connection.reset();
        return std::move(attempt.answer);
    }

private:
    Status connect()
    {
        m_connection.reset();
        TRY_ASSIGN(tls, TlsStream::connect(*m_context, m_origin.host, m_origin.port,
                                           TlsStream::deadline_in(m_options.connect_timeout_ms)));
        m_connection.emplace(
            Connection{BeastStream(std::move(tls)), beast::flat_buffer(header_limit + 65'536)});
        return {};
    }

    http::request<http::string_body> to_beast(const HttpRequest& request) const
    {
        http::request<http::string_body> out;
        out.version(11);
        out.method_string(request.method);
        out.target(m_origin.prefix + request.target);
        out.set(http::field::host, m_origin.authority);
        out.set(http::field::user_agent, "qss/0.1");
        for (const auto& header : request.headers)
            out.set(header.name, header.value);
        out.body() = request.body;
        if (!request.body.empty() || request.method == "POST" || request.method == "PATCH")
            out.content_length(request.body.size()); // the service wants one (411)
        return out;
    }

    Attempt try_send(const HttpRequest& request)
    {
        auto& [stream, buffer] = *m_connection;
        stream.tls().set_deadline(TlsStream::deadline_in(request.timeout_ms));
        error_code error;
        http::write(stream, to_beast(request), error);
        // A server may answer and close before it has read all: its answer says why.
        if (error == asio::error::timed_out)
            return {fail(stream.last_error()), false};
        http::response_parser<http::string_body> parser;
        parser.header_limit(header_limit);
        parser.body_limit(m_options.body_limit);
        http::read(stream, buffer, parser, error);
        if (error)
            return {fail(describe(error)), !parser.got_some() && error != asio::error::timed_out};
        const bool keep = parser.get().keep_alive();
        auto answer = to_answer(parser.release());
        if (!keep)
            m_connection.reset();
        return {std::move(answer), false};
    }

    [[nodiscard]] Error describe(const error_code& error) const
    {
        if (error == asio::error::timed_out || error == asio::error::connection_reset)
            return m_connection->stream.last_error();
        if (error == http::error::body_limit || error == http::error::header_limit)
            return {ErrorCode::too_large, "the answer is larger than this client takes"};
        if (error == http::error::end_of_stream || error == http::error::partial_message)
            return {ErrorCode::unavailable, "the server closed the connection without an answer"};
        return {ErrorCode::malformed, "the answer is not HTTP/1.1: " + error.message()};
    }

    HttpsOptions m_options;
    Origin m_origin;
    SslCtxPtr m_context;
    std::optional<Connection> m_connection;
};

std::optional<std::string_view> HttpAnswer::header(std::string_view name) const
{
    for (const auto& candidate : headers)
        if (beast::iequals(candidate.name, name))
            return candidate.value;
    return std::nullopt;
}

HttpsClient::HttpsClient(std::unique_ptr<Impl> impl) : m_impl(std::move(impl)) {}
HttpsClient::HttpsClient(HttpsClient&&) noexcept = default;
HttpsClient& HttpsClient::operator=(HttpsClient&&) noexcept = default;
HttpsClient::~HttpsClient() = default;

Result<HttpsClient> HttpsClient::create(HttpsOptions options)
{
    // OpenSSL writes to the socket by write(2): a peer that has gone must be an error, not the end.
    std::signal(SIGPIPE, SIG_IGN);
    TRY_ASSIGN(origin, parse_base_url(options.base_url));
    TRY_ASSIGN(context, make_context(options));
    return HttpsClient(std::make_unique<Impl>(std::move(options), std::move(origin), std::move(context)));
}

Result<HttpAnswer> HttpsClient::send(const HttpRequest& request)
{
    try {
        return m_impl->send(request);
    } catch (const std::exception& e) { // Beast: a header that is not one, no memory
        return fail(ErrorCode::internal, std::string("HTTP client: ") + e.what());
    }
}

const HttpsOptions& HttpsClient::options() const
{
    return m_impl->options();
}

std::string percent_encode(std::string_view text)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           c == '-' || c == '.' || c == '_' || c == '~';
        if (plain) {
            out += c;
        } else {
            out += '%';
            out += digits[byte >> 4];
            out += digits[byte & 15];
        }
    }
    return out;
}

}
