// The business's values as its edges show them: what was displayed to a signer, certificates and
// requests as PEM. Here, so that an edge needs neither `sap` nor `pki`. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "sap/display_record.h"

namespace qss::service {

// tampered: what the database holds is no display record.
Result<sap::DisplayRecord> display_of(ByteView display_record);

Result<std::string> certificate_pem(ByteView der);
// Of a signer's certificate, by its name in RFC 5280 5.3.1; nullopt: cessationOfOperation. invalid_argument:
// none that we give.
Result<std::uint32_t> revocation_reason(const std::optional<std::string>& name);
[[nodiscard]] std::string_view revocation_reason_name(std::uint32_t reason);
// PKCS#10 from PEM to DER; invalid_argument when it is none, or its own signature does not hold.
Result<Bytes> csr_der(std::string_view pem);

}
