#include "http/response_text.h"

#include <algorithm>
#include <array>
#include <chrono>

#include <fmt/format.h>

namespace qss::http {

namespace {

bool is_token(std::string_view name)
{
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return c > ' ' && c < 0x7f &&
               std::string_view("\"(),/:;<=>?@[\\]{}").find(c) == std::string_view::npos;
    });
}

bool is_value(std::string_view value)
{
    return std::all_of(value.begin(), value.end(), [](char c) {
        const auto octet = static_cast<unsigned char>(c);
        return octet == '\t' || (octet >= 0x20 && octet != 0x7f);
    });
}

}

std::string_view reason_phrase(int status)
{
    struct Phrase {
        int status;
        std::string_view text;
    };
    static constexpr std::array phrases{
        Phrase{200, "OK"},
        Phrase{201, "Created"},
        Phrase{202, "Accepted"},
        Phrase{204, "No Content"},
        Phrase{304, "Not Modified"},
        Phrase{400, "Bad Request"},
        Phrase{401, "Unauthorized"},
        Phrase{402, "Payment Required"},
        Phrase{403, "Forbidden"},
        Phrase{404, "Not Found"},
        Phrase{405, "Method Not Allowed"},
        Phrase{408, "Request Timeout"},
        Phrase{409, "Conflict"},
        Phrase{410, "Gone"},
        Phrase{411, "Length Required"},
        Phrase{413, "Content Too Large"},
        Phrase{415, "Unsupported Media Type"},
        Phrase{417, "Expectation Failed"},
        Phrase{422, "Unprocessable Content"},
        Phrase{423, "Locked"},
        Phrase{429, "Too Many Requests"},
        Phrase{431, "Request Header Fields Too Large"},
        Phrase{500, "Internal Server Error"},
        Phrase{503, "Service Unavailable"},
        Phrase{504, "Gateway Timeout"},
    };
    const auto found = std::find_if(phrases.begin(), phrases.end(),
                                    [status](const Phrase& phrase) { return phrase.status == status; });
    return found == phrases.end() ? std::string_view() : found->text;
}

std::string http_date(TimePoint time)
{
    static constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
    return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                       days.at(std::chrono::weekday(day).c_encoding()), unsigned(date.day()),
                       months.at(unsigned(date.month()) - 1), int(date.year()), clock.hours().count(),
                       clock.minutes().count(), clock.seconds().count());
}

Result<std::string> response_text(const Response& response, std::string_view method, AfterResponse after,
                                  std::string_view date)
{
    if (response.status < 200 || response.status > 599)
        return fail(ErrorCode::invalid_argument, "status of a response");
    std::string out;
    out.reserve(256 + response.body.size());
    out +=
        fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status, reason_phrase(response.status), date);
    if (response.status != 304) // whose length would be that of the body that it does not have (RFC 9110 8.6)
        out += fmt::format("Content-Length: {}\r\n", response.body.size());
    if (after == AfterResponse::close)
        out += "Connection: close\r\n";
    for (const auto& header : response.headers) {
        if (!is_token(header.name) || !is_value(header.value))
            return fail(ErrorCode::invalid_argument, "header of a response");
        out += header.name;
        out += ": ";
        out += header.value;
        out += "\r\n";
    }
    out += "\r\n";
    if (method != "HEAD")
        out += response.body;
    return out;
}

Response problem(const ProtocolError& error)
{
    return {.status = error.status,
            .headers = {{"Content-Type", "application/problem+json;charset=utf-8"}},
            .body =
                fmt::format(R"({{"type":"about:blank","title":"{}","status":{},"detail":"{}","id":"{}"}})",
                            reason_phrase(error.status), error.status, error.reason, error.request_id)};
}

}
