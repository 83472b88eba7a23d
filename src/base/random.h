// Randomness. Only base/random.cpp reads it from the kernel; everyone else is given a Random.
#pragma once

#include <span>

#include "base/bytes.h"

namespace qss {

class Random {
public:
    virtual ~Random() = default;
    // Fills with cryptographically strong bytes; ends the process if the kernel has none.
    virtual void fill(std::span<std::uint8_t> out) = 0;

    Bytes bytes(std::size_t count)
    {
        Bytes out(count);
        fill(out);
        return out;
    }
};

// getrandom(2). Safe from any thread.
class SystemRandom final : public Random {
public:
    void fill(std::span<std::uint8_t> out) override;
};

}
