#include "base/random.h"

#include <cerrno>

#include <sys/random.h>

#include "base/result.h"

namespace qss {

void SystemRandom::fill(std::span<std::uint8_t> out)
{
    std::size_t done = 0;
    while (done < out.size()) {
        const auto got = ::getrandom(out.data() + done, out.size() - done, 0);
        if (got < 0 && errno == EINTR)
            continue;
        QSS_ASSERT(got > 0);
        done += static_cast<std::size_t>(got);
    }
}

}
