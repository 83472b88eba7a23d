#include "service/views.h"

#include "pki/certificate.h"
#include "pki/crl.h"
#include "pki/csr.h"

namespace qss::service {

Result<sap::DisplayRecord> display_of(ByteView display_record)
{
    auto record = sap::DisplayRecord::decode(display_record);
    if (!record)
        return fail(ErrorCode::tampered, "display record: " + record.error().detail);
    return record;
}

Result<std::string> certificate_pem(ByteView der)
{
    TRY_ASSIGN(certificate, pki::Certificate::from_der(der));
    return certificate.pem();
}

Result<Bytes> csr_der(std::string_view pem)
{
    auto csr = pki::Csr::from_pem(pem);
    if (!csr) {
        return fail(ErrorCode::invalid_argument,
                    "\"csr\" must be a PKCS#10 request as PEM, signed with its own key: RSA-2048, RSA-3072, "
                    "RSA-4096, P-256 or P-384");
    }
    return csr->der();
}

Result<std::uint32_t> revocation_reason(const std::optional<std::string>& name)
{
    if (!name)
        return pki::reason_cessation;
    TRY_ASSIGN(reason, pki::revocation_reason_from_string(*name));
    TRY(pki::check_revocation_reason(reason));
    return reason;
}

std::string_view revocation_reason_name(std::uint32_t reason)
{
    return pki::revocation_reason_name(reason);
}

}
