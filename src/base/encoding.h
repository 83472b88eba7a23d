// Text encodings of bytes: hexadecimal, base64 (RFC 4648 4, padded) and base64url (RFC 4648 5,
// without padding). Decoders are strict: no blanks, no wrong padding, no stray bits.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace qss {

std::string hex_encode(ByteView bytes);        // lower case
std::string hex_encode_upper(ByteView bytes);
Result<Bytes> hex_decode(std::string_view text); // either case

std::string base64_encode(ByteView bytes);
Result<Bytes> base64_decode(std::string_view text);

std::string base64url_encode(ByteView bytes);
Result<Bytes> base64url_decode(std::string_view text);

}
