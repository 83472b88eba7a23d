// Operators of the management API: known by the SHA-256 of their client certificates, listed in the
// configuration with a role each. Immutable; safe from any thread.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "service/callers.h"

namespace qss::service {

struct OperatorEntry {
    Operator who;
    Bytes certificate_sha256;
};

class Operators {
public:
    Operators(std::vector<OperatorEntry> entries, const Clock& clock)
        : m_entries(std::move(entries)), m_clock(clock)
    {
    }

    // unauthenticated: the certificate is nobody's, or not valid now.
    Result<Operator> authenticate(ByteView certificate_der) const;

private:
    std::vector<OperatorEntry> m_entries;
    const Clock& m_clock;
};

}
