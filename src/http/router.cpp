#include "http/router.h"

#include <cstdint>

#include "base/result.h"
#include "http/path.h"

namespace qss::http {

namespace {

bool is_parameter(std::string_view part)
{
    return part.size() > 2 && part.starts_with('{') && part.ends_with('}');
}

// A bit for each literal part, the first part's highest, so that the greater number is the better
// match; nullopt: no match.
std::optional<std::uint64_t> match(const std::vector<std::string>& pattern,
                                   const std::vector<std::string_view>& path)
{
    if (pattern.size() != path.size())
        return std::nullopt;
    std::uint64_t literals = 0;
    for (std::size_t i = 0; i < path.size(); ++i) {
        const bool parameter = is_parameter(pattern[i]);
        if (parameter ? path[i].empty() : pattern[i] != path[i])
            return std::nullopt;
        literals = literals << 1U | (parameter ? 0U : 1U);
    }
    return literals;
}

}

Router::Router(Handler not_found, WrongMethod wrong_method)
    : m_not_found(std::move(not_found)), m_wrong_method(std::move(wrong_method))
{
}

void Router::add(std::string_view method, std::string_view pattern, Handler handler)
{
    QSS_ASSERT(pattern.starts_with('/'));
    std::vector<std::string> parts;
    for (const auto part : split_path(pattern))
        parts.emplace_back(part);
    QSS_ASSERT(parts.size() < 64);
    for (const auto& entry : m_entries)
        QSS_ASSERT(entry.route.method != method || entry.route.pattern != pattern);
    m_entries.push_back({{std::string(method), std::string(pattern)}, std::move(parts), std::move(handler)});
}

void Router::operator()(Request request, Responder responder) const
{
    const auto path = split_path(request.path);
    const Entry* best = nullptr;
    std::uint64_t best_literals = 0;
    std::string allow;
    for (const auto& entry : m_entries) {
        auto literals = match(entry.parts, path);
        if (!literals)
            continue;
        if (entry.route.method != request.method) {
            if (allow.find(entry.route.method) == std::string::npos)
                allow += (allow.empty() ? "" : ", ") + entry.route.method;
            continue;
        }
        if (best == nullptr || *literals > best_literals) {
            best = &entry;
            best_literals = *literals;
        }
    }
    if (best != nullptr) {
        request.parameters.clear();
        for (std::size_t i = 0; i < path.size(); ++i) {
            if (is_parameter(best->parts[i]))
                request.parameters.emplace_back(path[i]);
        }
        best->handler(std::move(request), std::move(responder));
    } else if (!allow.empty()) {
        m_wrong_method(std::move(request), std::move(responder), std::move(allow));
    } else {
        m_not_found(std::move(request), std::move(responder));
    }
}

}
