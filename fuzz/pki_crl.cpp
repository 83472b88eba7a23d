// Any bytes are refused or are a list that can be searched.
#include "base/limits.h"
#include "pki/crl.h"

using namespace qss;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto crl = pki::Crl::from_der({data, size});
    if (!crl)
        return 0;
    QSS_ASSERT(size <= limits::crl_size && equal_public(crl->der(), {data, size}));
    (void)crl->find(Bytes{0x01, 0x02, 0x03});
    return 0;
}
