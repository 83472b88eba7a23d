#include "service/raw_signature.h"

#include "pki/der.h"

namespace qss::service {

namespace {

constexpr std::size_t half = 32;

Bytes der_integer(ByteView big_endian)
{
    while (big_endian.size() > 1 && big_endian.front() == 0)
        big_endian = big_endian.subspan(1);
    Bytes contents;
    if (big_endian.front() >= 0x80)
        contents.push_back(0);
    contents.insert(contents.end(), big_endian.begin(), big_endian.end());
    return pki::der::integer(contents);
}

}

Result<Bytes> der_signature(ByteView raw)
{
    if (raw.size() != 2 * half)
        return fail(ErrorCode::invalid_argument, "a raw signature on P-256 is 64 bytes");
    return pki::der::sequence({der_integer(raw.first(half)), der_integer(raw.subspan(half))});
}

}
