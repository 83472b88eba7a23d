// `clientDataJSON` as WebAuthn Level 2 5.8.1.1 serialises it, so that 5.8.1.2 can verify it byte for
// byte without a JSON parser. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace qss::webauthn {

// Up to and including `"crossOrigin":false`; a "}" or a "," follows.
std::string client_data_prefix(std::string_view type, ByteView challenge, std::string_view origin);

// The whole, as a browser writes it.
Bytes encode_client_data(std::string_view type, ByteView challenge, std::string_view origin);

// "https://host" or "https://host:port", the host `rp_id` or below it (http too where `rp_id` is localhost);
// nothing else may answer for that relying party (Level 2 5.1.3, 5.1.4.1).
Status check_origin(std::string_view origin, std::string_view rp_id);

// The origin that it names, for one who knows the relying party but not its origins: read from between
// the fixed parts, refused unless check_origin holds. check_client_data still has to hold for it.
Result<std::string> origin_under(ByteView client_data_json, std::string_view type, ByteView challenge,
                                 std::string_view rp_id);

}
