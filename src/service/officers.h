// Registration officers: what waits for a statement, and the statement that completes it. The officer's
// signature is judged by the SAM, which alone knows the officers' keys; here the statement must only
// say what was asked. Safe from any thread.
#pragma once

#include <vector>

#include "base/clock.h"
#include "base/secret.h"
#include "service/callers.h"
#include "service/role_clients.h"
#include "service/waiters.h"
#include "store/store.h"

namespace qss::service {

class Officers {
public:
    struct Parts {
        store::Store& store;
        SamClient& sam;
        const Secret& code_key;          // as Enrolments
        const Clock& clock;
        Milliseconds invitation_life = std::chrono::days(7);
    };
    explicit Officers(const Parts& parts);

    using Done = MoveOnlyFunction<void(Result<std::vector<store::RegistrationRequestView>>)>;

    // Pending ones, oldest first, at most 100; waits up to `wait` for the first one without holding a
    // thread. `done` is called once, from any thread. `forbidden` but for registration officers.
    void pending(const Operator& by, Milliseconds wait, Done done);

    // `statement`: SignedStatement transport. invalid_argument: it does not say what was requested.
    // verification_failed: the SAM refuses it. The same one again is no error. Completes the request and
    // lets the invitation's registration token in, in one transaction.
    Status submit_statement(const Operator& by, const RegistrationId& request, ByteView statement);

    void notify() { m_waiters.wake(0); }    // a request has come
    void sweep(TimePoint now) { (void)m_waiters.sweep(now); }
    void stop() { m_waiters.close(); }

private:
    Result<std::vector<store::RegistrationRequestView>> query();

    store::Store& m_store;
    SamClient& m_sam;
    Secret m_code_key;
    const Clock& m_clock;
    const Milliseconds m_invitation_life;
    Waiters<int> m_waiters;
};

}
