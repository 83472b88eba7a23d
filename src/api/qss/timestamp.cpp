// Time-stamps for applications. The contract has SHA-256; the longer hashes are told by their length.
#include "api/qss/calls.h"
#include "api/respond.h"
#include "base/encoding.h"

namespace qss::api::qss_api {

namespace {

Result<crypto::Digest> read_digest(std::string_view hex)
{
    using crypto::HashAlgorithm;
    const auto bytes = hex_decode(hex);
    for (const auto algorithm : {HashAlgorithm::sha256, HashAlgorithm::sha384, HashAlgorithm::sha512})
        if (bytes && bytes->size() == crypto::digest_size(algorithm))
            return crypto::Digest::from_bytes(algorithm, *bytes);
    return fail(
        ErrorCode::invalid_argument,
        "Malformed digest: 64 hexadecimal digits of SHA-256 are needed (96, 128 for SHA-384, SHA-512)");
}

}

Outcome timestamp(const Parts& parts, const service::Application& by, const http::Request& request)
{
    TRY_ASSIGN(digest, read_digest(request.parameters[0]));
    TRY_ASSIGN(token, parts.service.timestamps().stamp(by, digest));
    return json_response(200, json::Writer().text("token", base64_encode(token)).str());
}

}
