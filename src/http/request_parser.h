// One HTTP/1.1 request from bytes, by Boost.Beast's parser, with what Beast leaves open decided here:
// framing is by Content-Length alone, given once (RFC 9112 6.3: anything else is how requests are
// smuggled), limits of base/limits.h, one Host, Expect. Pure; one thread at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "http/message.h"

namespace qss::http {

struct Refusal {
    int status = 400;
    std::string reason;
};

class RequestParser {
public:
    // As parse_target has it; outlives the parser.
    explicit RequestParser(std::string_view opaque_prefix = {});
    ~RequestParser();
    RequestParser(RequestParser&&) noexcept;
    RequestParser& operator=(RequestParser&&) noexcept;

    // Returns how much of `input` it used; what it did not use comes again, with more after it. Uses
    // nothing behind the end of the request. Not to be called when done() or after a refusal.
    tl::expected<std::size_t, Refusal> feed(std::string_view input);

    [[nodiscard]] bool header_done() const;
    [[nodiscard]] bool done() const;
    // The client waits for "100 Continue" before it sends the body (RFC 9110 10.1.1).
    [[nodiscard]] bool wants_continue() const;
    [[nodiscard]] bool keep_alive() const; // only when header_done()

    Request take(); // only when done()

private:
    class Impl;
    std::unique_ptr<Impl> m_impl;
};

}
