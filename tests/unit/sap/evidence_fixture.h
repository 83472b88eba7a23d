// A small service of its own: root, issuing CA, SAM, officer, signer and phone, and the evidence of one
// approved signature, every part of which a test may spoil before it is sealed again.
#pragma once

#include <functional>
#include <optional>

#include <gtest/gtest.h>

#include "pki/certificate_builder.h"
#include "sap/evidence.h"
#include "statements/key_attestation.h"
#include "statements/registration.h"
#include "webauthn/software_credential.h"

namespace qss::test {

inline constexpr auto rp_id = "approve.qss-sandbox.com";
inline const TimePoint noon = from_unix_ms(1'795'521'600'000);

struct Authority {
    crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyType::p256).value();
    std::optional<pki::Certificate> certificate;
};

inline pki::Certificate issue(pki::ProfileId id, const Authority* issuer,
                              const crypto::PrivateKey& issuer_key, const crypto::PublicKey& key,
                              pki::Name subject)
{
    SystemRandom random;
    pki::CertificateContents contents;
    contents.serial = pki::random_serial(random);
    if (issuer != nullptr) {
        contents.issuer = issuer->certificate->subject_der();
        contents.authority_key_id = issuer->certificate->subject_key_id();
    }
    contents.subject = std::move(subject);
    contents.spki = key.spki();
    contents.not_before = noon - std::chrono::hours(24);
    contents.not_after = noon + std::chrono::hours(24 * 30);
    contents.own_policy = "2.25.1.1";
    contents.crl_url = contents.ca_issuers_url = contents.ocsp_url = "http://pki.qss-sandbox.com/x";
    contents.pds_url = "https://pki.qss-sandbox.com/pds";
    const auto tbs = pki::encode_tbs_certificate(pki::profile(id), contents, issuer_key.type());
    return pki::sign_certificate(tbs.value(), issuer_key).value();
}

inline pki::Name named(std::string common_name)
{
    return {
        {pki::oids::country, "LV"}, {pki::oids::organisation, "Test"}, {pki::oids::common_name, common_name}};
}

class EvidenceTest : public testing::Test {
protected:
    EvidenceTest()
    {
        m_root.certificate =
            issue(pki::ProfileId::root, nullptr, m_root.key, m_root.key.public_key(), named("Root"));
        m_issuing.certificate = issue(pki::ProfileId::issuing_ca, &m_root, m_root.key,
                                      m_issuing.key.public_key(), named("Issuing"));
        m_officer.certificate = under_root(pki::ProfileId::officer, m_officer.key);
        m_sam.certificate = under_root(pki::ProfileId::sam_evidence, m_sam.key);
        m_statement.emplace(statements::RegistrationStatement{
            StatementId::generate(m_random), m_signer, EnterpriseId::generate(m_random), 1, "Kalnrozes SIA",
            "LV", "anna@example.com", "+37120000000", "Anna", "Bērziņa", "PNOLV-010180-12345",
            m_phone.public_key().spki(), noon});
        m_leaf.emplace(leaf_for("Anna", "Bērziņa", "PNOLV-010180-12345"));
    }

    pki::Certificate under_root(pki::ProfileId profile, const crypto::PrivateKey& key)
    {
        return issue(profile, &m_root, m_root.key, key.public_key(), named("Officer O."));
    }

    pki::Certificate leaf_for(std::string given_name, std::string surname, std::string number)
    {
        return issue(pki::ProfileId::natural_person_esign, &m_issuing, m_issuing.key,
                     m_signer_key.public_key(),
                     {{pki::oids::country, "LV"},
                      {pki::oids::surname, std::move(surname)},
                      {pki::oids::given_name, std::move(given_name)},
                      {pki::oids::serial_number, std::move(number)},
                      {pki::oids::common_name, "Anna"}});
    }

    // From the parts as they are now.
    sap::Evidence make()
    {
        const auto statement = statements::sign_statement(m_statement->encode(), m_officer.key).value();
        statements::LinkRecord link{m_signer,  AuthenticatorId::generate(m_random),
                                    {1, 2, 3}, m_phone.public_key().spki(),
                                    Bytes(16), statement.hash(),
                                    Bytes(32), noon + std::chrono::minutes(1)};
        if (m_spoil_link)
            m_spoil_link(link);
        std::vector<crypto::Digest> digests{digest("one"), digest("two")};
        sap::ChallengeInput input{SessionId::generate(m_random),
                                  Bytes(32, 7),
                                  noon + std::chrono::minutes(10),
                                  m_signer,
                                  KeyId::generate(m_random),
                                  m_leaf->sha256(),
                                  crypto::SignatureAlgorithm::ecdsa_sha256,
                                  digests,
                                  m_display.hash(),
                                  rp_id};
        const webauthn::SoftwareCredential credential{{1, 2, 3}, rp_id, m_origin, m_phone};
        auto assertion = webauthn::make_assertion(credential, input.challenge(), 0, m_flags).value();
        std::vector<Bytes> signatures;
        for (const auto& one : digests)
            signatures.push_back(m_signer_key.sign(input.signature_algorithm, one).value());
        return {std::move(input),
                m_display.encode(),
                std::move(assertion),
                statements::sign_statement(link.encode(), m_sam.key).value().encode(),
                statement.encode(),
                std::move(signatures),
                m_leaf->der(),
                m_issuing.certificate->der(),
                m_sam.certificate->der(),
                m_officer.certificate->der(),
                noon + std::chrono::minutes(5)};
    }

    // "" when it holds; what is refused otherwise.
    std::string check(const sap::Evidence& evidence)
    {
        const auto sealed = sap::sign_evidence(evidence, m_sam.key);
        const auto facts = sap::check_evidence(sealed.value(), m_root.certificate->der(), rp_id);
        return facts ? "" : facts.error().detail;
    }

    static crypto::Digest digest(std::string_view text)
    {
        return crypto::Digest::of(crypto::HashAlgorithm::sha256, as_bytes(text));
    }

    SystemRandom m_random;
    Authority m_root, m_issuing, m_officer, m_sam;
    crypto::PrivateKey m_signer_key = crypto::PrivateKey::generate(crypto::KeyType::p256).value();
    crypto::PrivateKey m_phone = crypto::PrivateKey::generate(crypto::KeyType::p256).value();
    SignerId m_signer = SignerId::generate(m_random);
    std::optional<statements::RegistrationStatement> m_statement;
    std::optional<pki::Certificate> m_leaf;
    sap::DisplayRecord m_display{"Kalnrozes SIA", "Contracts", "ERP", "lv", "1", {"one.pdf", "two.pdf"}};
    std::string m_origin = "https://approve.qss-sandbox.com:8445";
    std::uint8_t m_flags = webauthn::flags_of_a_gesture;
    std::function<void(statements::LinkRecord&)> m_spoil_link;
};

}
