// The key ceremony: makes root, issuing CA and access CA keys inside the key store and signs the
// certificates that everything else hangs on, in one durable transaction. Runs once in a CA's life.
#pragma once

#include "ca/issuer.h"
#include "ca/record.h"

namespace qss::ca {

struct AuthorityState {
    AuthorityKey key;
    pki::Certificate certificate;
};

struct Authorities {
    AuthorityState root;
    AuthorityState issuing;
    AuthorityState access;
    [[nodiscard]] const AuthorityState& of(Authority authority) const;
};

// Of a record that went through its ceremony. tampered when key and certificate do not fit.
Result<Authorities> load_authorities(Transaction& transaction, keystore::KeyStore& keys);

struct CeremonyResult {
    Authorities authorities;
    proto::ca::InitialiseReply reply;
};

struct CeremonyInput {
    const Settings& settings;
    keystore::KeyStore& keys;
    ThrowAwayKeys& throw_away;
    TimePoint now;
    Random& random;
};
Result<CeremonyResult> run_ceremony(const CeremonyInput& input, sqlite::Writer& writer);

// Contents of a responder's certificate under `authority`; the ceremony's and each renewal's.
pki::CertificateContents responder_contents(Authority authority, const pki::Certificate& issuer,
                                            const Settings& settings, TimePoint now, Random& random);

}
