#include "base/secret.h"

#include <cstring>

namespace qss {

void wipe(void* data, std::size_t size) noexcept
{
    if (size == 0)
        return;
    ::explicit_bzero(data, size);
}

Secret& Secret::operator=(Secret&& other) noexcept
{
    if (this != &other) {
        wipe(m_bytes.data(), m_bytes.size());
        m_bytes = std::move(other.m_bytes);
        other.m_bytes.clear();
    }
    return *this;
}

}
