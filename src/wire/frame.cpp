#include "wire/frame.h"

#include "base/limits.h"

namespace qss::wire {

namespace {

template <class T>
void put(std::uint8_t* out, T value)
{
    for (std::size_t i = 0; i < sizeof(T); ++i)
        out[i] = static_cast<std::uint8_t>(value >> (8 * (sizeof(T) - 1 - i)));
}

template <class T>
T get(const std::uint8_t* in)
{
    T value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i)
        value = static_cast<T>(static_cast<T>(value << 8) | in[i]);
    return value;
}

}

std::array<std::uint8_t, header_size> encode_header(const Header& header)
{
    std::array<std::uint8_t, header_size> out{};
    put(out.data(), header.body_size);
    put(out.data() + 4, header.request_id);
    put(out.data() + 12, header.type);
    put(out.data() + 14, static_cast<std::uint16_t>(header.status));
    return out;
}

Result<Header> decode_header(std::span<const std::uint8_t, header_size> bytes)
{
    Header header;
    header.body_size = get<std::uint32_t>(bytes.data());
    header.request_id = get<std::uint64_t>(bytes.data() + 4);
    header.type = get<std::uint16_t>(bytes.data() + 12);
    const auto status = get<std::uint16_t>(bytes.data() + 14);
    if (header.body_size > limits::wire_message_size)
        return fail(ErrorCode::malformed, "frame above the limit");
    if (status > static_cast<std::uint16_t>(ReplyStatus::error))
        return fail(ErrorCode::malformed, "unknown frame status");
    header.status = static_cast<ReplyStatus>(status);
    return header;
}

}
