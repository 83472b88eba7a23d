// Client data and authenticator data of assertions: the first byte says how long the former is, in units
// of four bytes. What is accepted must begin with the prefix that limited verification demands.
#include <algorithm>

#include "webauthn/assertion.h"
#include "webauthn/authenticator_data.h"
#include "webauthn/client_data.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace qss;
    static const Bytes challenge(32, 1);
    static const std::vector<std::string> origins{"https://rp.example"};
    if (size == 0)
        return 0;
    const ByteView rest{data + 1, size - 1};
    const auto split = std::min<std::size_t>(rest.size(), data[0] * std::size_t{4});
    const auto client_data = rest.first(split);
    if (webauthn::check_client_data(client_data, "webauthn.get", challenge, origins)) {
        const auto prefix = webauthn::client_data_prefix("webauthn.get", challenge, origins.front());
        QSS_ASSERT(as_text(client_data).starts_with(prefix));
    }
    static_cast<void>(webauthn::origin_under(client_data, "webauthn.get", challenge, "rp.example"));
    const auto parsed = webauthn::check_authenticator_data(rest.subspan(split), "rp.example",
                                                           webauthn::Ceremony::registration);
    static_cast<void>(parsed);
    return 0;
}
