// The responder's table of messages: what is permitted when, and how large it may be. Pure.
#pragma once

#include <vector>

#include "ocsp/service.h"

namespace qss::ocsp {

std::vector<role::Entry> dispatch_table(Service& service); // `service` outlives it

}
