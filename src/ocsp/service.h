// The responder (RFC 6960; docs/invariants.md 7): "good" only for a certificate that it was shown, signed
// by one of its authorities, whose serial number is absent from a CRL of that authority that is fresh;
// revoked once listed. For a serial number alone it says "unknown", not "good": it was shown nothing that
// proves that the CA issued it (EN 319 411-2 OVR-6.6.3-02), and whoever hides a certificate from it gains no
// "good". tryLater without a fresh CRL. Safe from any thread.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "ocsp/record.h"
#include "pki/ocsp.h"
#include "proto/ocsp.pb.h"
#include "role/dispatch.h"
#include "role/role_main.h"

namespace qss::ocsp {

// How long after its thisUpdate a CRL is believed. One whose own next update is further away than a week is a
// list of an issuer that is offline, the root's: it says itself how long it holds.
inline constexpr std::chrono::minutes crl_max_age{60};
inline constexpr std::chrono::days online_crl_max_life{7};
[[nodiscard]] TimePoint believed_until(const pki::Crl& crl);

struct ServiceOptions { // all outlive the service
    sqlite::Writer& writer;
    keystore::KeyStore& keys;
    Clock& clock;
    std::function<Status(role::Mode)> check_mode;
};

class Service {
public:
    // Reads the record: UNINITIALISED, AWAITING_CERTIFICATE, READY, or SUSPENDED when it was altered.
    static Result<std::unique_ptr<Service>> open(ServiceOptions options);

    [[nodiscard]] role::State state() const { return m_state.load(); }

    Result<proto::StatusReply> status(const proto::StatusRequest& request);
    Result<proto::ocsp::InitialiseReply> initialise(const proto::ocsp::InitialiseRequest& request);
    // Again when READY: new certificates, by the authorities that it has or by one that these certified; by
    // all of them for the next key, which thereby replaces the one of now.
    Result<proto::ocsp::CompleteReply> complete(const proto::ocsp::CompleteRequest& request);
    Result<proto::ocsp::NextKeyReply> next_key(const proto::ocsp::NextKeyRequest& request);
    Result<proto::ocsp::UpdateCrlReply> update_crl(const proto::ocsp::UpdateCrlRequest& request);
    Result<proto::ocsp::RespondReply> respond(const proto::ocsp::RespondRequest& request);

private:
    struct Authority {
        pki::Certificate issuer;
        pki::Certificate responder;
        pki::OcspAuthority encoded;
        std::map<std::string, pki::Crl, std::less<>> crls; // the newest seen, by distribution point
    };
    struct Shown { // a certificate whose signature was checked
        std::size_t authority; // index
        Bytes serial;
        std::string crl_url; // where its list is
    };
    struct Asked {
        std::size_t authority;
        Bytes cert_id; // DER
        Bytes serial;
        std::optional<Shown> shown; // the certificate, too
    };

    explicit Service(ServiceOptions options) : m_options(std::move(options)) {}
    Status load();
    static Result<Authority> read_authority(const AuthorityRow& row);
    static AuthorityRow row_of(const Authority& authority);
    static Status check_authority(const Authority& authority, const crypto::Signer& key, TimePoint now);
    Result<std::vector<Authority>> read_authorities(const proto::ocsp::CompleteRequest& request,
                                                    const crypto::Signer& key) const;
    // The key that these certificates are for: the next one, or else the one of now.
    [[nodiscard]] bool is_for_next_key(const proto::ocsp::CompleteRequest& request) const;
    Status check_known(const proto::ocsp::CompleteRequest& request) const;
    Result<std::vector<Authority>> merge(std::vector<Authority> authorities, bool for_next_key) const;
    // Who issued it: nothing when none of the authorities did. m_mutex is held (shared).
    Result<std::optional<Shown>> look_up(ByteView certificate);
    Result<std::optional<Asked>> read_single(const proto::ocsp::Single& single);
    // Adds the status to `response`, and the times of the lists that it comes from. unavailable: one of them
    // has not been seen, or is not believed at `now`.
    Status add_status(const Asked& asked, TimePoint now, pki::OcspResponseContents& response) const;

    ServiceOptions m_options;
    std::atomic<role::State> m_state{role::State::UNINITIALISED};
    std::shared_mutex m_mutex; // guards the rest; responses share it
    std::shared_ptr<const crypto::Signer> m_signer;
    std::shared_ptr<const crypto::Signer> m_next; // null: none waits
    std::vector<Authority> m_authorities;
    std::atomic<bool> m_sandbox{false};
    std::mutex m_shown_mutex; // guards the next: by SHA-256 of the certificate, bounded
    std::unordered_map<std::string, Shown> m_shown;
};

}
