// The business's values as its edges show them: what was displayed to a signer, certificates and
// requests as PEM. Here, so that an edge needs neither `sap` nor `pki`. Pure.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "sap/display_record.h"

namespace qss::service {

// tampered: what the database holds is no display record.
Result<sap::DisplayRecord> display_of(ByteView display_record);

Result<std::string> certificate_pem(ByteView der);
// PKCS#10 from PEM to DER; invalid_argument when it is none, or its own signature does not hold.
Result<Bytes> csr_der(std::string_view pem);

}
