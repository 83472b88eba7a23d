// What qss-api gives up before it serves: core dumps, debuggers of its own user, new privileges, files
// that others may read, other programs and new code. The roles give up more (role/harden.h): they know
// all that they call, qss-api opens sockets and has libraries that we did not write.
#pragma once

#include "base/result.h"

namespace qss::api {

// Once, before the first thread.
Status harden();

}
