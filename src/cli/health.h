// Asks the loopback listener whether the service is ready (GET /readyz). One thread.
#pragma once

#include "config/config.h"

namespace qss::cli {

// False also when nobody answers within half a second.
bool is_ready(const config::Config& config);

}
