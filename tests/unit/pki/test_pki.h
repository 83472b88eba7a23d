// Contents and keys for the tests of `pki`.
#pragma once

#include "base/clock.h"
#include "pki/certificate_builder.h"

namespace qss::pki::testing {

inline constexpr TimePoint now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 24);

inline crypto::PrivateKey new_key(crypto::KeyType type = crypto::KeyType::p256)
{
    return std::move(*crypto::PrivateKey::generate(type));
}

inline Name provider(std::string common_name)
{
    return {{oids::country, "LV"},
            {oids::organisation, "SIA Uzticama"},
            {oids::organisation_identifier, "NTRLV-40003000000"},
            {oids::common_name, std::move(common_name)}};
}

inline Name person()
{
    return {{oids::country, "LV"},
            {oids::organisation, "SIA Paraugs"},
            {oids::surname, "Bērziņa"},
            {oids::given_name, "Anna"},
            {oids::serial_number, "PNOLV-010180-12345"},
            {oids::common_name, "TEST Anna Bērziņa"}};
}

inline Name company()
{
    return {{oids::country, "LV"},
            {oids::organisation, "SIA Paraugs"},
            {oids::organisation_identifier, "NTRLV-40003000001"},
            {oids::common_name, "TEST Paraugs"}};
}

inline Name subject_for(ProfileId id)
{
    switch (profile(id).subject) {
    case SubjectKind::natural_person: return person();
    case SubjectKind::legal_person: return company();
    case SubjectKind::provider: return provider("TEST " + std::string(profile(id).name));
    case SubjectKind::machine: return {{oids::common_name, "TEST machine"}};
    }
    return {};
}

// `issuer` null: self-signed.
inline CertificateContents contents(ProfileId id, const crypto::PublicKey& key, const Certificate* issuer,
                                    Name subject)
{
    SystemRandom random;
    CertificateContents contents;
    contents.serial = random_serial(random);
    if (issuer != nullptr) {
        contents.issuer = issuer->subject_der();
        contents.authority_key_id = issuer->subject_key_id();
    }
    contents.subject = std::move(subject);
    contents.spki = key.spki();
    contents.not_before = now;
    contents.not_after = now + profile(id).max_validity - std::chrono::seconds(1);
    contents.own_policy = "1.3.6.1.4.1.32473.1.1";
    contents.crl_url = "http://pki.qss-sandbox.com/crl/issuing.crl";
    contents.ca_issuers_url = "http://pki.qss-sandbox.com/ca/issuing.cer";
    contents.ocsp_url = "http://pki.qss-sandbox.com/ocsp";
    contents.pds_url = "https://pki.qss-sandbox.com/pds/en";
    contents.semantics =
        profile(id).subject == SubjectKind::legal_person ? Semantics::legal : Semantics::natural;
    contents.alt_names = {"qss-sandbox.com", "127.0.0.1", "::1"};
    return contents;
}

inline Result<Certificate> make(ProfileId id, const CertificateContents& contents,
                                const crypto::PrivateKey& signer)
{
    TRY_ASSIGN(tbs, encode_tbs_certificate(profile(id), contents, signer.type()));
    return sign_certificate(tbs, signer);
}

struct Chain { // root, issuing CA and one signer
    crypto::PrivateKey root_key = new_key();
    crypto::PrivateKey issuing_key = new_key();
    crypto::PrivateKey person_key = new_key();
    Certificate root =
        *make(ProfileId::root,
              contents(ProfileId::root, root_key.public_key(), nullptr, provider("TEST Root CA")), root_key);
    Certificate issuing =
        *make(ProfileId::issuing_ca,
              contents(ProfileId::issuing_ca, issuing_key.public_key(), &root, provider("TEST Issuing CA")),
              root_key);
    Certificate signer = *make(
        ProfileId::natural_person_esign,
        contents(ProfileId::natural_person_esign, person_key.public_key(), &issuing, person()), issuing_key);
};

}
