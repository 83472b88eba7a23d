// A byte string that must not leak: it moves, is not copied, wipes itself, cannot be printed and
// has no operator==. Reading it takes an explicit `reveal()`, so that one search lists every place
// that does (after tink's RestrictedData).
#pragma once

#include "base/bytes.h"

namespace qss {

// Overwrites memory in a way that the compiler does not remove.
void wipe(void* data, std::size_t size) noexcept;

class Secret {
public:
    Secret() = default;
    explicit Secret(Bytes&& bytes) noexcept : m_bytes(std::move(bytes)) {}
    Secret(Secret&& other) noexcept : m_bytes(std::move(other.m_bytes)) { other.m_bytes.clear(); }
    Secret& operator=(Secret&& other) noexcept;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret() { wipe(m_bytes.data(), m_bytes.size()); }

    [[nodiscard]] ByteView reveal() const { return m_bytes; }
    [[nodiscard]] std::size_t size() const { return m_bytes.size(); }
    [[nodiscard]] bool empty() const { return m_bytes.empty(); }
    [[nodiscard]] Secret clone() const { return Secret(Bytes(m_bytes)); }

private:
    Bytes m_bytes;
};

}
