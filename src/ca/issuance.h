// Certificates that are made inside one transaction: those of the ceremony, and those of an officers'
// order. Each passes the lint and is written down before it leaves; what is signed for a transaction that
// fails is thrown away with it. One thread.
#pragma once

#include "ca/authorities.h"
#include "ca/issuer.h"

namespace qss::ca {

struct IssuanceInput {
    const Settings& settings;
    keystore::KeyStore& keys;
    ThrowAwayKeys& throw_away;
    TimePoint now;
    Random& random;
};

struct NewKey {
    AuthorityId id;
    keystore::GeneratedKey generated;
    AuthorityKey key;
};
Result<NewKey> make_key(keystore::KeyStore& keys, AuthorityId id, crypto::KeyType type);

// Who signs; `certificate` null: the subject itself.
struct Issuer {
    Issuer(const NewKey& self, crypto::KeyType type_) : id(self.id), key(self.key), type(type_) {}
    Issuer(const NewKey& authority, const pki::Certificate& its)
        : id(authority.id), key(authority.key), type(its.public_key().type()), certificate(&its)
    {
    }
    explicit Issuer(const AuthorityState& authority)
        : id(authority.id), key(authority.key), type(authority.certificate.public_key().type()),
          certificate(&authority.certificate)
    {
    }

    AuthorityId id;
    const AuthorityKey& key;
    crypto::KeyType type;
    const pki::Certificate* certificate = nullptr;
};

class Issuance {
public:
    // `carried` null: the ceremony's.
    Issuance(const IssuanceInput& input, Transaction& transaction, const CarriedOrder* carried)
        : m_input(input), m_transaction(transaction), m_carried(carried)
    {
    }

    // Of `subject`, with its name: self-signed, by another authority, or (root_cross) crossed over.
    Result<pki::Certificate> authority(pki::ProfileId profile, const AuthorityId& subject, const Bytes& spki,
                                       const Issuer& issuer);
    Result<pki::Certificate> sam_evidence(const Issuer& root);
    Result<pki::Certificate> officer(const Officer& officer, const Issuer& root);
    Result<pki::Certificate> responder(const Issuer& issuer);
    Result<pki::Certificate> time_stamping_unit(const Issuer& issuing); // of settings.tsa_spki

private:
    Result<pki::Certificate> service(pki::ProfileId profile, pki::Name subject, const Bytes& spki,
                                     const Issuer& issuer);
    Result<pki::Certificate> issue(pki::ProfileId profile, const pki::CertificateContents& contents,
                                   const Issuer& issuer);

    const IssuanceInput& m_input;
    Transaction& m_transaction;
    const CarriedOrder* m_carried;
};

// Contents of a responder's certificate; the ceremony's and each renewal's.
pki::CertificateContents responder_contents(const AuthorityId& id, const pki::Certificate& issuer,
                                            const Settings& settings, TimePoint now, Random& random);

}
