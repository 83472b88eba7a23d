// What officers can order the SAM to do (role/orders.h).
#pragma once

#include <vector>

#include "role/orders.h"

namespace qss::sam {

class Sam;
class Transaction;

// `sam` outlives them.
std::vector<role::OrderAction> order_actions(Sam& sam);

// Writes the order's id down, for ever: already_exists the second time.
Status carry(Transaction& transaction, const statements::VerifiedOrder& order);

}
