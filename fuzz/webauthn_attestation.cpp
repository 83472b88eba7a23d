// Attestation objects, with client data that is always right, so that the CBOR, the authenticator data and
// the certificates are reached.
#include "webauthn/attestation.h"
#include "webauthn/client_data.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace qss;
    static const Bytes challenge(32, 1);
    static const webauthn::RelyingParty rp{"approve.qss-sandbox.com",
                                           {"https://approve.qss-sandbox.com:8445"}};
    static const auto client_data =
        webauthn::encode_client_data("webauthn.create", challenge, rp.origins.front());
    const auto result = webauthn::check_attestation({data, size}, client_data, challenge, rp, {true, {}},
                                                    from_unix_ms(1'795'507'200'000));
    static_cast<void>(result);
    return 0;
}
