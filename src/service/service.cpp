#include "service/service.h"

#include <array>

#include "delivery/file_sink.h"
#include "store/quota.h"
#include "store/users.h"

namespace qss::service {

namespace {

constexpr std::array<std::string_view, 10> crash_points = {
    "opened_not_pending",    "assertion_not_approved", "approved_not_sent", "stored_not_answered",
    "attested_not_stored",   "certified_not_stored",   "linked_not_stored", "revocation_not_sent",
    "destroyed_not_revoked", "revoked_not_stored"};

// Members in the order in which they need each other; destroyed the other way round.
class WholeService final : public Service {
public:
    WholeService(ServiceOptions options, std::unique_ptr<store::Store> store, CrashPlan crash_plan,
                 const Roles& roles, const Clock& clock, Random& random)
        : m_store(std::move(store)), m_crash_points(std::move(crash_plan)), m_sam(roles.sam), m_ca(roles.ca),
          m_ocsp(roles.ocsp), m_tsa(roles.tsa), m_sink(options.outbox_directory),
          m_pump(*m_store, m_sink, clock), m_pool(options.workers, options.worker_queue),
          m_tokens(options.token_key, options.token_lives, clock, random),
          m_logins(*m_store, m_tokens, options.code_key, clock),
          m_operators(std::move(options.operators), clock),
          m_tenancy(*m_store, m_ca, options.code_key, clock, random),
          m_officers({*m_store, m_sam, options.code_key, clock, options.invitation_life}),
          m_enrolments({*m_store, m_sam, options.code_key, [this] { m_pump.notify(); }, clock, random,
                        options.code_life}),
          m_devices(*m_store, m_tokens, clock, random), m_publication({*m_store, m_ca, m_ocsp, clock}),
          m_identities(
              {*m_store, m_sam, m_ca, m_publication, m_crash_points, clock, options.certificate_days}),
          m_signing({*m_store, m_sam, m_pool, m_crash_points, clock}, std::move(options.signing)),
          m_timestamps({*m_store, m_tsa, m_ca, clock}),
          m_users({*m_store, m_sam, m_identities, m_officers, m_signing, clock, random}),
          m_checkpoints(*m_store, m_sam), m_responder(m_ca, m_ocsp, m_publication, clock),
          m_recovery({m_signing, m_users, m_identities, m_officers, m_checkpoints, m_responder, m_timestamps,
                      m_sam, clock})
    {
    }
    ~WholeService() override { stop(); }

    void start() override
    {
        m_pump.start();
        m_timestamps.start();
        m_recovery.start();
    }

    void stop() override
    {
        m_recovery.stop();
        m_signing.stop();
        m_officers.stop();
        m_timestamps.stop();
        m_pool.stop();
        m_pump.stop();
    }

    Logins& logins() override { return m_logins; }
    Operators& operators() override { return m_operators; }
    Tenancy& tenancy() override { return m_tenancy; }
    Users& users() override { return m_users; }
    Officers& officers() override { return m_officers; }
    Enrolments& enrolments() override { return m_enrolments; }
    Devices& devices() override { return m_devices; }
    Publication& publication() override { return m_publication; }
    Identities& identities() override { return m_identities; }
    Signing& signing() override { return m_signing; }
    Timestamps& timestamps() override { return m_timestamps; }
    WorkerPool& pool() override { return m_pool; }
    CaClient& ca() override { return m_ca; }

    Result<std::int64_t> remaining_signatures(const Application& by) override
    {
        TRY_ASSIGN(used, m_store->read([&](sqlite::Database& db) {
            return store::Quota(db, store::Counted::signatures).used(by.pack.id);
        }));
        return std::max<std::int64_t>(by.pack.signature_quota - used, 0);
    }

    Result<std::int64_t> remaining_users(const Application& by) override
    {
        TRY_ASSIGN(used, m_store->read([&](sqlite::Database& db) {
            return store::UserTable(db).count_of_pack(by.pack.id);
        }));
        return std::max<std::int64_t>(by.pack.user_quota - used, 0);
    }

    Readiness readiness() override
    {
        if (!m_store->probe())
            return Readiness::database_away;
        const auto is_ready = [](const Result<RoleReadiness>& role) {
            return role && *role == RoleReadiness::ready;
        };
        if (!is_ready(m_sam.status()) || !is_ready(m_ca.status()) || !is_ready(m_ocsp.status()) ||
            !is_ready(m_tsa.status()))
            return Readiness::role_away;
        return Readiness::ready;
    }

private:
    std::unique_ptr<store::Store> m_store;
    CrashPoints m_crash_points;
    SamClient m_sam;
    CaClient m_ca;
    OcspClient m_ocsp;
    TsaClient m_tsa;
    delivery::FileSink m_sink;
    delivery::Pump m_pump;
    WorkerPool m_pool;
    Tokens m_tokens;
    Logins m_logins;
    Operators m_operators;
    Tenancy m_tenancy;
    Officers m_officers;
    Enrolments m_enrolments;
    Devices m_devices;
    Publication m_publication;
    Identities m_identities;
    Signing m_signing;
    Timestamps m_timestamps;
    Users m_users;
    Checkpoints m_checkpoints;
    ResponderUpkeep m_responder;
    Recovery m_recovery;
};

}

Result<std::unique_ptr<Service>> Service::create(ServiceOptions options, Roles roles, const Clock& clock,
                                                 Random& random)
{
    CrashPlan crash_plan;
    if (!options.crash_at.empty()) {
        TRY_ASSIGN(plan, CrashPlan::parse(options.crash_at, crash_points));
        crash_plan = std::move(plan);
    }
    TRY_ASSIGN(store, store::Store::open({.path = options.database_path}));
    return std::unique_ptr<Service>(std::make_unique<WholeService>(
        std::move(options), std::move(store), std::move(crash_plan), roles, clock, random));
}

}
