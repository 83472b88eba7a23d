// Whether the addresses of qss.toml can be listened on: asked before anything is started, so that a taken
// port is one sentence and not a child that ends again and again. One thread.
#pragma once

#include "config/config.h"

namespace qss::cli {

// Waits up to 3 s for those that a service of just now still holds; `stop_fd` readable ends the wait.
// `conflict`: somebody else listens there. `io`: not an address of this machine, or not permitted.
Status wait_for_ports(const config::Config& config, int stop_fd);

}
