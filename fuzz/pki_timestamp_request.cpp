// Any bytes are refused or are a request that a token can answer: its parts are whole TLVs of the input.
#include <algorithm>

#include "base/limits.h"
#include "pki/timestamp_request.h"

using namespace qss;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const ByteView input(data, size);
    const auto request = pki::parse_timestamp_request(input);
    if (!request)
        return 0;
    QSS_ASSERT(size <= limits::timestamp_request_size);
    for (const auto* part : {&request->imprint, &request->policy, &request->nonce})
        QSS_ASSERT(std::search(input.begin(), input.end(), part->begin(), part->end()) != input.end() ||
                   part->empty());
    QSS_ASSERT(request->digest.bytes().size() == crypto::digest_size(request->digest.algorithm()));
    return 0;
}
