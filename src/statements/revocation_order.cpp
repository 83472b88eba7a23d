#include "statements/revocation_order.h"

#include "base/limits.h"
#include "statements/named_values.h"

namespace qss::statements {

namespace {

constexpr std::chrono::minutes clock_tolerance{5};

}

Bytes RevocationOrder::encode() const
{
    return NamedValues()
        .set("certificate", certificate)
        .set("revocation_reason", std::string_view(revocation_reason))
        .encode();
}

Result<RevocationOrder> RevocationOrder::decode(ByteView parameters)
{
    TRY_ASSIGN(values, NamedValues::decode(parameters));
    TRY_ASSIGN(certificate, values.take("certificate"));
    TRY_ASSIGN(reason, values.take_text("revocation_reason"));
    TRY(values.finish());
    return RevocationOrder{std::move(certificate), std::move(reason)};
}

Status check_requester(std::string_view requested_by, TimePoint requested_at, TimePoint now)
{
    if (requested_by.size() > limits::label_size || requested_by.starts_with(order_requester))
        return fail(ErrorCode::invalid_argument, "requested_by: up to 200 bytes, and no order of officers");
    if (requested_at < TimePoint{} || requested_at > now + clock_tolerance)
        return fail(ErrorCode::invalid_argument, "requested_at is still to come");
    return {};
}

}
