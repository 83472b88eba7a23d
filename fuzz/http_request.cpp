// Bytes from a network to requests or a refusal, as a connection does it: whole, and in pieces whose
// sizes the input chooses. What is accepted must keep what handlers rely on.
#include <cstdlib>

#include "base/limits.h"
#include "http/path.h"
#include "http/request_parser.h"

namespace {

void check(bool holds)
{
    if (!holds)
        std::abort();
}

void check_request(const qss::http::Request& request)
{
    check(!request.method.empty() && request.path.starts_with('/'));
    check(request.path.find('\0') == std::string::npos);
    check(request.body.size() <= qss::limits::http_body_size);
    check(!request.header("Transfer-Encoding"));
    for (const auto part : qss::http::split_path(request.path))
        check(part != "." && part != "..");
    for (const auto& header : request.headers)
        check(header.value.find_first_of("\r\n") == std::string::npos);
}

// Returns the requests that were read before the end or a refusal.
std::size_t requests_in(std::string_view input, std::size_t step)
{
    std::size_t count = 0;
    std::string waiting;
    qss::http::RequestParser parser;
    while (!input.empty()) {
        waiting += input.substr(0, step);
        input.remove_prefix(std::min(step, input.size()));
        while (!waiting.empty()) {
            const auto used = parser.feed(waiting);
            if (!used) {
                check(used.error().status >= 400 && !used.error().reason.empty());
                return count;
            }
            check(*used <= waiting.size());
            waiting.erase(0, *used);
            if (!parser.done())
                break;
            check_request(parser.take());
            parser = qss::http::RequestParser();
            ++count;
        }
    }
    return count;
}

}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0)
        return 0;
    const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
    check(requests_in(input, input.size() + 1) == requests_in(input, 1U + data[0]));
    return 0;
}
