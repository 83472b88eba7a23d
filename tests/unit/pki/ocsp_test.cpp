#include "pki/ocsp.h"

#include <gtest/gtest.h>

#include <openssl/ocsp.h>

#include "base/encoding.h"
#include "pki/der.h"
#include "unit/pki/test_pki.h"

namespace qss::pki {
namespace {

using namespace testing;
using std::chrono::hours;
using ResponsePtr = std::unique_ptr<OCSP_RESPONSE, crypto::Deleter<OCSP_RESPONSE_free>>;
using BasicPtr = std::unique_ptr<OCSP_BASICRESP, crypto::Deleter<OCSP_BASICRESP_free>>;
using CertIdPtr = std::unique_ptr<OCSP_CERTID, crypto::Deleter<OCSP_CERTID_free>>;

TEST(OcspTest, ErrorsCarryNoBody)
{
    EXPECT_EQ(hex_encode(encode_ocsp_error(OcspError::try_later)), "30030a0103");
    EXPECT_EQ(hex_encode(encode_ocsp_error(OcspError::malformed_request)), "30030a0101");
}

class OcspResponseTest : public ::testing::Test {
protected:
    OcspResponseTest()
        : m_responder(*make(ProfileId::ocsp_responder,
                            contents(ProfileId::ocsp_responder, m_key.public_key(), &m_chain.issuing,
                                     provider("TEST OCSP responder")),
                            m_chain.issuing_key))
    {
    }

    // What OpenSSL reads: (status, reason), after it verified the signature and the responder's right.
    std::pair<int, int> judge(OcspStatus status)
    {
        const auto authority = OcspAuthority::make(m_chain.issuing, m_responder);
        const auto serial = m_chain.signer.serial();
        const Bytes nonce(32, 5);
        const auto response = sign_ocsp_response(
            {*authority, {{authority->cert_id(serial), status}}, now, now, now + hours(1), nonce}, m_key);
        EXPECT_TRUE(response);
        const auto* cursor = response->data();
        const ResponsePtr parsed(d2i_OCSP_RESPONSE(nullptr, &cursor, static_cast<long>(response->size())));
        const BasicPtr basic(OCSP_response_get1_basic(parsed.get()));
        EXPECT_NE(basic, nullptr);
        X509_STORE* store = X509_STORE_new();
        X509_STORE_add_cert(store, m_chain.root.handle());
        X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store),
                                   static_cast<std::time_t>(to_unix_ms(now) / 1000));
        STACK_OF(X509)* untrusted = sk_X509_new_null();
        sk_X509_push(untrusted, m_chain.issuing.handle());
        EXPECT_EQ(OCSP_basic_verify(basic.get(), untrusted, store, 0), 1) << crypto::openssl_errors();
        sk_X509_free(untrusted);
        X509_STORE_free(store);
        const CertIdPtr id(OCSP_cert_to_id(EVP_sha1(), m_chain.signer.handle(), m_chain.issuing.handle()));
        int code = -1;
        int reason = -1;
        ASN1_GENERALIZEDTIME *revoked = nullptr, *from = nullptr, *until = nullptr;
        EXPECT_EQ(OCSP_resp_find_status(basic.get(), id.get(), &code, &reason, &revoked, &from, &until), 1);
        EXPECT_NE(until, nullptr);
        return {code, reason};
    }

    Chain m_chain;
    crypto::PrivateKey m_key = new_key();
    Certificate m_responder;
};

TEST_F(OcspResponseTest, OpensslReadsWhatWeSay)
{
    EXPECT_EQ(judge(OcspStatus::good()).first, V_OCSP_CERTSTATUS_GOOD);
    const auto revoked = judge(OcspStatus::revoked({now - hours(3), 1}));
    EXPECT_EQ(revoked.first, V_OCSP_CERTSTATUS_REVOKED);
    EXPECT_EQ(revoked.second, OCSP_REVOKED_STATUS_KEYCOMPROMISE);
    EXPECT_EQ(judge(OcspStatus::revoked({now, 0})).second, OCSP_REVOKED_STATUS_NOSTATUS);
    EXPECT_EQ(judge(OcspStatus::unknown()).first, V_OCSP_CERTSTATUS_UNKNOWN);
}

}
}
