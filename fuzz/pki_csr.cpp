// Any bytes are refused or are a request whose own key signed it.
#include "base/limits.h"
#include "pki/csr.h"

using namespace qss;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const ByteView input(data, size);
    (void)pki::Csr::from_pem(as_text(input));
    const auto csr = pki::Csr::from_der(input);
    if (!csr)
        return 0;
    QSS_ASSERT(size <= limits::csr_size && equal_public(csr->der(), input));
    QSS_ASSERT(crypto::PublicKey::from_spki(csr->public_key().spki()).has_value());
    return 0;
}
