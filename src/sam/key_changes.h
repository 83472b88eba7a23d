// Officers' orders that change which keys the SAM has or believes: its evidence key, the issuing CA, the
// officers. Each changes the sealed configuration in one transaction. What was there before is kept: old
// checkpoints, keys and statements are still checked with it. Safe from any thread.
#pragma once

#include <vector>

#include "role/orders.h"

namespace qss::sam {

class Sam;

std::vector<role::OrderAction> key_change_actions(Sam& sam); // `sam` outlives them

}
