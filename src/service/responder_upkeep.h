// Keeps the OCSP responder able to answer when nobody asks us for anything: lists before they are too old for
// it (proto/ocsp.proto), and its own certificates while a third of their life is left. Used by one thread.
#pragma once

#include "service/publication.h"

namespace qss::service {

class ResponderUpkeep {
public:
    static constexpr Milliseconds every{5 * 60'000};
    static constexpr Milliseconds again_after_failure{30'000};

    ResponderUpkeep(CaClient& ca, OcspClient& ocsp, Publication& publication, const Clock& clock)
        : m_ca(ca), m_ocsp(ocsp), m_publication(publication), m_clock(clock)
    {
    }

    // Does nothing while it is too early; an error has been logged.
    Status run();

private:
    Status renew_certificates();
    [[nodiscard]] Result<bool> is_renewal_due(const CaChain& chain);

    CaClient& m_ca;
    OcspClient& m_ocsp;
    Publication& m_publication;
    const Clock& m_clock;
    TimePoint m_next{};
    TimePoint m_renewed_at{};
};

}
