#include "service/operators.h"

#include "crypto/digest.h"
#include "pki/certificate.h"

namespace qss::service {

Result<Operator> Operators::authenticate(ByteView certificate_der) const
{
    const auto hash = crypto::sha256(certificate_der);
    for (const auto& entry : m_entries) {
        if (!equal_public(entry.certificate_sha256, hash))
            continue;
        TRY_ASSIGN(certificate, pki::Certificate::from_der(certificate_der));
        if (!certificate.check_valid_at(m_clock.now()))
            return fail(ErrorCode::unauthenticated, "client certificate has expired or is not valid yet");
        return entry.who;
    }
    return fail(ErrorCode::unauthenticated, "client certificate is not an operator's");
}

}
