// What the CA does for each message of proto/ca.proto: verify, record, then sign (docs/invariants.md 6). One
// issuance, revocation or CRL at a time, so that the record's order is the order of what was signed.
// Safe from any thread.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <mutex>
#include <optional>

#include "base/crash_points.h"
#include "ca/ceremony.h"
#include "ca/identity.h"
#include "ca/officer_orders.h"
#include "role/dispatch.h"
#include "role/orders.h"

namespace qss::ca {

// Where --crash-at ends the process.
inline constexpr std::array<std::string_view, 4> crash_points = {"intended_not_signed", "signed_not_stored",
                                                                 "revoked_not_listed", "listed_not_stored"};

struct ServiceOptions { // all outlive the service
    sqlite::Writer& writer;
    keystore::KeyStore& keys;
    Clock& clock;
    Random& random;
    std::function<Status(Mode)> check_mode; // may this process be a CA of that mode?
    CrashPoints* crash_points = nullptr;    // of tests in a sandbox
};

class Service {
public:
    // Reads the record: UNINITIALISED, READY, or SUSPENDED when it was altered.
    static Result<std::unique_ptr<Service>> open(ServiceOptions options);

    [[nodiscard]] role::State state() const { return m_state.load(); }

    Result<proto::StatusReply> status(const proto::StatusRequest& request);
    Result<proto::ca::InitialiseReply> initialise(const proto::ca::InitialiseRequest& request);
    Result<proto::ca::GetNonceReply> get_nonce(const proto::ca::GetNonceRequest& request);
    // Once for each attestation: asked again, the same certificate.
    Result<proto::ca::IssueIdentityReply> issue_identity(const proto::ca::IssueIdentityRequest& request);
    // Final. Asked again, the list that holds the serial number.
    Result<proto::ca::RevokeReply> revoke(const proto::ca::RevokeRequest& request);
    Result<proto::ca::IssueAccessReply> issue_access(const proto::ca::IssueAccessRequest& request);
    Result<proto::ca::CurrentCrlsReply> current_crls(const proto::ca::CurrentCrlsRequest& request);
    Result<proto::ca::CertificatesReply> certificates(const proto::ca::CertificatesRequest& request);
    Result<proto::ca::ChainReply> chain(const proto::ca::ChainRequest& request);
    Result<proto::ca::RenewOcspReply> renew_ocsp(const proto::ca::RenewOcspRequest& request);
    // Officers' orders (officer_orders.h); what came of one that was carried out.
    Result<proto::CarryOutReply> carry_out(const proto::CarryOutRequest& request);
    Result<proto::CarryOutReply> order_outcome(const proto::OrderOutcomeRequest& request);

private:
    struct RevocationTarget { // that officers name
        pki::Certificate certificate;
        std::uint32_t reason;
    };
    struct Begun { // an issuance: done before, or to be signed now
        Bytes certificate;
        std::optional<IssuanceOrder> order;
    };

    explicit Service(ServiceOptions options);
    // Final: the list that holds the serial number.
    Result<Bytes> revoke_by_order(const statements::VerifiedOrder& order);
    Result<AuthorityId> revoke_ordered(Transaction& transaction, const statements::VerifiedOrder& order,
                                       const RevocationTarget& target, TimePoint now);
    Status load();
    Status read_settings();
    // The next ones: m_mutex is held.
    [[nodiscard]] role::OrderAuthority order_authority() const;
    Result<Bytes> carry(const OrderAct& act, const statements::VerifiedOrder& order);
    Result<Begun> begin_identity(Transaction& transaction, const IdentityRequest& request,
                                 std::chrono::days lifetime, TimePoint now);
    Result<std::string> subject_serial(Transaction& transaction, const IdentityRequest& request);
    Result<Draft> make_draft(const AuthorityState& issuer, pki::ProfileId id,
                             const pki::CertificateContents& contents);
    Result<pki::Certificate> finish(IssuanceOrder order);
    Result<pki::Certificate> issue(const AuthorityState& issuer, pki::ProfileId id,
                                   const pki::CertificateContents& contents);
    void reach(std::string_view point) const;
    Result<Bytes> fresh_crl(const ListId& list);
    [[nodiscard]] std::vector<ListId> lists() const; // of all authorities

    ServiceOptions m_options;
    std::atomic<role::State> m_state{role::State::UNINITIALISED};
    std::mutex m_mutex; // guards the rest: one act at a time
    std::optional<Settings> m_settings;
    std::optional<Authorities> m_authorities;
    ThrowAwayKeys m_throw_away;
    role::Orders m_orders;
};

}
