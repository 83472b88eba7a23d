#include "client/cades.h"

#include "tls_fixture.h"

namespace qss::client {
namespace {

using namespace test;
using crypto::SignatureAlgorithm;

struct Case {
    const char* name;
    std::vector<std::string> new_key;
    SignatureAlgorithm algorithm;
};

class Cades : public ::testing::TestWithParam<Case> {
protected:
    void SetUp() override
    {
        make_ca(m_directory, "root");
        issue(m_directory, "root", "issuing", p256_key,
              "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign");
        issue(m_directory, "issuing", "signer", GetParam().new_key, "keyUsage=critical,nonRepudiation");
        write_all(m_directory / "document", "the document\r\nwith lines\n");
    }

    Result<Bytes> sign(ByteView document)
    {
        const auto algorithm = GetParam().algorithm;
        TRY_ASSIGN(signer, pki::Certificate::from_pem(read_all(m_directory / "signer.pem")));
        TRY_ASSIGN(issuing, pki::Certificate::from_pem(read_all(m_directory / "issuing.pem")));
        TRY_ASSIGN(key, crypto::PrivateKey::from_pem(read_all(m_directory / "signer.key")));
        const auto hash = crypto::hash_of(algorithm);
        TRY_ASSIGN(attributes,
                   make_cades_attributes(crypto::Digest::of(hash, document), signer, SystemClock().now()));
        TRY_ASSIGN(signature, key.sign(algorithm, attributes.to_be_signed(hash)));
        std::vector<pki::Certificate> chain;
        chain.push_back(std::move(issuing));
        return make_cades(attributes, signer, chain, algorithm, signature);
    }

    int judge(const std::string& document)
    {
        return openssl({"cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", m_directory / "p7s",
                        "-content", m_directory / document, "-CAfile", m_directory / "root.pem", "-purpose",
                        "any", "-out", "/dev/null"});
    }

    Directory m_directory;
};

TEST_P(Cades, OpensslAcceptsItForThisDocumentAlone)
{
    const auto document = read_all(m_directory / "document");
    const auto p7s = sign(as_bytes(document));
    ASSERT_TRUE(p7s.has_value()) << p7s.error().detail;
    write_all(m_directory / "p7s", as_text(*p7s));
    EXPECT_EQ(judge("document"), 0);

    write_all(m_directory / "altered", document + "x");
    EXPECT_NE(judge("altered"), 0);
}

// What is hashed is what stands in the structure, with SET OF in the place of [0].
TEST_P(Cades, HoldsTheSignedAttributes)
{
    const auto signer = pki::Certificate::from_pem(read_all(m_directory / "signer.pem"));
    const auto hash = crypto::hash_of(GetParam().algorithm);
    const auto attributes =
        make_cades_attributes(crypto::Digest::of(hash, {}), *signer, from_unix_ms(1'790'000'000'000));
    ASSERT_TRUE(attributes.has_value());
    EXPECT_EQ(attributes->signed_attributes.front(), 0x31);
    const auto text = as_text(attributes->signed_attributes);
    EXPECT_NE(text.find("260921141320Z"), std::string_view::npos); // UTCTime
    EXPECT_NE(text.find(as_text(signer->sha256())), std::string_view::npos);
}

TEST_P(Cades, RefusesASignatureThatDoesNotHold)
{
    const auto algorithm = GetParam().algorithm;
    const auto hash = crypto::hash_of(algorithm);
    const auto signer = pki::Certificate::from_pem(read_all(m_directory / "signer.pem"));
    const auto key = crypto::PrivateKey::from_pem(read_all(m_directory / "signer.key"));
    const auto attributes = make_cades_attributes(crypto::Digest::of(hash, {}), *signer, SystemClock().now());
    const auto over_something_else =
        key->sign(algorithm, crypto::Digest::of(hash, as_bytes("something else")));
    const auto made = make_cades(*attributes, *signer, {}, algorithm, *over_something_else);
    ASSERT_FALSE(made.has_value());
    EXPECT_EQ(made.error().code, ErrorCode::verification_failed);
}

INSTANTIATE_TEST_SUITE_P(
    Algorithms, Cades,
    ::testing::Values(Case{"RsaPkcs1", {"-newkey", "rsa:2048"}, SignatureAlgorithm::rsa_pkcs1_sha256},
                      Case{"RsaPss", {"-newkey", "rsa:2048"}, SignatureAlgorithm::rsa_pss_sha256},
                      Case{"RsaPss512", {"-newkey", "rsa:2048"}, SignatureAlgorithm::rsa_pss_sha512},
                      Case{"P256", p256_key, SignatureAlgorithm::ecdsa_sha256},
                      Case{"P384",
                           {"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"},
                           SignatureAlgorithm::ecdsa_sha384}),
    [](const auto& parameter) { return std::string(parameter.param.name); });

TEST(CadesHashes, DocumentAndSignatureUseOneHash)
{
    const Directory directory;
    make_ca(directory, "signer");
    const auto signer = pki::Certificate::from_pem(read_all(directory / "signer.pem"));
    const auto attributes = make_cades_attributes(crypto::Digest::of(crypto::HashAlgorithm::sha512, {}),
                                                  *signer, SystemClock().now());
    const auto made = make_cades(*attributes, *signer, {}, SignatureAlgorithm::ecdsa_sha256, Bytes(70));
    ASSERT_FALSE(made.has_value());
    EXPECT_EQ(made.error().code, ErrorCode::invalid_argument);
}

}
}
