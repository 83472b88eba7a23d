#include "pki/ocsp_request.h"

#include <gtest/gtest.h>

#include <openssl/ocsp.h>

#include "base/limits.h"
#include "pki/asn1.h"
#include "pki/der.h"
#include "pki/extensions.h"
#include "pki/name.h"
#include "pki/ocsp.h"
#include "unit/pki/test_pki.h"

namespace qss::pki {
namespace {

using namespace testing;
using RequestPtr = std::unique_ptr<OCSP_REQUEST, crypto::Deleter<OCSP_REQUEST_free>>;

ErrorCode code_of(const Result<OcspRequest>& result)
{
    return result ? ErrorCode::internal : result.error().code;
}

class OcspRequestTest : public ::testing::Test {
protected:
    // As OpenSSL makes it.
    Bytes request(const EVP_MD* hash, int count = 1, ByteView nonce = {})
    {
        const RequestPtr made(OCSP_REQUEST_new());
        for (int i = 0; i < count; ++i)
            OCSP_request_add0_id(made.get(),
                                 OCSP_cert_to_id(hash, m_chain.signer.handle(), m_chain.issuing.handle()));
        if (!nonce.empty())
            OCSP_request_add1_nonce(made.get(), const_cast<unsigned char*>(nonce.data()),
                                    static_cast<int>(nonce.size()));
        return *encode_der(i2d_OCSP_REQUEST, made.get());
    }
    // Ours, with what OpenSSL would not write.
    Bytes with(ByteView request_extensions, ByteView single_extensions = {}, ByteView before = {})
    {
        const auto id =
            OcspAuthority::make(m_chain.issuing, m_chain.issuing)->cert_id(m_chain.signer.serial());
        const auto single = der::sequence({id, single_extensions});
        return der::sequence({der::sequence({before, der::sequence({single}), request_extensions})});
    }
    static Bytes extensions(std::uint8_t number, std::string_view oid, Critical critical, ByteView value)
    {
        return der::explicitly(number, der::sequence({extension(oid, critical, value)}));
    }

    Chain m_chain;
};

TEST_F(OcspRequestTest, ReadsWhatOpensslAsks)
{
    const Bytes nonce(32, 9);
    const auto authority = OcspAuthority::make(m_chain.issuing, m_chain.issuing);
    for (const auto* hash : {EVP_sha1(), EVP_sha256(), EVP_sha384(), EVP_sha512()}) {
        const auto asked = OcspRequest::from_der(request(hash, 1, nonce));
        ASSERT_TRUE(asked) << asked.error().detail;
        ASSERT_EQ(asked->ids().size(), 1U);
        EXPECT_EQ(asked->ids()[0].serial, m_chain.signer.serial());
        EXPECT_EQ(asked->nonce(), nonce);
        EXPECT_TRUE(authority->is_issuer_in(asked->ids()[0]));
        EXPECT_FALSE(OcspAuthority::make(m_chain.root, m_chain.root)->is_issuer_in(asked->ids()[0]));
    }
    EXPECT_EQ(code_of(OcspRequest::from_der(request(EVP_sha224()))), ErrorCode::unsupported);
}

TEST_F(OcspRequestTest, OneToEightCertificates)
{
    EXPECT_EQ(code_of(OcspRequest::from_der(request(EVP_sha1(), 0))), ErrorCode::malformed);
    EXPECT_EQ(OcspRequest::from_der(request(EVP_sha1(), 8))->ids().size(), 8U);
    EXPECT_EQ(code_of(OcspRequest::from_der(request(EVP_sha1(), 9))), ErrorCode::malformed);
}

TEST_F(OcspRequestTest, NoncesAreOfOneTo128Bytes) // RFC 9654 2.1
{
    const auto nonce = [&](ByteView value) {
        return OcspRequest::from_der(with(extensions(2, oids::ocsp_nonce, Critical::no, value)));
    };
    EXPECT_TRUE(nonce(der::octet_string(Bytes(1, 1))));
    EXPECT_TRUE(nonce(der::octet_string(Bytes(128, 1))));
    EXPECT_EQ(code_of(nonce(der::octet_string({}))), ErrorCode::malformed);
    EXPECT_EQ(code_of(nonce(der::octet_string(Bytes(129, 1)))), ErrorCode::malformed);
    EXPECT_EQ(code_of(nonce(Bytes(16, 1))), ErrorCode::malformed);
    EXPECT_EQ(code_of(nonce(concat({der::octet_string(Bytes(16, 1)), Bytes{0}}))), ErrorCode::malformed);
    const auto one = extension(oids::ocsp_nonce, Critical::no, der::octet_string(Bytes(16, 1)));
    EXPECT_EQ(code_of(OcspRequest::from_der(with(der::explicitly(2, der::sequence({one, one}))))),
              ErrorCode::malformed);
}

TEST_F(OcspRequestTest, UnknownExtensionsAreIgnoredUnlessCritical) // RFC 6960 4.4
{
    constexpr std::string_view other = "1.3.6.1.5.5.7.48.1.4"; // acceptable responses
    const auto value = der::sequence({der::oid(oids::ocsp_basic)});
    EXPECT_TRUE(OcspRequest::from_der(with(extensions(2, other, Critical::no, value))));
    EXPECT_EQ(code_of(OcspRequest::from_der(with(extensions(2, other, Critical::yes, value)))),
              ErrorCode::malformed);
    EXPECT_TRUE(OcspRequest::from_der(with({}, extensions(0, other, Critical::no, value))));
    EXPECT_EQ(code_of(OcspRequest::from_der(with({}, extensions(0, other, Critical::yes, value)))),
              ErrorCode::malformed);
}

TEST_F(OcspRequestTest, IsStrict)
{
    const auto good = request(EVP_sha1());
    for (std::size_t size = 0; size < good.size(); ++size)
        EXPECT_FALSE(OcspRequest::from_der(ByteView(good).first(size))) << size;
    EXPECT_EQ(code_of(OcspRequest::from_der(concat({good, Bytes{0}}))), ErrorCode::malformed);
    EXPECT_EQ(code_of(OcspRequest::from_der(Bytes(limits::ocsp_request_size + 1))), ErrorCode::too_large);
    // Version 1 is the default, which DER leaves out; there is no version 2.
    for (const int version : {0, 1})
        EXPECT_EQ(code_of(OcspRequest::from_der(
                      with({}, {}, der::explicitly(0, der::integer(std::uint64_t(version)))))),
                  ErrorCode::malformed)
            << version;
}

TEST_F(OcspRequestTest, CertIdsHaveHashesOfTheirLengthAndAPositiveSerial)
{
    const auto id = [](std::size_t name, std::size_t key, ByteView serial) {
        return CertId::from_der(der::sequence({der::sequence({der::oid(oids::sha1), der::null()}),
                                               der::octet_string(Bytes(name, 1)),
                                               der::octet_string(Bytes(key, 1)), der::tlv(2, serial)}));
    };
    EXPECT_TRUE(id(20, 20, Bytes{1}));
    EXPECT_FALSE(id(19, 20, Bytes{1}));
    EXPECT_FALSE(id(20, 21, Bytes{1}));
    EXPECT_FALSE(id(20, 20, Bytes{0x80}));
    EXPECT_FALSE(id(20, 20, Bytes{0x00, 0x01})); // not the shortest
}

}
}
