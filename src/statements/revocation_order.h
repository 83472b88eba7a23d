// Who may want a revocation: qss-api says who asked it, or officers order it.
// What officers' orders to revoke ask for, of SAM and CA alike: Order::parameters of the action "revoke",
// named values "certificate" (DER) and "revocation_reason" (RFC 5280 5.3.1, by name). Pure.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"

namespace qss::statements {

inline constexpr std::string_view revoke_action = "revoke";

struct RevocationOrder {
    Bytes certificate; // DER: of a signer, an officer, a service or an issuing CA
    std::string revocation_reason;

    [[nodiscard]] Bytes encode() const;
    static Result<RevocationOrder> decode(ByteView parameters);
};

inline constexpr std::string_view order_requester = "order:"; // and the order's id: officers

// What qss-api says of who asked and when. invalid_argument: a name above limits::label_size, or one that
// poses as officers; a time to come.
Status check_requester(std::string_view requested_by, TimePoint requested_at, TimePoint now);

}
