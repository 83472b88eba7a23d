#include "pki/certificate.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "unit/pki/test_pki.h"

namespace qss::pki {
namespace {

using namespace testing;
using std::chrono::days;
using std::chrono::seconds;

class CertificateTest : public ::testing::Test {
protected:
    Chain m_chain;
};

TEST_F(CertificateTest, ReadsBackWhatWasWritten)
{
    const auto& signer = m_chain.signer;
    EXPECT_EQ(signer.subject_attribute(oids::surname), "Bērziņa");
    EXPECT_EQ(signer.subject_attribute(oids::serial_number), "PNOLV-010180-12345");
    EXPECT_EQ(signer.subject_attribute("2.5.4.12"), "");
    EXPECT_EQ(signer.not_before(), now);
    EXPECT_EQ(signer.not_after(), now + days(1095) - seconds(1));
    EXPECT_FALSE(signer.is_ca());
    EXPECT_TRUE(m_chain.issuing.is_ca());
    EXPECT_EQ(signer.public_key().spki(), m_chain.person_key.public_key().spki());
    const auto again = Certificate::from_pem(signer.pem());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->der(), signer.der());
}

TEST_F(CertificateTest, RefusesBytesAfterAndBytesMissing)
{
    auto der = m_chain.signer.der();
    der.push_back(0);
    EXPECT_FALSE(Certificate::from_der(der));
    der.resize(der.size() - 2);
    EXPECT_FALSE(Certificate::from_der(der));
    EXPECT_FALSE(Certificate::from_der({}));
}

TEST_F(CertificateTest, RefusesLengthsThatAreNotDer)
{
    // 30 82 nn nn becomes 30 83 00 nn nn: BER that OpenSSL reads.
    auto der = m_chain.signer.der();
    der[1] = 0x83;
    der.insert(der.begin() + 2, 0x00);
    EXPECT_FALSE(Certificate::from_der(der));
}

TEST_F(CertificateTest, RefusesWhatIsTooLarge)
{
    const auto refused = Certificate::from_der(Bytes(20'000, 0x30));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::too_large);
}

TEST_F(CertificateTest, KnowsItsIssuer)
{
    EXPECT_TRUE(m_chain.signer.check_issued_by(m_chain.issuing));
    EXPECT_FALSE(m_chain.signer.check_issued_by(m_chain.root));
    // Same name, another key: the names fit, the signature does not.
    const auto other_key = new_key();
    auto other_contents =
        contents(ProfileId::issuing_ca, other_key.public_key(), &m_chain.root, provider("TEST Issuing CA"));
    const auto impostor = make(ProfileId::issuing_ca, other_contents, m_chain.root_key);
    ASSERT_TRUE(impostor);
    EXPECT_FALSE(m_chain.signer.check_issued_by(*impostor));
}

TEST_F(CertificateTest, AnAlteredSignatureDoesNotHold)
{
    auto der = m_chain.signer.der();
    der[der.size() - 1] ^= 1;
    const auto altered = Certificate::from_der(der);
    ASSERT_TRUE(altered);
    EXPECT_FALSE(altered->check_issued_by(m_chain.issuing));
}

TEST_F(CertificateTest, IsValidFromItsFirstToItsLastSecond)
{
    const auto& signer = m_chain.signer;
    EXPECT_TRUE(signer.check_valid_at(signer.not_before()));
    EXPECT_TRUE(signer.check_valid_at(signer.not_after() + Milliseconds(999)));
    const auto early = signer.check_valid_at(signer.not_before() - Milliseconds(1));
    const auto late = signer.check_valid_at(signer.not_after() + seconds(1));
    ASSERT_FALSE(early);
    ASSERT_FALSE(late);
    EXPECT_EQ(early.error().code, ErrorCode::expired);
    EXPECT_EQ(late.error().code, ErrorCode::expired);
}

TEST_F(CertificateTest, KnowsItsOnePurpose)
{
    const auto key = new_key();
    const auto officer =
        make(ProfileId::officer,
             contents(ProfileId::officer, key.public_key(), &m_chain.root, provider("TEST Officer")),
             m_chain.root_key);
    ASSERT_TRUE(officer);
    EXPECT_TRUE(officer->is_only_for(oids::purpose_officer));
    EXPECT_FALSE(officer->is_only_for(oids::purpose_sam_evidence));
    EXPECT_FALSE(officer->is_only_for("no OID"));
    EXPECT_FALSE(m_chain.signer.is_only_for(oids::purpose_officer)) << "it has none";
}

TEST_F(CertificateTest, PathHolds)
{
    const std::span intermediates(&m_chain.issuing, 1);
    const auto holds = check_path(m_chain.signer, intermediates, m_chain.root, now + days(1));
    EXPECT_TRUE(holds) << holds.error().detail;
    EXPECT_FALSE(check_path(m_chain.signer, {}, m_chain.root, now + days(1)));
    const auto late = check_path(m_chain.signer, intermediates, m_chain.root, now + days(2000));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, ErrorCode::expired);
}

TEST_F(CertificateTest, EachOfAPathIsValidToTheEndOfItsLastSecond)
{
    const std::span intermediates(&m_chain.issuing, 1);
    const auto longer = [](const Certificate& issuer, ProfileId id, const crypto::PrivateKey& key, Name name,
                           const crypto::PrivateKey& issuing_key) {
        auto lasting = contents(id, key.public_key(), &issuer, std::move(name));
        lasting.not_after = issuer.not_after() + days(365);
        return *make(id, lasting, issuing_key);
    };
    const auto lasting_signer = longer(m_chain.issuing, ProfileId::natural_person_esign, m_chain.person_key,
                                       person(), m_chain.issuing_key);
    const auto lasting_issuing = longer(m_chain.root, ProfileId::issuing_ca, m_chain.issuing_key,
                                        provider("TEST Issuing CA"), m_chain.root_key);
    const auto ends = [](const Certificate& ended, auto check) {
        EXPECT_TRUE(check(ended.not_after() + Milliseconds(999)));
        const auto late = check(ended.not_after() + seconds(1));
        ASSERT_FALSE(late);
        EXPECT_EQ(late.error().code, ErrorCode::expired);
    };
    ends(m_chain.signer,
         [&](TimePoint at) { return check_path(m_chain.signer, intermediates, m_chain.root, at); });
    ends(m_chain.issuing,
         [&](TimePoint at) { return check_path(lasting_signer, intermediates, m_chain.root, at); });
    ends(m_chain.root, [&](TimePoint at) { return check_path(lasting_issuing, {}, m_chain.root, at); });
    EXPECT_FALSE(check_path(m_chain.signer, intermediates, m_chain.root,
                            m_chain.signer.not_before() - Milliseconds(1)));
}

TEST_F(CertificateTest, PathDoesNotLeadThroughASigner)
{
    // A signer's key as an issuer: its certificate is no CA's.
    auto victim =
        contents(ProfileId::natural_person_esign, m_chain.person_key.public_key(), &m_chain.signer, person());
    const auto forged = make(ProfileId::natural_person_esign, victim, m_chain.person_key);
    ASSERT_TRUE(forged);
    std::vector<Certificate> intermediates;
    for (const auto* certificate : {&m_chain.issuing, &m_chain.signer})
        intermediates.push_back(*Certificate::from_der(certificate->der()));
    EXPECT_FALSE(check_path(*forged, intermediates, m_chain.root, now + days(1)));
}

TEST_F(CertificateTest, PathDoesNotEndAtAnotherRoot)
{
    const Chain other;
    const std::span intermediates(&m_chain.issuing, 1);
    EXPECT_FALSE(check_path(m_chain.signer, intermediates, other.root, now + days(1)));
}

}
}
