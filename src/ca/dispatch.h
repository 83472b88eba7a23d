// The CA's table of messages: what is permitted when, and how large it may be. Pure.
#pragma once

#include <vector>

#include "ca/service.h"

namespace qss::ca {

std::vector<role::Entry> dispatch_table(Service& service); // `service` outlives it

}
