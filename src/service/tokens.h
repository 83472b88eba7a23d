// Access tokens: JWT (RFC 7519), HS256, under a key outside the database. An application's is bound to
// its client certificate (RFC 8705 3.1, cnf x5t#S256); a phone's is its device's. Only what we made is
// ever parsed: the header is compared byte for byte and the MAC is checked, in constant time, before a
// byte of the payload is looked at; so there is no algorithm to confuse. Pure but for clock and
// randomness; safe from any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace qss::service {

struct IssuedToken {
    std::string token;
    std::int64_t expires_in_seconds = 0;
};

class Tokens {
public:
    struct Lives {
        std::int64_t application_seconds = 30 * 60;
        std::int64_t device_seconds = 10 * 60;
    };

    // `key`: 32 bytes or more.
    Tokens(const Secret& key, const Lives& lives, const Clock& clock, Random& random);

    IssuedToken issue_application(const CredentialId& credential, ByteView certificate_sha256);
    IssuedToken issue_device(const DeviceId& device);

    // unauthenticated when it is not ours, of the other kind, or bound to another certificate; expired.
    Result<CredentialId> verify_application(std::string_view token, ByteView certificate_sha256) const;
    Result<DeviceId> verify_device(std::string_view token) const;

private:
    std::string seal(const std::string& payload) const;
    Result<std::string> open(std::string_view token) const;

    Secret m_key;
    const Lives m_lives;
    const Clock& m_clock;
    Random& m_random;
};

}
