// Frames between the processes (proto/wire.proto): header of 16 bytes, then a protobuf body. The
// header is judged before a byte of the body is read. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/result.h"

namespace qss::wire {

inline constexpr std::size_t header_size = 16;

enum class ReplyStatus : std::uint16_t { ok = 0, error = 1 };

struct Header {
    std::uint32_t body_size = 0;
    std::uint64_t request_id = 0;
    std::uint16_t type = 0;
    ReplyStatus status = ReplyStatus::ok;
};

std::array<std::uint8_t, header_size> encode_header(const Header& header);
// malformed on an unknown status or a body above limits::wire_message_size.
Result<Header> decode_header(std::span<const std::uint8_t, header_size> bytes);

}
