#include "base/ids.h"

#include <algorithm>

#include "base/encoding.h"

namespace qss::detail {

std::string id_to_text(const IdBytes& bytes)
{
    return hex_encode(bytes);
}

Result<IdBytes> id_from_text(std::string_view text)
{
    const bool upper = std::any_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'F'; });
    if (text.size() != 32 || upper)
        return fail(ErrorCode::malformed, "an id is 32 lower-case hexadecimal digits");
    TRY_ASSIGN(bytes, hex_decode(text));
    return id_from_bytes(bytes);
}

Result<IdBytes> id_from_bytes(ByteView bytes)
{
    IdBytes id{};
    if (bytes.size() != id.size())
        return fail(ErrorCode::malformed, "an id is 16 bytes");
    std::copy(bytes.begin(), bytes.end(), id.begin());
    return id;
}

}
