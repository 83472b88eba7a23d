// X.509 extensions as the profiles use them, each a complete Extension (RFC 5280 4.1). Inner header of
// `pki`. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"

namespace qss::pki {

enum class Critical { no, yes };

Bytes extension(std::string_view oid, Critical critical, ByteView value);

Bytes basic_constraints_any_path();
Bytes basic_constraints_path_zero();
Bytes key_usage(std::uint16_t bits);
Bytes subject_key_identifier(ByteView id);
Bytes authority_key_identifier(ByteView id);
Bytes extended_key_usage(std::string_view purpose, Critical critical);
Bytes private_key_usage_period(TimePoint not_before, TimePoint not_after);
Bytes certificate_policies(std::span<const std::string_view> policies);
Bytes crl_distribution_point(std::string_view url);
Bytes issuing_distribution_point(std::string_view url); // of a list that covers some certificates only
Bytes authority_info_access(std::string_view ocsp_url, std::string_view ca_issuers_url); // empty: left out
Result<Bytes> subject_alt_name(std::span<const std::string> names);

}
