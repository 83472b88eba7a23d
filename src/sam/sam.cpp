#include "sam/sam.h"

#include "base/log.h"
#include "sam/ceremony.h"
#include "sam/checkpoint.h"
#include "sam/order_actions.h"

namespace qss::sam {

namespace {

constexpr std::chrono::milliseconds housekeeping_interval{1'000};

role::State state_of(const Config& config)
{
    switch (config.state) {
    case Config::awaiting_certificate: return role::State::AWAITING_CERTIFICATE;
    case Config::ready: return role::State::READY;
    case Config::suspended: break;
    }
    return role::State::SUSPENDED;
}

}

Sam::Sam(role::Context& context, std::unique_ptr<keystore::KeyStore> key_store,
         std::unique_ptr<Record> record, const FaultPlan& faults)
    : m_context(context), m_fault_plan(faults), m_key_store(std::move(key_store)),
      m_record(std::move(record)), m_vault(*m_key_store), m_faults(faults),
      m_environment{*m_record, m_vault, context.clock, context.random, m_config, m_faults},
      m_pool(m_vault, context.clock), m_signers(m_environment), m_authenticators(m_environment),
      m_keys(m_environment, m_pool), m_sessions(m_environment),
      m_orders(
          "sam", order_actions(*this), [this] { return order_authority(); },
          [this] { return m_state.load(); }, context.clock),
      m_dispatch(dispatch_table(*this), [this] { return m_state.load(); }),
      m_housekeeping(housekeeping_interval, [this] {
          if (m_state.load() != role::State::READY)
              return;
          if (const auto status = m_sessions.archive_expired(); !status)
              log::error("expired sessions stay open", {{"detail", status.error().detail}});
      })
{
}

Result<std::unique_ptr<Sam>> Sam::open(role::Context& context, std::unique_ptr<keystore::KeyStore> key_store,
                                       const FaultPlan& faults)
{
    TRY_ASSIGN(record, Record::open(context.options.directory, *key_store, context.clock));
    std::unique_ptr<Sam> sam(new Sam(context, std::move(key_store), std::move(record), faults));
    if (sam->m_record->integrity())
        TRY(sam->resume());
    else
        sam->m_state = role::State::SUSPENDED;
    return sam;
}

Status Sam::resume()
{
    TRY_ASSIGN(row, m_record->transact([](Transaction& transaction) {
        return transaction.find(Kind::config, Config::row_id());
    }));
    if (!row)
        return {};
    TRY_ASSIGN(config, Config::from_row(std::move(*row)));
    TRY(m_context.check_mode(config.mode));
    TRY(check_faults(config));
    if (config.state == Config::ready)
        TRY(m_sessions.refuse_interrupted());
    start(config);
    return {};
}

Status Sam::check_faults(const Config& config) const
{
    if (!config.is_sandbox() && !m_fault_plan.is_empty())
        return fail(ErrorCode::forbidden, "faults are made in a sandbox only");
    return {};
}

void Sam::start(const Config& config)
{
    m_config.set(config);
    if (config.state == Config::ready)
        m_pool.fill_to({config.rsa_3072_pool, config.rsa_4096_pool});
    m_state = state_of(config);
}

Result<proto::StatusReply> Sam::status(const proto::StatusRequest&) const
{
    proto::StatusReply reply;
    reply.set_state(m_state.load());
    if (const auto config = m_config.get())
        reply.set_sandbox(config->is_sandbox());
    if (!m_record->integrity())
        reply.set_detail(m_record->integrity().error().detail);
    else if (m_state.load() == role::State::SUSPENDED)
        reply.set_detail("the record is older, or another, than a checkpoint says");
    else
        reply.set_detail(m_pool.levels());
    return reply;
}

Result<proto::sam::InitialiseReply> Sam::initialise(const proto::sam::InitialiseRequest& request)
{
    const std::lock_guard lock(m_ceremony);
    if (m_state.load() != role::State::UNINITIALISED)
        return fail(ErrorCode::conflict, "the SAM is initialised already");
    TRY(m_context.check_mode(role::mode_from(request.sandbox())));
    TRY_ASSIGN(config, make_config(request, m_vault));
    TRY(check_faults(config));
    TRY_ASSIGN(stored, m_record->transact([&config](Transaction& transaction) -> Result<std::optional<Row>> {
        transaction.event("initialised", Config::row_id(), config.evidence_spki);
        TRY(transaction.insert(config.to_row()));
        return transaction.find(Kind::config, Config::row_id());
    }));
    TRY_ASSIGN(current, Config::from_row(std::move(*stored)));
    start(current);
    proto::sam::InitialiseReply reply;
    reply.set_evidence_spki(to_string(current.evidence_spki));
    return reply;
}

Result<proto::sam::CompleteReply> Sam::complete(const proto::sam::CompleteRequest& request)
{
    const std::lock_guard lock(m_ceremony);
    if (m_state.load() != role::State::AWAITING_CERTIFICATE)
        return fail(ErrorCode::conflict, "the SAM does not wait for its certificate");
    TRY_ASSIGN(config, complete_config(*m_config.get(), request, m_context.clock.now()));
    TRY_ASSIGN(stored, m_record->transact([&config](Transaction& transaction) -> Result<std::optional<Row>> {
        transaction.event("completed", Config::row_id());
        TRY(transaction.update(config.to_row()));
        return transaction.find(Kind::config, Config::row_id());
    }));
    TRY_ASSIGN(current, Config::from_row(std::move(*stored)));
    start(current);
    return proto::sam::CompleteReply();
}

role::OrderAuthority Sam::order_authority() const
{
    const auto config = m_config.get();
    if (!config)
        return {};
    return {config->mode, crypto::sha256(config->root_certificate), config->ordering_officers()};
}

Status Sam::change_config(const std::function<Status(Transaction&, Config&)>& change)
{
    const std::lock_guard lock(m_ceremony);
    TRY_ASSIGN(stored, m_record->transact([&](Transaction& transaction) -> Result<std::optional<Row>> {
        TRY_ASSIGN(row, transaction.find(Kind::config, Config::row_id()));
        if (!row)
            return fail(ErrorCode::tampered, "the configuration is missing");
        TRY_ASSIGN(config, Config::from_row(std::move(*row)));
        TRY(change(transaction, config));
        TRY(transaction.update(config.to_row()));
        return transaction.find(Kind::config, Config::row_id());
    }));
    TRY_ASSIGN(current, Config::from_row(std::move(*stored)));
    m_config.set(std::move(current));
    return {};
}

Result<proto::sam::ExchangeCheckpointReply> Sam::exchange_checkpoint(
    const proto::sam::ExchangeCheckpointRequest& request)
{
    const std::lock_guard lock(m_ceremony);
    if (!request.checkpoint().empty()) {
        TRY_ASSIGN(shown, verify_checkpoint(as_bytes(request.checkpoint()), *m_config.get()));
        TRY_ASSIGN(suspended, m_record->transact([&](Transaction& transaction) {
            return suspend_unless_consistent(transaction, m_record->head(), shown);
        }));
        if (suspended) {
            m_state = role::State::SUSPENDED;
            log::alarm("the record is older, or another, than a checkpoint says: suspended");
            return fail(ErrorCode::tampered, "the SAM's record was put back: suspended");
        }
    }
    TRY_ASSIGN(checkpoint, make_checkpoint(m_environment));
    proto::sam::ExchangeCheckpointReply reply;
    reply.set_checkpoint(to_string(checkpoint));
    return reply;
}

}
