#include "service/callers.h"

#include <array>
#include <utility>

namespace qss::service {

namespace {

constexpr std::array roles = {std::pair{"operator", OperatorRole::operator_},
                              std::pair{"registration_officer", OperatorRole::registration_officer},
                              std::pair{"auditor", OperatorRole::auditor},
                              std::pair{"security_officer", OperatorRole::security_officer}};

}

Result<OperatorRole> operator_role_from_string(std::string_view name)
{
    for (const auto& [known, role] : roles)
        if (name == known)
            return role;
    return fail(ErrorCode::invalid_argument, "unknown role of an operator: " + std::string(name));
}

std::string_view to_string(OperatorRole role)
{
    for (const auto& [name, known] : roles)
        if (role == known)
            return name;
    return "";
}

}
