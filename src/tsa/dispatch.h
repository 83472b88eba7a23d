// The unit's table of messages: what is permitted when, and how large it may be. Pure.
#pragma once

#include <vector>

#include "tsa/service.h"

namespace qss::tsa {

std::vector<role::Entry> dispatch_table(Service& service); // `service` outlives it

}
