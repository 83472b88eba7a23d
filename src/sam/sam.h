// The signature activation module, whole: its record, its keys, its parts, and the table of messages
// that it takes (dispatch.cpp). Safe from any thread, as its dispatcher must be.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "keystore/key_store.h"
#include "role/dispatch.h"
#include "role/orders.h"
#include "role/periodic_task.h"
#include "role/role_main.h"
#include "sam/authenticators.h"
#include "sam/environment.h"
#include "sam/key_pool.h"
#include "sam/keys.h"
#include "sam/sessions.h"
#include "sam/signers.h"

namespace qss::sam {

class Sam final : public role::Role {
public:
    // `context` must outlive the Sam. A record that does not hold together gives a Sam that is
    // SUSPENDED and answers STATUS alone (docs/invariants.md 4).
    static Result<std::unique_ptr<Sam>> open(role::Context& context,
                                             std::unique_ptr<keystore::KeyStore> key_store,
                                             const FaultPlan& faults = {});
    ~Sam() override = default;

    wire::Dispatcher& dispatcher() override { return m_dispatch; }
    [[nodiscard]] role::State state() const { return m_state.load(); }

    Result<proto::StatusReply> status(const proto::StatusRequest& request) const;
    Result<proto::sam::InitialiseReply> initialise(const proto::sam::InitialiseRequest& request);
    Result<proto::sam::CompleteReply> complete(const proto::sam::CompleteRequest& request);
    // Suspends the SAM, durably, when the checkpoint is its own and its record does not lead to it.
    Result<proto::sam::ExchangeCheckpointReply> exchange_checkpoint(
        const proto::sam::ExchangeCheckpointRequest& request);
    Signers& signers() { return m_signers; }
    Authenticators& authenticators() { return m_authenticators; }
    Keys& keys() { return m_keys; }
    Sessions& sessions() { return m_sessions; }
    Record& record() { return *m_record; }
    Environment& environment() { return m_environment; }
    // What an officers' order changes, in one transaction; counts once that is durable. One at a time.
    Status change_config(const std::function<Status(Transaction&, Config&)>& change);
    Result<proto::CarryOutReply> carry_out(const proto::CarryOutRequest& request)
    {
        return m_orders.carry_out(request);
    }

private:
    Sam(role::Context& context, std::unique_ptr<keystore::KeyStore> key_store, std::unique_ptr<Record> record,
        const FaultPlan& faults);
    Status resume();
    [[nodiscard]] role::OrderAuthority order_authority() const;
    Status check_faults(const Config& config) const;
    void start(const Config& config);

    role::Context& m_context;
    const FaultPlan m_fault_plan;
    std::unique_ptr<keystore::KeyStore> m_key_store;
    std::unique_ptr<Record> m_record;
    Vault m_vault;
    Faults m_faults;
    CurrentConfig m_config;
    Environment m_environment;
    KeyPool m_pool;
    Signers m_signers;
    Authenticators m_authenticators;
    Keys m_keys;
    Sessions m_sessions;
    std::mutex m_ceremony;        // one change of the configuration at a time
    std::atomic<role::State> m_state{role::State::UNINITIALISED};
    role::Orders m_orders;
    role::Dispatch m_dispatch;
    role::PeriodicTask m_housekeeping;  // last: uses all of the above
};

// Every message of proto/sam.proto, when it is permitted, and how long it may be.
std::vector<role::Entry> dispatch_table(Sam& sam);

}
