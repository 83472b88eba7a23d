// A responder in a directory of its own, with authorities whose keys are in our hands.
#pragma once

#include <filesystem>
#include <optional>

#include <gtest/gtest.h>

#include <openssl/ocsp.h>
#include <unistd.h>

#include "base/encoding.h"
#include "keystore/software/software_key_store.h"
#include "ocsp/dispatch.h"
#include "ocsp/service.h"
#include "unit/pki/test_pki.h"

namespace qss::ocsp {

using namespace std::chrono_literals;
using pki::testing::now;
using enum ErrorCode;

inline constexpr int said_good = V_OCSP_CERTSTATUS_GOOD;
inline constexpr int said_unknown = V_OCSP_CERTSTATUS_UNKNOWN;
inline constexpr int said_revoked = V_OCSP_CERTSTATUS_REVOKED;
inline constexpr int said_try_later = -OCSP_RESPONSE_STATUS_TRYLATER;
inline constexpr int said_unauthorized = -OCSP_RESPONSE_STATUS_UNAUTHORIZED;
inline constexpr int said_malformed = -OCSP_RESPONSE_STATUS_MALFORMEDREQUEST;

inline std::string view(const Bytes& bytes)
{
    return to_string(ByteView(bytes));
}

template <class T>
std::optional<ErrorCode> refusal(const Result<T>& result)
{
    return result ? std::nullopt : std::optional(result.error().code);
}

inline std::optional<ErrorCode> refusal_of(const Status& status)
{
    return status ? std::nullopt : std::optional(status.error().code);
}

class OcspServiceTest : public ::testing::Test {
protected:
    OcspServiceTest()
    {
        char pattern[] = "/tmp/qss-ocsp-XXXXXX";
        m_directory = ::mkdtemp(pattern);
        open();
    }
    ~OcspServiceTest() override
    {
        close();
        std::filesystem::remove_all(m_directory);
    }
    void open()
    {
        auto keys =
            keystore::SoftwareKeyStore::open_or_create(m_directory, Secret(to_bytes("passphrase")), m_random);
        ASSERT_TRUE(keys);
        m_keys = std::move(*keys);
        auto database = open_record(m_directory + "/record.db");
        ASSERT_TRUE(database);
        m_writer.emplace(std::move(*database));
        auto service = Service::open({*m_writer, *m_keys, m_clock, [](role::Mode) { return Status(); }});
        ASSERT_TRUE(service) << service.error().detail;
        m_service = std::move(*service);
    }
    void close()
    {
        m_service.reset();
        m_writer.reset();
        m_keys.reset();
    }
    void reopen()
    {
        close();
        open();
    }

    pki::Certificate responder(const pki::Certificate& issuer, const crypto::PrivateKey& issuer_key,
                               const Bytes& spki, pki::ProfileId id = pki::ProfileId::ocsp_responder)
    {
        const auto key = crypto::PublicKey::from_spki(spki);
        auto contents = pki::testing::contents(id, *key, &issuer, pki::testing::provider("TEST OCSP"));
        return std::move(*pki::testing::make(id, contents, issuer_key));
    }
    Result<proto::ocsp::CompleteReply> complete(const pki::Certificate& for_issuing,
                                                const pki::Certificate& for_root)
    {
        proto::ocsp::CompleteRequest request;
        for (const auto& [issuer, certificate] :
             {std::pair(&m_chain.issuing, &for_issuing), std::pair(&m_chain.root, &for_root)}) {
            auto* authority = request.add_authorities();
            authority->set_issuer_certificate(view(issuer->der()));
            authority->set_responder_certificate(view(certificate->der()));
        }
        return m_service->complete(request);
    }
    void make_ready()
    {
        const auto reply = m_service->initialise({});
        ASSERT_TRUE(reply);
        m_spki = to_bytes(as_bytes(reply->spki()));
        ASSERT_TRUE(complete(responder(m_chain.issuing, m_chain.issuing_key, m_spki),
                             responder(m_chain.root, m_chain.root_key, m_spki)));
    }
    Status update(std::uint64_t number, TimePoint at, std::vector<pki::RevokedEntry> revoked = {})
    {
        TRY_ASSIGN(tbs, pki::encode_tbs_crl(m_chain.issuing, {number, at, at + 24h, std::move(revoked)}));
        TRY_ASSIGN(crl, pki::sign_crl(tbs, m_chain.issuing_key));
        return update(crl.der());
    }
    Status update(const Bytes& crl)
    {
        proto::ocsp::UpdateCrlRequest request;
        request.set_crl(view(crl));
        TRY(m_service->update_crl(request));
        return {};
    }
    // Certificate status, or minus the response status.
    int said(const pki::Certificate& certificate, const Bytes& nonce = {})
    {
        proto::ocsp::RespondRequest request;
        request.add_singles()->set_certificate(view(certificate.der()));
        request.set_nonce(view(nonce));
        return said(request);
    }
    int said(const proto::ocsp::RespondRequest& request)
    {
        const auto reply = m_service->respond(request);
        if (!reply)
            return -1000;
        const auto der = as_bytes(reply->response());
        const auto* cursor = der.data();
        const std::unique_ptr<OCSP_RESPONSE, crypto::Deleter<OCSP_RESPONSE_free>> response(
            d2i_OCSP_RESPONSE(nullptr, &cursor, static_cast<long>(der.size())));
        if (OCSP_response_status(response.get()) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
            return -OCSP_response_status(response.get());
        const std::unique_ptr<OCSP_BASICRESP, crypto::Deleter<OCSP_BASICRESP_free>> basic(
            OCSP_response_get1_basic(response.get()));
        return OCSP_single_get0_status(OCSP_resp_get0(basic.get(), 0), nullptr, nullptr, nullptr, nullptr);
    }

    // As a relying party asks: by hashes of the issuer, and serial number.
    static Bytes cert_id(const pki::Certificate& issuer, ByteView serial)
    {
        return pki::OcspAuthority::make(issuer, issuer)->cert_id(serial);
    }
    Status update_root(TimePoint at, TimePoint next)
    {
        TRY_ASSIGN(tbs, pki::encode_tbs_crl(m_chain.root, {1, at, next, {}}));
        TRY_ASSIGN(crl, pki::sign_crl(tbs, m_chain.root_key));
        return update(crl.der());
    }

    SystemRandom m_random;
    FakeClock m_clock{now};
    pki::testing::Chain m_chain;
    std::string m_directory;
    Bytes m_spki;
    std::unique_ptr<keystore::KeyStore> m_keys;
    std::optional<sqlite::Writer> m_writer;
    std::unique_ptr<Service> m_service;
};

}
