// Ends what a crash or an absent role left unfinished: at start, whenever the SAM has come back, and now
// and then. One thread. Also the one timer thread of the business (expiry, grace, deadlines).
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "service/checkpoints.h"
#include "service/identities.h"
#include "service/officers.h"
#include "service/responder_upkeep.h"
#include "service/signing.h"
#include "service/timestamps.h"
#include "service/users.h"

namespace qss::service {

class Recovery {
public:
    struct Parts {
        Signing& signing;
        Users& users;
        Identities& identities;
        Officers& officers;
        Checkpoints& checkpoints;
        ResponderUpkeep& responder;
        Timestamps& timestamps;
        SamClient& sam;
        const Clock& clock;
    };
    explicit Recovery(const Parts& parts);
    ~Recovery(); // stop()
    Recovery(const Recovery&) = delete;
    Recovery& operator=(const Recovery&) = delete;

    void start();
    void stop();
    // One pass, now; what the thread does. The error is the first that stopped something.
    Status recover_once();

private:
    void run_timer();
    void run_recovery();
    Status finish_revocations();

    Parts m;
    std::mutex m_mutex;               // guards m_stopping
    bool m_stopping = false;
    TimePoint m_revocations_at{};     // not before: officers may have to order them; one thread
    std::condition_variable m_wake;
    std::thread m_timer;
    std::thread m_recovery;
};

}
