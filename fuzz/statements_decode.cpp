// Every statement's decoder. What decodes must encode to the same bytes: there is one encoding.
#include "statements/key_attestation.h"
#include "statements/named_values.h"
#include "statements/order.h"
#include "statements/registration.h"
#include "statements/signed.h"

namespace {

template <class Statement>
void check_one_encoding(qss::ByteView input)
{
    if (const auto decoded = Statement::decode(input))
        QSS_ASSERT(qss::equal_public(decoded->encode(), input));
}

}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace qss::statements;
    const qss::ByteView input{data, size};
    check_one_encoding<SignedStatement>(input);
    check_one_encoding<RegistrationStatement>(input);
    check_one_encoding<KeyAttestation>(input);
    check_one_encoding<LinkRecord>(input);
    check_one_encoding<NamedValues>(input);
    check_one_encoding<Order>(input);
    check_one_encoding<RevocationReceipt>(input);
    return 0;
}
