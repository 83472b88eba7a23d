// Byte strings as the project passes them: owned (`Bytes`), borrowed (`ByteView`), and the few
// operations on them that everyone needs. Pure; safe from any thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qss {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

inline ByteView as_bytes(std::string_view text)
{
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline std::string_view as_text(ByteView bytes)
{
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline std::string to_string(ByteView bytes)
{
    return std::string(as_text(bytes));
}

inline Bytes to_bytes(ByteView bytes)
{
    return {bytes.begin(), bytes.end()};
}

inline Bytes to_bytes(std::string_view text)
{
    return to_bytes(as_bytes(text));
}

// Joins the parts in order.
Bytes concat(std::initializer_list<ByteView> parts);

// Compares in time that depends on the lengths only. Use it for MACs, codes, tokens and anything
// else that an attacker may guess at.
[[nodiscard]] bool equal_constant_time(ByteView a, ByteView b);

// Compares public values.
[[nodiscard]] bool equal_public(ByteView a, ByteView b);

}
