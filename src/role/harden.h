// What a role takes away from itself (docs/invariants.md 13): new privileges, core dumps, being traced,
// swap, and the system calls that no role needs. Affects the whole process, for good. Builds with a
// sanitizer keep what the sanitizer needs.
#pragma once

#include "base/result.h"

namespace qss::role {

// Before any secret is read. Where the system does not allow locked memory, a warning in the log.
Status harden_memory();

// Once everything is open and listening: an allow-list for all threads. Others fail with EPERM; those
// that only an attacker would make (execve, socket, ptrace, …) end the process.
// Reading the state of the kernel's clock (adjtimex) is one that a single role needs; a role's own user may
// not set it.
enum class ClockReading { time, state };
Status restrict_system_calls(ClockReading clock_reading);

}
