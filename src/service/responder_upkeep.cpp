#include "service/responder_upkeep.h"

#include "base/log.h"
#include "pki/ocsp.h"

namespace qss::service {

namespace {

constexpr std::chrono::hours renew_at_most_every{1};

}

Status ResponderUpkeep::run()
{
    if (m_clock.now() < m_next)
        return {};
    auto done =
        m_publication.refresh(); // the CA makes a new list when the last one is half as old as it may be
    if (done)
        done = renew_certificates();
    if (!done)
        log::warning("the OCSP responder could not be kept current", {{"detail", done.error().detail}});
    m_next = m_clock.now() + (done ? every : again_after_failure);
    return done;
}

// Both were made at once, for one life: the one tells of the other.
Result<bool> ResponderUpkeep::is_renewal_due(const CaChain& chain)
{
    TRY_ASSIGN(answer, m_ocsp.answer({{{}, chain.issuing}}, {}));
    const auto certificate = pki::responder_of(answer.response);
    if (!certificate) // tryLater, although the lists are fresh: its certificate has expired
        return true;
    const auto left = certificate->not_after() - m_clock.now();
    return left < (certificate->not_after() - certificate->not_before()) / 3;
}

Status ResponderUpkeep::renew_certificates()
{
    TRY_ASSIGN(chain, m_ca.chain());
    TRY_ASSIGN(due, is_renewal_due(chain));
    const auto now = m_clock.now();
    if (!due || now - m_renewed_at < renew_at_most_every) // whatever is wrong, not a certificate each time
        return {};
    m_renewed_at = now;
    TRY_ASSIGN(certificates, m_ca.renew_ocsp());
    TRY(m_ocsp.complete(certificates));
    log::info("the OCSP responder has new certificates");
    return {};
}

}
