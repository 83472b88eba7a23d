// What officers may order of the CA (statements/order.h; docs/operating.md has the table): certificates for
// the services' next keys, officers, renewal and re-key of the authorities, the root's key offline and
// back. Each is one transaction: after a crash all of it is there, or nothing.
#pragma once

#include <span>

#include "ca/issuance.h"
#include "statements/named_values.h"

namespace qss::ca {

// What an order works with, inside its transaction.
struct OrderScope {
    Settings& settings; // a copy: stored afterwards
    const Authorities& authorities;
    const IssuanceInput& input; // its settings are the ones above
    Transaction& transaction;
    const CarriedOrder& carried;
    Issuance& issuance;
};

struct OrderAct {
    std::string_view name;
    Result<statements::NamedValues> (*run)(OrderScope& scope, statements::NamedValues parameters);
};

std::span<const OrderAct> order_acts();

}
