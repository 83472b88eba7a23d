// A store with one tenant, one enrolled user and a live identity, and the signing use case on a FakeSam.
#pragma once

#include <filesystem>
#include <future>

#include <gtest/gtest.h>
#include <unistd.h>

#include "sap/challenge.h"
#include "service/signing.h"
#include "store/identities.h"
#include "store/phones.h"
#include "store/quota.h"
#include "store/sessions.h"
#include "store/tenants.h"
#include "store/users.h"
#include "unit/service/fake_sam.h"
#include "webauthn/software_credential.h"

namespace qss::service {

class SigningBed : public testing::Test {
protected:
    static constexpr auto start = TimePoint(Milliseconds(1'800'000'000'000));
    static constexpr std::string_view rp_id = "approve.example.com";

    SigningBed()
        : m_clock(start), m_sam(m_clock), m_client(m_sam),
          m_key(*crypto::PrivateKey::generate(crypto::KeyType::p256))
    {
        char pattern[] = "/tmp/qss-signing-XXXXXX";
        m_directory = ::mkdtemp(pattern);
        m_store = std::move(*store::Store::open({.path = (m_directory / "main.db").string()}));
        m_pool.emplace(1U, std::size_t{1000});
        seed();
        restart();
    }

    ~SigningBed() override
    {
        m_signing->stop();
        m_pool->stop();
        std::filesystem::remove_all(m_directory);
    }

    // As if qss-api had been killed and started again: all that was in memory is gone.
    void restart()
    {
        flush();
        m_signing.emplace(Signing::Parts{*m_store, m_client, *m_pool, m_no_crash, m_clock},
                          Signing::Settings{.rp_id = std::string(rp_id),
                                            .origins = {"https://approve.example.com"},
                                            .default_lifetime = Milliseconds(120'000),
                                            .attach_grace = Milliseconds(10'000),
                                            .waiting_limit = 100,
                                            .result_grace = m_result_grace});
    }

    void flush() // everything that was posted has run
    {
        std::promise<void> done;
        ASSERT_TRUE(m_pool->post([&done] { done.set_value(); }));
        done.get_future().wait();
    }

    void seed()
    {
        const auto written = m_store->write([this](sqlite::Database& db) -> Status {
            store::Tenants tenants(db);
            TRY(tenants.add(m_application.enterprise));
            TRY(tenants.add(m_application.pack));
            TRY(tenants.add(m_application.credential));
            TRY(store::UserTable(db).add(m_user));
            store::Phones phones(db);
            TRY(phones.add(store::Device{
                m_phone.device_id, m_user.id, "phone", {1}, store::DeviceStatus::active, start}));
            TRY(phones.add(store::Authenticator{AuthenticatorId::generate(m_random),
                                                m_user.id,
                                                m_phone.device_id,
                                                to_bytes("credential"),
                                                m_key.public_key().spki(),
                                                {1}}));
            return store::IdentityTable(db).add(store::Identity{.key_id = m_key_id,
                                                                .user_id = m_user.id,
                                                                .pack_id = m_application.pack.id,
                                                                .status = store::IdentityStatus::live,
                                                                .spki = {1},
                                                                .key_attestation = {1},
                                                                .registration_statement = {1},
                                                                .certificate = {1},
                                                                .certificate_sha256 = Bytes(32, 7),
                                                                .serial = {1},
                                                                .not_after = start + std::chrono::hours(1000),
                                                                .created_at = start});
        });
        ASSERT_TRUE(written) << written.error().detail;
    }

    static SignRequest request(std::string_view text, std::size_t count = 1)
    {
        SignRequest out;
        out.email = "Ann@Example.com";
        for (std::size_t i = 0; i < count; ++i)
            out.digests.push_back(crypto::Digest::of(crypto::HashAlgorithm::sha256,
                                                     as_bytes(std::string(text) + std::to_string(i))));
        return out;
    }

    store::Session session(const SessionId& id)
    {
        return **m_store->read([&](sqlite::Database& db) { return store::Sessions(db).by_id(id); });
    }
    std::int64_t used()
    {
        return *m_store->read([&](sqlite::Database& db) {
            return store::Quota(db, store::Counted::signatures).used(m_application.pack.id);
        });
    }

    // The session's audit entries, in order, each with a blank behind it.
    std::string audited(const SessionId& id)
    {
        std::string actions;
        const auto read = m_store->read([&](sqlite::Database& db) -> Status {
            auto query = db.prepare("SELECT action FROM audit WHERE object = ? ORDER BY id");
            query.bind("session:" + id.text());
            for (;;) {
                TRY_ASSIGN(found, query.step());
                if (!found)
                    return {};
                actions += query.text(0) + " ";
            }
        });
        EXPECT_TRUE(read);
        return actions;
    }

    // What the phone does: it computes the challenge itself, from what it is shown.
    store::StoredAssertion assertion_for(const store::Session& shown,
                                         std::uint8_t flags = webauthn::flags_of_a_gesture)
    {
        const sap::ChallengeInput input{shown.id,
                                        shown.nonce,
                                        shown.expires_at,
                                        shown.signer_id,
                                        shown.key_id,
                                        shown.certificate_sha256,
                                        shown.signature_algorithm,
                                        shown.digests,
                                        crypto::sha256(shown.display_record),
                                        std::string(rp_id)};
        const webauthn::SoftwareCredential credential{to_bytes("credential"), std::string(rp_id),
                                                      "https://approve.example.com", m_key};
        auto made = *webauthn::make_assertion(credential, input.challenge(), 1, flags);
        return {made.credential_id, made.authenticator_data, made.client_data_json, made.signature};
    }

    SessionId begin(const SignRequest& what)
    {
        const auto ticket = m_signing->begin(m_application, what);
        EXPECT_TRUE(ticket) << ticket.error().detail;
        return ticket->session_id;
    }
    Status approve(const SessionId& id)
    {
        return m_signing->approve(m_phone, id, assertion_for(session(id)));
    }

    struct Answer {
        int count = 0;
        Result<Signed> outcome = fail(ErrorCode::internal, "not called");
    };
    std::shared_ptr<Answer> wait(const SessionId& id, std::function<bool()> gone = {})
    {
        auto answer = std::make_shared<Answer>();
        m_signing->wait(id, std::move(gone), [answer](Result<Signed> outcome) {
            ++answer->count;
            answer->outcome = std::move(outcome);
        });
        return answer;
    }
    void sweep_after(Milliseconds by)
    {
        m_clock.advance(by);
        m_signing->sweep(m_clock.now());
        flush();
    }

    SystemRandom m_random;
    FakeClock m_clock;
    FakeSam m_sam;
    SamClient m_client;
    CrashPoints m_no_crash;
    Milliseconds m_result_grace{60'000};
    crypto::PrivateKey m_key;
    std::filesystem::path m_directory;
    std::unique_ptr<store::Store> m_store;
    std::optional<WorkerPool> m_pool;
    std::optional<Signing> m_signing;

    const KeyId m_key_id = KeyId::generate(m_random);
    Application m_application = make_application();
    store::User m_user{UserId::generate(m_random),
                       m_application.enterprise.id,
                       m_application.pack.id,
                       SignerId::generate(m_random),
                       "ann@example.com",
                       "+37120000000",
                       "Ann",
                       "Liepa",
                       "",
                       store::UserStatus::approved,
                       start};
    Phone m_phone{DeviceId::generate(m_random), m_user.id};

    Application make_application()
    {
        const store::Enterprise enterprise{EnterpriseId::generate(m_random), store::default_provider(),
                                           "Example", "LV", start};
        const store::Pack pack{.id = PackId::generate(m_random),
                               .enterprise_id = enterprise.id,
                               .name = "Pack",
                               .key_type = crypto::KeyType::p256,
                               .signature_quota = 5,
                               .user_quota = 5,
                               .session_lifetime = Milliseconds(60'000),
                               .logins_per_minute = 60,
                               .valid_until = start + std::chrono::hours(10'000),
                               .created_at = start};
        const auto id = CredentialId::generate(m_random);
        return {store::Credential{
                    id, pack.id, "App", id.text().substr(0, 16), {1}, {1}, store::Standing::active, start},
                pack, enterprise};
    }
};

}
