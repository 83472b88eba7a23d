// Evidence, challenge input and display record. What decodes must encode to the same bytes.
#include "sap/evidence.h"

namespace {

template <class Structure>
void check_one_encoding(qss::ByteView input)
{
    if (const auto decoded = Structure::decode(input))
        QSS_ASSERT(qss::equal_public(decoded->encode(), input));
}

}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace qss::sap;
    const qss::ByteView input{data, size};
    check_one_encoding<Evidence>(input);
    check_one_encoding<ChallengeInput>(input);
    check_one_encoding<DisplayRecord>(input);
    return 0;
}
