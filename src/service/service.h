// The business, put together: every use case on one store, three roles and one worker pool. main and
// the tests build one of these and hand its parts to the API.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/limits.h"
#include "base/random.h"
#include "base/secret.h"
#include "delivery/pump.h"
#include "service/devices.h"
#include "service/enrolments.h"
#include "service/identities.h"
#include "service/logins.h"
#include "service/officers.h"
#include "service/operators.h"
#include "service/publication.h"
#include "service/recovery.h"
#include "service/signing.h"
#include "service/tenancy.h"
#include "service/timestamps.h"
#include "service/users.h"

namespace qss::service {

struct ServiceOptions {
    std::string database_path;
    std::string outbox_directory;
    Secret token_key;                   // 32 bytes each, from DIR/api/secrets
    Secret code_key;                    // otp.key: codes, registration tokens and API secrets
    std::vector<OperatorEntry> operators;
    Signing::Settings signing;
    Tokens::Lives token_lives;
    Milliseconds invitation_life = std::chrono::days(7);
    Milliseconds code_life{limits::otp_life_ms};
    std::uint32_t certificate_days = 365;
    std::string crash_at;               // sandbox alone, POINT[:N]; "" for never
    unsigned workers = 8;
    std::size_t worker_queue = 1024;
};

struct Roles {
    Transport& sam;
    Transport& ca;
    Transport& ocsp;
    Transport& tsa;
};

enum class Readiness { ready, database_away, role_away };

class Service {
public:
    static Result<std::unique_ptr<Service>> create(ServiceOptions options, Roles roles, const Clock& clock,
                                                   Random& random);
    virtual ~Service() = default;

    virtual void start() = 0;           // recovery, timer, delivery
    virtual void stop() = 0;            // answers who waits, finishes what runs

    virtual Logins& logins() = 0;
    virtual Operators& operators() = 0;
    virtual Tenancy& tenancy() = 0;
    virtual Users& users() = 0;
    virtual Officers& officers() = 0;
    virtual Enrolments& enrolments() = 0;
    virtual Devices& devices() = 0;
    virtual Publication& publication() = 0;
    virtual Identities& identities() = 0;
    virtual Signing& signing() = 0;
    virtual Timestamps& timestamps() = 0;
    virtual WorkerPool& pool() = 0;
    virtual CaClient& ca() = 0;

    virtual Result<std::int64_t> remaining_signatures(const Application& by) = 0;
    virtual Result<std::int64_t> remaining_users(const Application& by) = 0;
    virtual Readiness readiness() = 0;  // asks each of them; for /readyz
};

}
