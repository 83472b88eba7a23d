// The time-stamping authority (docs/invariants.md 14): a token is given for a request that its policy takes,
// while clock, key and certificate hold, and is in the record before it leaves. Safe from any thread.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <span>
#include <vector>

#include "base/random.h"
#include "pki/crl.h"
#include "proto/tsa.pb.h"
#include "role/dispatch.h"
#include "role/role_main.h"
#include "tsa/unit.h"

namespace qss::tsa {

struct ServiceOptions { // all outlive the service
    sqlite::Writer& writer;
    keystore::KeyStore& keys;
    Clock& clock;
    const ClockSource& clock_source;
    Random& random;
    std::function<Status(role::Mode)> check_mode;
};

class Service {
public:
    // Reads the record: UNINITIALISED, AWAITING_CERTIFICATE, READY, or SUSPENDED when it was altered.
    static Result<std::unique_ptr<Service>> open(ServiceOptions options);

    [[nodiscard]] role::State state() const { return m_state.load(); }

    Result<proto::StatusReply> status(const proto::StatusRequest& request);
    Result<proto::tsa::InitialiseReply> initialise(const proto::tsa::InitialiseRequest& request);
    Result<proto::tsa::NextKeyReply> next_key(const proto::tsa::NextKeyRequest& request);
    Result<proto::tsa::CompleteReply> complete(const proto::tsa::CompleteRequest& request);
    Result<proto::tsa::UpdateCrlReply> update_crl(const proto::tsa::UpdateCrlRequest& request);
    // invalid_argument: none, or more than limits::timestamps_per_message.
    Result<proto::tsa::StampReply> stamp(const proto::tsa::StampRequest& request);
    // unavailable: the clock; gone, expired: the certificate.
    Result<proto::tsa::StampDigestReply> stamp_digest(const proto::tsa::StampDigestRequest& request);

    void watch_clock(); // every so often

private:
    explicit Service(ServiceOptions options) : m_options(std::move(options)) {}
    Status load();
    // The next six: m_mutex is held alone, or nobody else is there yet.
    void start(SettingsRow settings, TimePoint last_token);
    Result<KeyRow> make_key(std::int64_t number, const SettingsRow& settings);
    Status store(const KeyRow& row, std::string_view event, ByteView subject);
    Status check_root(const pki::Certificate& root) const;
    Result<Unit> make_unit(KeyRow row);
    void use(Unit unit); // its row is stored

    // One token or reason for each; m_mutex is held, shared.
    std::vector<Result<Bytes>> give(std::span<const pki::TimestampRequest> requests);
    void note(std::string_view kind, std::string_view detail);
    void note_clock(const TrustedClock::Change& change);

    ServiceOptions m_options;
    std::atomic<role::State> m_state{role::State::UNINITIALISED};
    std::shared_mutex m_mutex; // guards the rest; stamping shares it
    std::optional<SettingsRow> m_settings;
    std::unique_ptr<TrustedClock> m_clock;
    std::optional<KeyRow> m_following; // the key that is not certified yet
    std::unique_ptr<const Unit> m_unit;
};

}
