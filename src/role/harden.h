// What a role takes away from itself once it is open (design 3): new privileges, core dumps, being
// traced, swap, and the system calls that no role needs. Affects the whole process.
#pragma once

#include "base/result.h"

namespace qss::role {

// Warns in the log where the system does not allow a step that only adds depth (locked memory).
Status harden_process();

}
