#include "base/bytes.h"

#include <algorithm>

namespace qss {

Bytes concat(std::initializer_list<ByteView> parts)
{
    std::size_t size = 0;
    for (const auto& part : parts)
        size += part.size();
    Bytes joined;
    joined.reserve(size);
    for (const auto& part : parts)
        joined.insert(joined.end(), part.begin(), part.end());
    return joined;
}

bool equal_constant_time(ByteView a, ByteView b)
{
    if (a.size() != b.size())
        return false;
    volatile std::uint8_t difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        difference = static_cast<std::uint8_t>(difference | (a[i] ^ b[i]));
    return difference == 0;
}

bool equal_public(ByteView a, ByteView b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

}
