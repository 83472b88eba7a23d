// What certificates share that are issued under one of our authorities. Pure.
#pragma once

#include <chrono>
#include <map>

#include "base/random.h"
#include "ca/orders.h"
#include "ca/settings.h"

namespace qss::ca {

// `issuer` null: self-signed. The end of validity is cut to the issuer's. Subject, key, alternative
// names and semantics are left to the caller.
pki::CertificateContents contents_under(const AuthorityId& authority, const pki::Certificate* issuer,
                                        const Settings& settings, TimePoint now, std::chrono::days lifetime,
                                        Random& random);

// Name of the provider's own authorities and services (GEN-4.2.3.1): C, O, organizationIdentifier, CN.
pki::Name provider_name(const Settings& settings, std::string_view common_name);

// Keys that sign only what is thrown away after the lint, one for each type. Not thread-safe.
class ThrowAwayKeys {
public:
    Result<const crypto::PrivateKey*> of(crypto::KeyType type);

private:
    std::map<crypto::KeyType, crypto::PrivateKey> m_keys;
};

}
