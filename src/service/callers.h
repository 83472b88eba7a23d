// Who is asking, once that has been checked: nothing else makes these. Every use case takes one and
// passes its scope to every query, so that tenants are walls (docs/invariants.md 9).
#pragma once

#include <string>

#include "store/types.h"

namespace qss::service {

// An application: token and client certificate were checked for this very request.
struct Application {
    store::Credential credential;
    store::Pack pack;
    store::Enterprise enterprise;

    [[nodiscard]] std::string actor() const { return "credential:" + credential.id.text(); }
};

// A phone that showed a device token; it reads and rejects. Only an assertion approves.
struct Phone {
    DeviceId device_id;
    UserId user_id;

    [[nodiscard]] std::string actor() const { return "device:" + device_id.text(); }
};

enum class OperatorRole { operator_, registration_officer, auditor, security_officer };

[[nodiscard]] std::string_view to_string(OperatorRole role);

struct Operator {
    std::string name;
    OperatorRole role = OperatorRole::auditor;

    [[nodiscard]] std::string actor() const { return "operator:" + name; }
};

}
