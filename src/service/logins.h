// How an application proves who it is: API key, secret and client certificate for a token; token and
// certificate on each request. Unknown key and wrong secret cost the same time and say the same.
// Safe from any thread.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/secret.h"
#include "service/callers.h"
#include "service/rate_limiter.h"
#include "service/tokens.h"
#include "store/store.h"

namespace qss::service {

// HMAC of an API secret as the database keeps it: under `key` (outside the database) with a salt of its
// own. The secret has 160 random bits, so nothing slower is needed.
Bytes api_secret_mac(const Secret& key, ByteView salt, std::string_view api_secret);

class Logins {
public:
    Logins(store::Store& store, Tokens& tokens, const Secret& secret_key, const Clock& clock);

    // `certificate_der`: of the TLS connection. `unauthenticated`: details fit to be shown, since they say
    // only what is wrong with the certificate, or that key and secret do not match. `rate_limited`.
    Result<IssuedToken> login(std::string_view api_key, std::string_view api_secret,
                              ByteView certificate_der);

    // On every request, on resumed connections too: linked, valid, not suspended.
    Result<Application> authenticate(std::string_view token, ByteView certificate_der);

private:
    Result<Application> admit(store::CredentialContext context) const;

    store::Store& m_store;
    Tokens& m_tokens;
    Secret m_secret_key;
    const Clock& m_clock;
    RateLimiter m_limiter;
};

}
