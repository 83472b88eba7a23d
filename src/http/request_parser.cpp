#include "http/request_parser.h"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>

#include "base/limits.h"
#include "http/path.h"

namespace qss::http {

namespace beast_http = boost::beast::http;
using boost::beast::iequals;
using BeastText = boost::beast::string_view;
using BeastError = boost::beast::error_code;

namespace {

constexpr std::size_t headers_max = 100;

std::string to_std(BeastText text)
{
    return std::string(text.data(), text.size());
}

// A header line that goes on in the next one (obsolete: RFC 9112 5.2). Beast joins them; others may
// see two fields. Beast uses a line up only when it has seen what follows, so a fold is never split.
bool is_folded(std::string_view input)
{
    if (input.starts_with(
            "\r\n")) // the blank line alone is left of this head: what follows is the next request
        return false;
    const auto head = input.substr(0, input.find("\r\n\r\n"));
    return head.find("\r\n ") != std::string_view::npos || head.find("\r\n\t") != std::string_view::npos;
}

bool needs_length(std::string_view method)
{
    return method == "POST" || method == "PUT" || method == "PATCH";
}

}

class RequestParser::Impl final : public beast_http::basic_parser<true> {
public:
    explicit Impl(std::string_view opaque_prefix) : m_opaque_prefix(opaque_prefix)
    {
        header_limit(limits::http_header_size);
        body_limit(limits::http_body_size);
        eager(true);
    }

    Request m_request;
    Refusal m_refusal{0, {}};
    bool m_expects_continue = false;

private:
    const std::string_view m_opaque_prefix;

    void refuse(int status, std::string reason, BeastError& ec)
    {
        m_refusal = {status, std::move(reason)};
        ec = beast_http::error::bad_value;
    }

    void on_request_impl(beast_http::verb, BeastText method, BeastText target, int version,
                         BeastError& ec) override
    {
        m_is_http_11 = version == 11;
        m_request.method = to_std(method);
        auto parsed = http::parse_target({target.data(), target.size()}, m_opaque_prefix);
        if (!parsed)
            return refuse(400, parsed.error().detail, ec);
        m_request.path = std::move(parsed->path);
        m_request.query = std::move(parsed->query);
    }

    void on_response_impl(int, BeastText, int, BeastError&) override {}

    void on_field_impl(beast_http::field field, BeastText name, BeastText value, BeastError& ec) override
    {
        if (m_request.headers.size() == headers_max)
            return refuse(431, "too many header fields", ec);
        if (field == beast_http::field::content_length && ++m_content_lengths > 1)
            return refuse(400, "Content-Length given more than once", ec);
        if (field == beast_http::field::content_length && value.find(',') != BeastText::npos)
            return refuse(400, "Content-Length is not one number", ec);
        if (field == beast_http::field::transfer_encoding)
            m_has_transfer_encoding = true;
        if (field == beast_http::field::host)
            ++m_hosts;
        if (field == beast_http::field::expect) {
            if (!iequals(value, "100-continue"))
                return refuse(417, "unknown expectation", ec);
            m_expects_continue = m_is_http_11;
        }
        m_request.headers.push_back({to_std(name), to_std(value)});
    }

    void on_header_impl(BeastError& ec) override
    {
        if (m_hosts > 1 || (m_hosts == 0 && m_is_http_11))
            return refuse(400, "exactly one Host is needed", ec);
        if (m_has_transfer_encoding) {
            if (m_content_lengths != 0)
                return refuse(400, "Transfer-Encoding and Content-Length together", ec);
            return refuse(411, "Content-Length required", ec);
        }
        if (m_content_lengths == 0 && needs_length(m_request.method))
            return refuse(411, "Content-Length required", ec);
    }

    void on_body_init_impl(boost::optional<std::uint64_t> const&, BeastError&) override {}

    std::size_t on_body_impl(BeastText body, BeastError&) override
    {
        // Grows with what has come, not with what Content-Length promises.
        m_request.body.append(body.data(), body.size());
        return body.size();
    }

    // Never reached: a chunked body was refused with the header.
    void on_chunk_header_impl(std::uint64_t, BeastText, BeastError& ec) override
    {
        refuse(411, "Content-Length required", ec);
    }
    std::size_t on_chunk_body_impl(std::uint64_t, BeastText, BeastError& ec) override
    {
        refuse(411, "Content-Length required", ec);
        return 0;
    }

    void on_finish_impl(BeastError&) override {}

    bool m_is_http_11 = true;
    bool m_has_transfer_encoding = false;
    int m_content_lengths = 0;
    int m_hosts = 0;
};

RequestParser::RequestParser(std::string_view opaque_prefix) : m_impl(std::make_unique<Impl>(opaque_prefix))
{
}
RequestParser::~RequestParser() = default;
RequestParser::RequestParser(RequestParser&&) noexcept = default;
RequestParser& RequestParser::operator=(RequestParser&&) noexcept = default;

tl::expected<std::size_t, Refusal> RequestParser::feed(std::string_view input)
{
    QSS_ASSERT(m_impl->m_refusal.status == 0 && !m_impl->is_done());
    auto& refusal = m_impl->m_refusal;
    if (!header_done() && is_folded(input)) {
        refusal = {400, "folded header line"};
        return tl::unexpected(refusal);
    }
    BeastError ec;
    const auto used = m_impl->put({input.data(), input.size()}, ec);
    if (!ec || ec == beast_http::error::need_more)
        return used;
    if (refusal.status == 0) {
        if (ec == beast_http::error::header_limit)
            refusal = {431, "header too large"};
        else if (ec == beast_http::error::body_limit)
            refusal = {413, "body too large"};
        else
            refusal = {400, "malformed request"};
    }
    return tl::unexpected(refusal);
}

bool RequestParser::header_done() const
{
    return m_impl->is_header_done();
}

bool RequestParser::done() const
{
    return m_impl->is_done();
}

bool RequestParser::wants_continue() const
{
    return m_impl->m_expects_continue && header_done() && !done() && m_impl->m_request.body.empty();
}

bool RequestParser::keep_alive() const
{
    return m_impl->keep_alive();
}

Request RequestParser::take()
{
    QSS_ASSERT(done());
    return std::move(m_impl->m_request);
}

}
