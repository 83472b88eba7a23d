#include "sam/faults.h"

#include <condition_variable>
#include <mutex>

namespace qss::sam {

void Faults::before_signing() const
{
    if (m_slow_sign.count() == 0)
        return;
    std::mutex mutex;
    std::condition_variable never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, m_slow_sign, [] { return false; });
}

}
