// Any bytes are refused or are a certificate: what was read answers every question, is the same when
// read again, and was signed by nobody whom it does not name.
#include "base/limits.h"
#include "pki/certificate.h"
#include "pki/lint.h"

using namespace qss;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto certificate = pki::Certificate::from_der({data, size});
    if (!certificate)
        return 0;
    QSS_ASSERT(size <= limits::certificate_size);
    QSS_ASSERT(equal_public(certificate->der(), {data, size}));
    const auto again = pki::Certificate::from_pem(certificate->pem());
    QSS_ASSERT(again && again->der() == certificate->der());
    QSS_ASSERT(certificate->not_before() <= certificate->not_after());
    QSS_ASSERT(!certificate->serial().empty() && certificate->serial().front() < 0x80);
    (void)certificate->subject();
    (void)certificate->subject_attribute("2.5.4.3");
    (void)certificate->subject_key_id();
    (void)certificate->check_issued_by(*again);
    for (std::size_t id = 0; id < pki::profile_count; ++id)
        (void)pki::lint(*certificate, pki::profile(static_cast<pki::ProfileId>(id)));
    (void)pki::check_path(*certificate, {}, *again, certificate->not_before());
    return 0;
}
