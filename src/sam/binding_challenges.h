// The challenges that new authenticators answer: 32 random bytes, one outstanding for each signer, 10
// minutes, once. In memory: after a restart the phone begins again. Safe from any thread.
#pragma once

#include <mutex>
#include <unordered_map>

#include "base/clock.h"
#include "base/ids.h"
#include "base/random.h"
#include "base/result.h"

namespace qss::sam {

class BindingChallenges {
public:
    struct Issued {
        Bytes challenge;
        TimePoint expires_at;
    };

    // Replaces an earlier one of the signer.
    Result<Issued> issue(const SignerId& signer, Random& random, TimePoint now);
    // Uses it up; verification_failed when it is not the signer's, expired when too late.
    Status take(const SignerId& signer, ByteView challenge, TimePoint now);

private:
    std::mutex m_mutex; // guards m_issued
    std::unordered_map<SignerId, Issued> m_issued;
};

}
