// The query of a request ("a=1&b=2"), read by name like a JSON object: an unknown, repeated or
// undecodable parameter is invalid_argument. Belongs to one thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/result.h"

namespace qss::api {

class Query {
public:
    static Result<Query> parse(std::string_view query);

    std::optional<std::string> text(std::string_view name);
    Result<std::int64_t> integer(std::string_view name, std::int64_t fallback, std::int64_t min,
                                 std::int64_t max);
    [[nodiscard]] Status finish() const;

private:
    std::map<std::string, std::string, std::less<>> m_values;
    std::set<std::string, std::less<>> m_read;
};

}
