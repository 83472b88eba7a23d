// Any bytes are refused or are a request with 1 to 16 entries and a nonce of at most 128 bytes.
#include "pki/ocsp.h"

using namespace qss;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto request = pki::OcspRequest::from_der({data, size});
    if (!request)
        return 0;
    QSS_ASSERT(!request->entries.empty() && request->entries.size() <= 16);
    QSS_ASSERT(request->nonce.size() <= pki::ocsp_nonce_max_size);
    for (const auto& entry : request->entries)
        QSS_ASSERT(!entry.cert_id.empty() && !entry.serial.empty());
    return 0;
}
