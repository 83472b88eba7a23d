// The header of a frame between processes. What is taken encodes to the same bytes and keeps to the limit.
#include "base/limits.h"
#include "wire/frame.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace qss::wire;
    if (size < header_size)
        return 0;
    const auto header = decode_header(std::span<const std::uint8_t, header_size>(data, header_size));
    if (!header)
        return 0;
    QSS_ASSERT(header->body_size <= qss::limits::wire_message_size);
    QSS_ASSERT(qss::equal_public(encode_header(*header), {data, header_size}));
    return 0;
}
