// Any bytes are refused or are a request whose parts are within their limits.
#include "base/limits.h"
#include "pki/ocsp_request.h"

using namespace qss;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto request = pki::OcspRequest::from_der({data, size});
    if (!request)
        return 0;
    QSS_ASSERT(size <= limits::ocsp_request_size && request->nonce().size() <= pki::ocsp_nonce_max_size);
    QSS_ASSERT(!request->ids().empty() && request->ids().size() <= pki::ocsp_singles_max);
    for (const auto& id : request->ids())
        QSS_ASSERT(id.der.size() <= limits::ocsp_cert_id_size && !id.serial.empty() &&
                   id.serial.front() < 0x80);
    return 0;
}
