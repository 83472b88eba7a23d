#include "http/message.h"

#include <algorithm>

namespace qss::http {

namespace {

char to_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_ignoring_case(std::string_view a, std::string_view b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return to_lower(x) == to_lower(y); });
}

}

std::optional<std::string_view> Request::header(std::string_view name) const
{
    for (const auto& header : headers) {
        if (equal_ignoring_case(header.name, name))
            return header.value;
    }
    return std::nullopt;
}

Responder::~Responder()
{
    if (m_send)
        std::exchange(m_send, nullptr)(Response{.status = 500, .headers = {}, .body = {}});
}

void Responder::operator()(Response response)
{
    QSS_ASSERT(m_send);
    std::exchange(m_send, nullptr)(std::move(response));
}

}
