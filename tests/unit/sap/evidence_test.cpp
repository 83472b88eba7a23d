#include "unit/sap/evidence_fixture.h"

namespace qss::sap {

using EvidenceEncoding = test::EvidenceTest;

TEST_F(EvidenceEncoding, cut_off_anywhere_or_extended)
{
    auto encoded = make().encode();
    for (std::size_t size = 0; size < encoded.size(); size += 13)
        EXPECT_FALSE(Evidence::decode(ByteView(encoded).first(size)).has_value()) << size;
    encoded.push_back(0);
    EXPECT_FALSE(Evidence::decode(encoded).has_value());
}

TEST_F(EvidenceEncoding, too_long)
{
    const auto result = Evidence::decode(Bytes(limits::evidence_size + 1));
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::too_large);
}

TEST_F(EvidenceEncoding, the_largest_session_fits)
{
    auto evidence = make();
    const auto digest = crypto::Digest::of(crypto::HashAlgorithm::sha512, {});
    evidence.input.signature_algorithm = crypto::SignatureAlgorithm::rsa_pss_sha512;
    evidence.input.digests.assign(limits::digests_per_session, digest);
    evidence.signatures.assign(limits::digests_per_session, Bytes(limits::signature_size));
    m_display.labels.assign(limits::digests_per_session, std::string(limits::label_size, 'x'));
    evidence.display_record = m_display.encode();
    evidence.signing_certificate = Bytes(limits::certificate_size);
    const auto sealed = sign_evidence(evidence, m_sam.key).value();
    const auto statement = statements::SignedStatement::decode(sealed, limits::evidence_size);
    ASSERT_TRUE(statement.has_value());
    EXPECT_TRUE(Evidence::decode(statement->encoding).has_value());
}

}
