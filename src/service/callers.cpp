#include "service/callers.h"

namespace qss::service {

std::string_view to_string(OperatorRole role)
{
    switch (role) {
    case OperatorRole::operator_: return "operator";
    case OperatorRole::registration_officer: return "registration_officer";
    case OperatorRole::auditor: return "auditor";
    case OperatorRole::security_officer: return "security_officer";
    }
    return "";
}

}
