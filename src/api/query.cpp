#include "api/query.h"

#include <charconv>

#include <fmt/format.h>

#include "http/path.h"

namespace qss::api {

Result<Query> Query::parse(std::string_view query)
{
    Query out;
    while (!query.empty()) {
        const auto end = std::min(query.find('&'), query.size());
        const auto part = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        const auto equals = std::min(part.find('='), part.size());
        auto name = http::percent_decode(part.substr(0, equals));
        auto value = http::percent_decode(part.substr(std::min(equals + 1, part.size())));
        if (!name || !value)
            return fail(ErrorCode::invalid_argument, "the query cannot be decoded");
        if (!out.m_values.emplace(std::move(*name), std::move(*value)).second)
            return fail(ErrorCode::invalid_argument, "a query parameter is repeated");
    }
    return out;
}

std::optional<std::string> Query::text(std::string_view name)
{
    m_read.emplace(name);
    const auto found = m_values.find(name);
    return found == m_values.end() ? std::nullopt : std::optional(found->second);
}

Result<std::int64_t> Query::integer(std::string_view name, std::int64_t fallback, std::int64_t min,
                                    std::int64_t max)
{
    const auto value = text(name);
    if (!value)
        return fallback;
    std::int64_t number = 0;
    const auto* end = value->data() + value->size();
    const auto [stop, error] = std::from_chars(value->data(), end, number);
    if (error != std::errc() || stop != end || number < min || number > max)
        return fail(ErrorCode::invalid_argument, fmt::format("\"{}\" must be from {} to {}", name, min, max));
    return number;
}

Status Query::finish() const
{
    for (const auto& [name, value] : m_values) {
        if (!m_read.contains(name))
            return fail(ErrorCode::invalid_argument,
                        fmt::format("\"{}\" is not known here", std::string_view(name).substr(0, 64)));
    }
    return {};
}

}
