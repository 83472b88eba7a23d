// A CA in a directory of its own with a clock that the test holds, and the keys of its officer and SAM.
#pragma once

#include <filesystem>

#include <gtest/gtest.h>

#include <unistd.h>

#include "ca/dispatch.h"
#include "keystore/software/software_key_store.h"

namespace qss::ca::testing {

inline constexpr TimePoint start = std::chrono::sys_days(std::chrono::year(2026) / 11 / 24);

inline std::string view(const Bytes& bytes)
{
    return to_string(ByteView(bytes));
}

class CaTest : public ::testing::Test {
protected:
    CaTest()
    {
        char pattern[] = "/tmp/qss-ca-XXXXXX";
        m_directory = ::mkdtemp(pattern);
        open();
    }
    ~CaTest() override
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
        auto database = open_record(record_path());
        ASSERT_TRUE(database);
        m_writer.emplace(std::move(*database));
        auto service =
            Service::open({*m_writer, *m_keys, m_clock, m_random, [this](Mode mode) { return check(mode); }});
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
    [[nodiscard]] std::string record_path() const { return m_directory + "/record.db"; }

    Status check(Mode mode) const
    {
        if (mode == Mode::production && !m_may_be_production)
            return fail(ErrorCode::forbidden, "shares its uid");
        return {};
    }

    proto::ca::InitialiseRequest initialise_request(bool sandbox = true) const
    {
        proto::ca::InitialiseRequest request;
        request.set_sandbox(sandbox);
        request.set_country("LV");
        request.set_organisation("SIA Uzticama");
        request.set_organisation_identifier("NTRLV-40003000000");
        request.set_own_policy_oid(sandbox ? "" : "1.3.6.1.4.1.99999.1");
        for (const auto* officer : {&m_officer, &m_second_officer}) {
            auto* entry = request.add_officers();
            entry->set_name("Officer");
            entry->set_spki(view(officer->public_key().spki()));
        }
        request.set_sam_evidence_spki(view(m_evidence.public_key().spki()));
        request.set_ocsp_spki(view(m_ocsp.public_key().spki()));
        if (sandbox)
            request.add_server_names("qss-sandbox.com");
        return request;
    }
    void initialise(bool sandbox = true)
    {
        const auto reply = m_service->initialise(initialise_request(sandbox));
        ASSERT_TRUE(reply) << reply.error().detail;
    }

    statements::RegistrationStatement statement(const SignerId& signer, std::uint64_t sequence = 1)
    {
        return {StatementId::generate(m_random),
                signer,
                EnterpriseId::generate(m_random),
                sequence,
                "SIA Paraugs",
                "LV",
                "anna@example.com",
                "+37120000000",
                "Anna",
                "Bērziņa",
                "PNOLV-010180-12345",
                new_spki(),
                start};
    }
    statements::KeyAttestation attestation(const statements::RegistrationStatement& of, const Bytes& spki)
    {
        return {KeyId::generate(m_random),
                of.signer_id,
                PackId::generate(m_random),
                spki,
                crypto::sha256(of.encode()),
                nonce(),
                "software",
                true,
                start};
    }
    Bytes nonce()
    {
        const auto reply = m_service->get_nonce({});
        return reply ? to_bytes(as_bytes(reply->nonce())) : Bytes{};
    }
    static proto::ca::IssueIdentityRequest request(Bytes attestation_encoding,
                                                   const crypto::PrivateKey& evidence,
                                                   Bytes statement_encoding,
                                                   const crypto::PrivateKey& officer)
    {
        proto::ca::IssueIdentityRequest request;
        request.set_key_attestation(
            view(statements::sign_statement(std::move(attestation_encoding), evidence)->encode()));
        request.set_registration_statement(
            view(statements::sign_statement(std::move(statement_encoding), officer)->encode()));
        return request;
    }
    proto::ca::IssueIdentityRequest request(const statements::KeyAttestation& attestation,
                                            const statements::RegistrationStatement& statement) const
    {
        return request(attestation.encode(), m_evidence, statement.encode(), m_officer);
    }
    SignerId new_signer() { return SignerId::generate(m_random); }
    static Bytes new_spki(crypto::KeyType type = crypto::KeyType::p256)
    {
        return crypto::PrivateKey::generate(type)->public_key().spki();
    }
    // A certificate for a new signer, or the error.
    Result<pki::Certificate> issue(const proto::ca::IssueIdentityRequest& request)
    {
        TRY_ASSIGN(reply, m_service->issue_identity(request));
        return pki::Certificate::from_der(as_bytes(reply.certificate()));
    }
    Result<pki::Certificate> issue_new()
    {
        const auto who = statement(new_signer());
        return issue(request(attestation(who, new_spki()), who));
    }

    SystemRandom m_random;
    FakeClock m_clock{start};
    bool m_may_be_production = false;
    std::string m_directory;
    crypto::PrivateKey m_officer = std::move(*crypto::PrivateKey::generate(crypto::KeyType::p256));
    crypto::PrivateKey m_second_officer = std::move(*crypto::PrivateKey::generate(crypto::KeyType::p256));
    crypto::PrivateKey m_evidence = std::move(*crypto::PrivateKey::generate(crypto::KeyType::p256));
    crypto::PrivateKey m_ocsp = std::move(*crypto::PrivateKey::generate(crypto::KeyType::p256));
    std::unique_ptr<keystore::KeyStore> m_keys;
    std::optional<sqlite::Writer> m_writer;
    std::unique_ptr<Service> m_service;
};

// The code of a refusal; nothing when it was not refused.
template <class T>
std::optional<ErrorCode> refusal(const Result<T>& result)
{
    return result ? std::nullopt : std::optional(result.error().code);
}

}
