// How a session's end is told: to the application that waits for it, and to the phone that comes too
// late. Pure.
#pragma once

#include <string>

#include "base/result.h"
#include "store/types.h"

namespace qss::service {

[[nodiscard]] std::string session_object(const SessionId& id); // in the audit log

// For an ended session that was not signed.
[[nodiscard]] Error outcome_for_application(const store::Session& session);
// For a session that is not pending.
[[nodiscard]] Error outcome_for_phone(const store::Session& session);

}
