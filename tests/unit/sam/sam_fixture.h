// A whole SAM in a temporary directory with a fake clock, its ceremony done, and the people around it:
// an officer, phones, a CA. Real cryptography throughout.
#pragma once

#include <atomic>
#include <filesystem>
#include <map>
#include <mutex>

#include <gtest/gtest.h>
#include <stdlib.h>

#include "keystore/software/software_key_store.h"
#include "pki/certificate_builder.h"
#include "sam/sam.h"
#include "sap/display_record.h"
#include "statements/registration.h"
#include "webauthn/software_credential.h"

namespace qss::sam::test {

inline constexpr std::string_view origin = "https://approve.example.com";
inline constexpr std::uint32_t revocations_per_hour = 3;
inline constexpr std::string_view rp_id = "example.com";

#define EXPECT_CODE(result, expected)                                                                        \
    do {                                                                                                     \
        const auto& qss_outcome = (result);                                                                  \
        ASSERT_FALSE(qss_outcome) << "succeeded";                                                            \
        EXPECT_EQ(qss_outcome.error().code, ErrorCode::expected) << qss_outcome.error().detail;              \
    } while (false)

template <class T>
T must(Result<T> result)
{
    if (!result)
        ADD_FAILURE() << result.error().detail;
    return std::move(result).value();
}

// One software key store for all tests of the program (scrypt and RSA keys take long), seen through a
// decorator of each test, which can be told to fail or to let something happen while it signs.
class SharedKeyStore {
public:
    static keystore::SoftwareKeyStore& get()
    {
        static SharedKeyStore shared;
        return *shared.m_store;
    }

private:
    SharedKeyStore()
    {
        char pattern[] = "/tmp/qss-sam-keys-XXXXXX";
        m_directory = ::mkdtemp(pattern);
        m_store = must(keystore::SoftwareKeyStore::open_or_create(
            m_directory, Secret(to_bytes("a passphrase")), m_random));
    }
    ~SharedKeyStore() { std::filesystem::remove_all(m_directory); }
    SystemRandom m_random;
    std::string m_directory;
    std::unique_ptr<keystore::SoftwareKeyStore> m_store;
};

struct KeyStoreHooks {
    std::function<void()> before_load; // of any key
    Bytes broken_spki;                 // of a key that can not be loaded
    std::optional<std::size_t> faulty; // which of a session's signatures comes out wrong
    std::vector<Bytes> destroyed;
    std::atomic<bool> no_rsa{false}; // read by the pool's thread
};

// As a processor that slips once.
class FaultySigner final : public crypto::Signer {
public:
    FaultySigner(std::shared_ptr<const crypto::Signer> key, std::size_t faulty)
        : m_key(std::move(key)), m_faulty(faulty)
    {
    }
    [[nodiscard]] const crypto::PublicKey& public_key() const override { return m_key->public_key(); }
    Result<std::vector<Bytes>> sign_each(crypto::SignatureAlgorithm algorithm,
                                         std::span<const crypto::Digest> digests) const override
    {
        TRY_ASSIGN(signatures, m_key->sign_each(algorithm, digests));
        signatures.at(m_faulty).back() ^= 1;
        return signatures;
    }

private:
    std::shared_ptr<const crypto::Signer> m_key;
    std::size_t m_faulty;
};

class TestKeyStore final : public keystore::KeyStore {
public:
    explicit TestKeyStore(KeyStoreHooks& hooks) : m_hooks(hooks) {}
    [[nodiscard]] std::string_view kind() const override { return "software"; }
    Result<keystore::GeneratedKey> generate(crypto::KeyType type, const std::stop_token&) override
    {
        if (!crypto::is_rsa(type))
            return SharedKeyStore::get().generate(type);
        if (m_hooks.no_rsa || type == crypto::KeyType::rsa4096)
            return fail(ErrorCode::unavailable, "no such keys in this test");
        static std::mutex mutex;
        static std::map<crypto::KeyType, keystore::GeneratedKey> made;
        const std::lock_guard lock(mutex);
        if (!made.contains(type))
            made.emplace(type, must(SharedKeyStore::get().generate(type)));
        return made.at(type);
    }
    Result<std::shared_ptr<const crypto::Signer>> load(ByteView blob, ByteView spki) override
    {
        if (m_hooks.before_load)
            m_hooks.before_load();
        if (equal_public(spki, m_hooks.broken_spki))
            return fail(ErrorCode::io, "the key store failed");
        auto loaded = SharedKeyStore::get().load(blob, spki);
        if (!loaded || !m_hooks.faulty)
            return loaded;
        return std::make_shared<FaultySigner>(std::move(*loaded), *std::exchange(m_hooks.faulty, {}));
    }
    void destroy(ByteView blob) override
    {
        m_hooks.destroyed.push_back(to_bytes(blob));
        SharedKeyStore::get().destroy(blob);
    }
    Bytes seal(std::string_view label, ByteView record) override
    {
        return SharedKeyStore::get().seal(label, record);
    }

private:
    KeyStoreHooks& m_hooks;
};

// Root, issuing CA, evidence and officer certificates.
class TestPki {
public:
    explicit TestPki(TimePoint now) : m_now(now)
    {
        root = must(
            issue(pki::ProfileId::root, {{pki::oids::common_name, "Root"}}, root_key, root_key, nullptr));
        issuing = must(issue(pki::ProfileId::issuing_ca, {{pki::oids::common_name, "Issuing"}}, issuing_key,
                             root_key, &*root));
        officer = must(issue(pki::ProfileId::officer, {{pki::oids::common_name, "Officer"}}, officer_key,
                             root_key, &*root));
        second_officer = must(issue(pki::ProfileId::officer, {{pki::oids::common_name, "Second officer"}},
                                    second_officer_key, root_key, &*root));
    }

    Result<pki::Certificate> issue(pki::ProfileId id, const pki::Name& subject, ByteView spki,
                                   const crypto::Signer& issuer_key, const pki::Certificate* issuer,
                                   std::chrono::days lifetime = std::chrono::days(80))
    {
        pki::CertificateContents contents;
        contents.serial = pki::random_serial(m_random);
        contents.subject = subject;
        contents.spki = to_bytes(spki);
        contents.not_before = m_now - std::chrono::hours(1);
        contents.not_after = m_now + lifetime;
        if (issuer != nullptr) {
            contents.issuer = issuer->subject_der();
            contents.authority_key_id = issuer->subject_key_id();
        }
        contents.own_policy = "1.3.6.1.4.1.99999.1";
        contents.crl_url = "http://pki.example.com/crl";
        contents.ca_issuers_url = "http://pki.example.com/ca";
        contents.ocsp_url = "http://pki.example.com/ocsp";
        contents.pds_url = "https://pki.example.com/pds";
        TRY_ASSIGN(tbs,
                   pki::encode_tbs_certificate(pki::profile(id), contents, issuer_key.public_key().type()));
        return pki::sign_certificate(tbs, issuer_key);
    }
    Result<pki::Certificate> issue(pki::ProfileId id, const pki::Name& subject, const crypto::PrivateKey& key,
                                   const crypto::Signer& issuer_key, const pki::Certificate* issuer)
    {
        return issue(id, subject, key.public_key().spki(), issuer_key, issuer);
    }

    crypto::PrivateKey root_key = must(crypto::PrivateKey::generate(crypto::KeyType::p256));
    crypto::PrivateKey issuing_key = must(crypto::PrivateKey::generate(crypto::KeyType::p256));
    crypto::PrivateKey officer_key = must(crypto::PrivateKey::generate(crypto::KeyType::p256));
    crypto::PrivateKey second_officer_key = must(crypto::PrivateKey::generate(crypto::KeyType::p256));
    std::optional<pki::Certificate> root;
    std::optional<pki::Certificate> issuing;
    std::optional<pki::Certificate> officer;
    std::optional<pki::Certificate> second_officer;

private:
    SystemRandom m_random;
    TimePoint m_now;
};

// An authenticator with its user.
struct Phone {
    crypto::PrivateKey key = must(crypto::PrivateKey::generate(crypto::KeyType::p256));
    Bytes credential_id = SystemRandom().bytes(32);
    std::uint32_t count = 0;

    [[nodiscard]] webauthn::SoftwareCredential credential() const
    {
        return {credential_id, std::string(rp_id), std::string(origin), key};
    }
    proto::sam::Assertion sign(ByteView challenge)
    {
        const auto made = must(webauthn::make_assertion(credential(), challenge, ++count));
        proto::sam::Assertion message;
        message.set_credential_id(to_string(made.credential_id));
        message.set_authenticator_data(to_string(made.authenticator_data));
        message.set_client_data_json(to_string(made.client_data_json));
        message.set_signature(to_string(made.signature));
        return message;
    }
};

struct Bound {
    AuthenticatorId id;
    Bytes link_record;
};

struct Identity {
    SignerId signer_id;
    PackId pack_id;
    KeyId key_id;
    pki::Certificate certificate;
};

class SamTest : public testing::Test {
protected:
    SamTest()
    {
        char pattern[] = "/tmp/qss-sam-XXXXXX";
        options.directory = ::mkdtemp(pattern);
        options.sandbox = true;
        open();
        ceremony();
    }
    ~SamTest() override
    {
        sam.reset();
        std::filesystem::remove_all(options.directory);
    }

    void open() { sam = must(Sam::open(context, std::make_unique<TestKeyStore>(hooks))); }
    void close() { sam.reset(); }
    void reopen()
    {
        close();
        open();
    }
    [[nodiscard]] std::string record_path() const { return options.directory + "/record.db"; }

    proto::sam::InitialiseRequest initialise_request() const
    {
        proto::sam::InitialiseRequest request;
        request.set_sandbox(true);
        request.set_rp_id(std::string(rp_id));
        request.add_origins(std::string(origin));
        for (const auto* key : {&pki.officer_key, &pki.second_officer_key}) {
            auto* officer = request.add_officers();
            officer->set_name("Officer");
            officer->set_spki(to_string(key->public_key().spki()));
        }
        request.set_revocations_per_hour(revocations_per_hour);
        request.set_rsa_3072_pool(1);
        request.set_rsa_4096_pool(1);
        return request;
    }
    void ceremony()
    {
        const auto reply = must(sam->initialise(initialise_request()));
        evidence_spki = to_bytes(reply.evidence_spki());
        const auto evidence = must(pki.issue(pki::ProfileId::sam_evidence, {{pki::oids::common_name, "SAM"}},
                                             evidence_spki, pki.root_key, &*pki.root));
        proto::sam::CompleteRequest complete;
        complete.set_evidence_certificate(to_string(evidence.der()));
        complete.set_issuing_ca_certificate(to_string(pki.issuing->der()));
        complete.set_root_certificate(to_string(pki.root->der()));
        complete.add_officer_certificates(to_string(pki.officer->der()));
        complete.add_officer_certificates(to_string(pki.second_officer->der()));
        must(sam->complete(complete));
        EXPECT_EQ(sam->state(), role::State::READY);
    }

    statements::RegistrationStatement statement(const SignerId& signer, std::uint64_t sequence = 1)
    {
        // The invitation of the newest statement is the one that the signer holds.
        auto& key =
            enrolment_keys.insert_or_assign(signer, must(crypto::PrivateKey::generate(crypto::KeyType::p256)))
                .first->second;
        return {StatementId::generate(random),
                signer,
                enterprise,
                sequence,
                "Example SIA",
                "LV",
                "jana@example.com",
                "+37120000000",
                "Jana",
                "Paraudzina",
                "",
                key.public_key().spki(),
                clock.now()};
    }
    Result<proto::sam::RegisterSignerReply> submit(const statements::RegistrationStatement& one)
    {
        return submit_signed(must(statements::sign_statement(one.encode(), pki.officer_key)).encode());
    }
    Result<proto::sam::RegisterSignerReply> submit_signed(ByteView transport)
    {
        proto::sam::RegisterSignerRequest request;
        request.set_registration_statement(to_string(transport));
        return sam->signers().register_signer(request);
    }

    Result<proto::sam::BeginBindingReply> begin(const SignerId& signer)
    {
        proto::sam::BeginBindingRequest request;
        request.set_signer_id(to_string(signer.bytes()));
        return sam->authenticators().begin_binding(request);
    }
    proto::sam::BindRequest bind_request(const SignerId& signer, const std::string& challenge,
                                         const Phone& phone)
    {
        const auto made = must(webauthn::make_registration(phone.credential(), as_bytes(challenge)));
        proto::sam::BindRequest request;
        request.set_signer_id(to_string(signer.bytes()));
        request.set_challenge(challenge);
        request.set_attestation_object(to_string(made.attestation_object));
        request.set_client_data_json(to_string(made.client_data_json));
        if (enrolment_keys.contains(signer))
            request.set_enrolment_signature(enrolment_signature(enrolment_keys.at(signer), signer, challenge,
                                                                phone.key.public_key().spki()));
        return request;
    }
    static std::string enrolment_signature(const crypto::PrivateKey& key, const SignerId& signer,
                                           const std::string& challenge, ByteView spki,
                                           std::string_view for_rp_id = rp_id)
    {
        return sign(key, sap::enrolment_message(signer, as_bytes(challenge), spki, for_rp_id));
    }
    static std::string sign(const crypto::PrivateKey& key, ByteView message)
    {
        return to_string(must(key.sign(crypto::SignatureAlgorithm::ecdsa_sha256,
                                       crypto::Digest::of(crypto::HashAlgorithm::sha256, message))));
    }
    Result<Bound> bind(const SignerId& signer, const Phone& phone, Phone* approver = nullptr)
    {
        TRY_ASSIGN(begun, begin(signer));
        auto request = bind_request(signer, begun.challenge(), phone);
        if (approver != nullptr)
            *request.mutable_approval() = approver->sign(sap::addition_challenge(
                signer, as_bytes(begun.challenge()), phone.key.public_key().spki(), rp_id));
        TRY_ASSIGN(reply, sam->authenticators().bind(request));
        TRY_ASSIGN(id, AuthenticatorId::from_bytes(as_bytes(reply.authenticator_id())));
        return Bound{id, to_bytes(reply.link_record())};
    }
    Result<proto::sam::RemoveAuthenticatorReply> remove(const SignerId& signer, const AuthenticatorId& id)
    {
        proto::sam::RemoveAuthenticatorRequest request;
        request.set_signer_id(to_string(signer.bytes()));
        request.set_authenticator_id(to_string(id.bytes()));
        return sam->authenticators().remove(request);
    }
    // A registered signer with one phone bound.
    SignerId enrol(const Phone& phone)
    {
        const auto signer = SignerId::generate(random);
        must(submit(statement(signer)));
        bound.push_back(must(bind(signer, phone)));
        return signer;
    }

    Result<proto::sam::MakeKeyReply> make_key(const SignerId& signer, const PackId& pack,
                                              const std::string& type)
    {
        proto::sam::MakeKeyRequest request;
        request.set_signer_id(to_string(signer.bytes()));
        request.set_pack_id(to_string(pack.bytes()));
        request.set_key_type(type);
        return sam->keys().make(request);
    }
    pki::Name subject(const std::string& given_name = "Jana") const
    {
        return {{pki::oids::country, "LV"},
                {pki::oids::common_name, given_name + " Paraudzina"},
                {pki::oids::surname, "Paraudzina"},
                {pki::oids::given_name, given_name},
                {pki::oids::serial_number, "1234"}};
    }
    Status link(const KeyId& key, const pki::Certificate& certificate)
    {
        proto::sam::LinkCertificateRequest request;
        request.set_key_id(to_string(key.bytes()));
        request.set_certificate(to_string(certificate.der()));
        TRY(sam->keys().link(request));
        return {};
    }
    Identity identity(const SignerId& signer, const std::string& type = "P-256")
    {
        const auto pack = PackId::generate(random);
        const auto made = must(make_key(signer, pack, type));
        const auto key = must(KeyId::from_bytes(as_bytes(made.key_id())));
        auto certificate = must(pki.issue(pki::ProfileId::natural_person_esign, subject(),
                                          as_bytes(made.spki()), pki.issuing_key, &*pki.issuing));
        EXPECT_TRUE(link(key, certificate));
        return {signer, pack, key, std::move(certificate)};
    }
    Result<proto::sam::RevokeKeyReply> revoke(const KeyId& key)
    {
        proto::sam::RevokeKeyRequest request;
        request.set_key_id(to_string(key.bytes()));
        request.set_reason(1);
        return sam->keys().revoke(request);
    }

    sap::DisplayRecord display() const { return {"Example SIA", "Contracts", "Archive", "en", "1", {}}; }
    proto::sam::OpenSessionRequest open_request(const Identity& identity, int digests = 1,
                                                std::string algorithm = "ECDSA-SHA256")
    {
        proto::sam::OpenSessionRequest request;
        request.set_signer_id(to_string(identity.signer_id.bytes()));
        request.set_key_id(to_string(identity.key_id.bytes()));
        request.set_certificate_sha256(to_string(identity.certificate.sha256()));
        request.set_signature_algorithm(std::move(algorithm));
        for (int i = 0; i < digests; ++i)
            request.add_digests(to_string(crypto::sha256(as_bytes("document " + std::to_string(i)))));
        request.set_display_record(to_string(display().encode()));
        return request;
    }
    // What the phone computes by itself from what it was shown.
    static sap::ChallengeInput input_of(const proto::sam::OpenSessionRequest& request,
                                        const proto::sam::OpenSessionReply& reply)
    {
        const auto algorithm = must(crypto::signature_algorithm_from_string(request.signature_algorithm()));
        std::vector<crypto::Digest> digests;
        for (const auto& digest : request.digests())
            digests.push_back(must(crypto::Digest::from_bytes(crypto::hash_of(algorithm), as_bytes(digest))));
        return {must(SessionId::from_bytes(as_bytes(reply.session_id()))),
                to_bytes(reply.nonce()),
                from_unix_ms(reply.expires_at_unix_ms()),
                must(SignerId::from_bytes(as_bytes(request.signer_id()))),
                must(KeyId::from_bytes(as_bytes(request.key_id()))),
                to_bytes(request.certificate_sha256()),
                algorithm,
                digests,
                crypto::sha256(as_bytes(request.display_record())),
                std::string(rp_id)};
    }
    sap::ChallengeInput open_session(const Identity& identity, int digests = 1,
                                     std::string algorithm = "ECDSA-SHA256")
    {
        const auto request = open_request(identity, digests, std::move(algorithm));
        return input_of(request, must(sam->sessions().open(request)));
    }
    Result<proto::sam::SessionResult> activate(const SessionId& id, const proto::sam::Assertion* assertion)
    {
        proto::sam::ActivateRequest request;
        request.set_session_id(to_string(id.bytes()));
        if (assertion != nullptr)
            *request.mutable_assertion() = *assertion;
        TRY_ASSIGN(reply, sam->sessions().activate(request));
        return reply.result();
    }
    Result<proto::sam::SessionResult> approve(const sap::ChallengeInput& input, Phone& phone)
    {
        const auto assertion = phone.sign(input.challenge());
        return activate(input.session_id, &assertion);
    }
    Result<proto::sam::SessionResult> stored_result(const SessionId& id) { return activate(id, nullptr); }

    FakeClock clock{from_unix_ms(1'795'000'000'000)}; // 2026-11-18
    SystemRandom random;
    role::Options options;
    role::Context context{options, role::Isolation::shared, Secret(), clock, random};
    KeyStoreHooks hooks;
    TestPki pki{clock.now()};
    EnterpriseId enterprise = EnterpriseId::generate(random);
    Bytes evidence_spki;
    std::vector<Bound> bound;
    std::map<SignerId, crypto::PrivateKey> enrolment_keys;
    std::unique_ptr<Sam> sam;
};

}
