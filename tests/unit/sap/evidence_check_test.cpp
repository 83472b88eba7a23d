// Evidence that the SAM itself sealed, with one part that does not belong: each must be refused for
// that part (docs/protocol-sam.md 3).
#include "unit/sap/evidence_fixture.h"

#include "pki/name.h"

namespace qss::sap {

using EvidenceCheck = test::EvidenceTest;
using namespace std::chrono_literals;

namespace {

testing::AssertionResult says(const std::string& found, const std::string& wanted)
{
    if (found.find(wanted) != std::string::npos)
        return testing::AssertionSuccess();
    return testing::AssertionFailure() << "\"" << found << "\" instead of \"" << wanted << "\"";
}

}

TEST_F(EvidenceCheck, holds_and_tells_who_and_what)
{
    const auto sealed = sign_evidence(make(), m_sam.key).value();
    const auto facts = check_evidence(sealed, m_root.certificate->der(), test::rp_id);
    ASSERT_TRUE(facts.has_value()) << facts.error().detail;
    EXPECT_EQ(facts->signer_name, "Anna Bērziņa");
    EXPECT_EQ(facts->signer_email, "anna@example.com");
    EXPECT_EQ(facts->officer_name, "Officer O.");
    EXPECT_EQ(facts->display.labels.at(1), "two.pdf");
    EXPECT_EQ(facts->evidence.input.digests.size(), 2U);
}

TEST_F(EvidenceCheck, every_flipped_byte_is_noticed)
{
    auto sealed = sign_evidence(make(), m_sam.key).value();
    for (std::size_t i = 0; i < sealed.size(); i += 7) {
        sealed[i] ^= 1;
        EXPECT_FALSE(check_evidence(sealed, m_root.certificate->der(), test::rp_id).has_value()) << i;
        sealed[i] ^= 1;
    }
}

TEST_F(EvidenceCheck, another_root_or_relying_party)
{
    const auto sealed = sign_evidence(make(), m_sam.key).value();
    const auto stranger = crypto::PrivateKey::generate(crypto::KeyType::p256).value();
    const auto other =
        test::issue(pki::ProfileId::root, nullptr, stranger, stranger.public_key(), test::named("Root"));
    EXPECT_FALSE(check_evidence(sealed, other.der(), test::rp_id).has_value());
    EXPECT_FALSE(check_evidence(sealed, m_root.certificate->der(), "qss-sandbox.com").has_value());
}

TEST_F(EvidenceCheck, sealed_by_another_key)
{
    const auto sealed = sign_evidence(make(), m_phone).value();
    const auto facts = check_evidence(sealed, m_root.certificate->der(), test::rp_id);
    ASSERT_FALSE(facts.has_value());
    EXPECT_TRUE(says(facts.error().detail, "SAM's signature"));
}

// An officer, who is under the same root, can not pass for the SAM, nor the SAM for an officer.
TEST_F(EvidenceCheck, certificates_serve_one_purpose)
{
    m_sam.certificate = under_root(pki::ProfileId::officer, m_sam.key);
    EXPECT_TRUE(says(check(make()), "SAM's certificate: certificate is not for this purpose"));
    m_sam.certificate = under_root(pki::ProfileId::ocsp_responder, m_sam.key);
    EXPECT_TRUE(says(check(make()), "SAM's certificate: certificate is not for this purpose"));
    m_sam.certificate = under_root(pki::ProfileId::sam_evidence, m_sam.key);
    m_officer.certificate = under_root(pki::ProfileId::sam_evidence, m_officer.key);
    EXPECT_TRUE(says(check(make()), "registration statement: certificate is not for this purpose"));
}

TEST_F(EvidenceCheck, certificates_are_directly_under_the_root)
{
    m_sam.certificate = test::issue(pki::ProfileId::sam_evidence, &m_issuing, m_issuing.key,
                                    m_sam.key.public_key(), test::named("SAM"));
    EXPECT_TRUE(says(check(make()), "SAM's certificate"));
}

TEST_F(EvidenceCheck, used_outside_the_session_or_the_certificates)
{
    auto evidence = make();
    evidence.used_at = evidence.input.expires_at;
    EXPECT_TRUE(says(check(evidence), "expired"));
    evidence.used_at = test::noon - 25h;
    EXPECT_TRUE(says(check(evidence), "SAM's certificate"));
}

TEST_F(EvidenceCheck, another_display_record)
{
    auto evidence = make();
    m_display.labels[0] = "three.pdf";
    evidence.display_record = m_display.encode();
    EXPECT_TRUE(says(check(evidence), "display record: is not the one that was approved"));
    m_display.labels = {"one.pdf"};
    EXPECT_TRUE(says(check(make()), "display record: has not one label for each digest"));
}

TEST_F(EvidenceCheck, registration_statement)
{
    auto evidence = make();
    evidence.registration_statement =
        statements::sign_statement(m_statement->encode(), m_sam.key).value().encode();
    EXPECT_TRUE(says(check(evidence), "registration statement: statement names another key"));
    m_statement->signer_id = SignerId::generate(m_random);
    EXPECT_TRUE(says(check(make()), "registration statement: is about another signer"));
}

TEST_F(EvidenceCheck, link_record)
{
    auto evidence = make();
    const auto link = statements::SignedStatement::decode(evidence.link_record).value();
    evidence.link_record = statements::sign_statement(link.encoding, m_officer.key).value().encode();
    EXPECT_TRUE(says(check(evidence), "link record: statement names another key"));
    m_spoil_link = [&](auto& record) { record.signer_id = SignerId::generate(m_random); };
    EXPECT_TRUE(says(check(make()), "link record: is about another signer"));
    m_spoil_link = [](auto& record) { record.statement_hash = Bytes(32); };
    EXPECT_TRUE(says(check(make()), "link record: refers to another registration statement"));
    m_spoil_link = [](auto& record) { record.credential_id = {9}; };
    EXPECT_TRUE(says(check(make()), "link record: is about another authenticator"));
    m_spoil_link = [](auto& record) { record.bound_at = test::noon + 6min; };
    EXPECT_TRUE(says(check(make()), "link record: is younger than the approval"));
}

TEST_F(EvidenceCheck, approval)
{
    m_flags = webauthn::flag_user_present;
    EXPECT_TRUE(says(check(make()), "approval: authenticator data: user not verified"));
    m_flags = webauthn::flags_of_a_gesture;
    for (const auto* origin :
         {"https://approve.qss-sandbox.com.evil.example", "http://approve.qss-sandbox.com",
          "https://evil-approve.qss-sandbox.com", "https://qss-sandbox.com"}) {
        m_origin = origin;
        EXPECT_TRUE(says(check(make()), "approval: origin")) << origin;
    }
    m_origin = "https://app.approve.qss-sandbox.com";
    EXPECT_EQ(check(make()), "");
    m_spoil_link = [&](auto& record) { record.public_key_spki = m_officer.key.public_key().spki(); };
    EXPECT_TRUE(says(check(make()), "approval: signature does not verify"));
}

// What was approved is what was signed: any other digest, order or session is another challenge.
TEST_F(EvidenceCheck, digests_and_session_are_those_approved)
{
    auto evidence = make();
    std::swap(evidence.input.digests[0], evidence.input.digests[1]);
    std::swap(evidence.signatures[0], evidence.signatures[1]);
    EXPECT_TRUE(says(check(evidence), "approval: client data"));
    evidence = make();
    evidence.input.digests.pop_back();
    evidence.signatures.pop_back();
    evidence.display_record = m_display.encode();
    EXPECT_FALSE(check(evidence).empty());
    evidence = make();
    evidence.input.session_id = SessionId::generate(m_random);
    EXPECT_TRUE(says(check(evidence), "approval: client data"));
}

TEST_F(EvidenceCheck, signing_certificate)
{
    auto evidence = make();
    evidence.signing_certificate = leaf_for("Anna", "Bērziņa", "PNOLV-010180-12345").der();
    EXPECT_TRUE(says(check(evidence), "signing certificate: is not the one that was approved"));
    m_leaf.emplace(leaf_for("Anna", "Ozola", "PNOLV-010180-12345"));
    EXPECT_TRUE(says(check(make()), "signing certificate: names another person"));
    m_leaf.emplace(leaf_for("Anna", "Bērziņa", "PNOLV-010180-99999"));
    EXPECT_TRUE(says(check(make()), "signing certificate: has another identity number"));
    test::Authority stranger;
    stranger.certificate = test::issue(pki::ProfileId::issuing_ca, &m_root, m_phone,
                                       stranger.key.public_key(), test::named("Issuing"));
    m_issuing = std::move(stranger);
    m_leaf.emplace(leaf_for("Anna", "Bērziņa", "PNOLV-010180-12345"));
    EXPECT_TRUE(says(check(make()), "signing certificate: certificate's signature"));
}

TEST_F(EvidenceCheck, signatures)
{
    auto evidence = make();
    std::swap(evidence.signatures[0], evidence.signatures[1]);
    EXPECT_TRUE(says(check(evidence), "signatures: signature does not verify"));
    evidence = make();
    evidence.signatures.pop_back();
    EXPECT_TRUE(says(check(evidence), "not one signature for each digest"));
}

}
