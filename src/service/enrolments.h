// A phone joins: registration token and device key, then both one-time codes, then the authenticator,
// which the SAM binds. Codes are kept as HMAC under a key outside the database, live ten minutes and five
// tries, are compared in constant time and together, so that nobody learns which one was wrong
// (docs/invariants.md 12). Safe from any thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/limits.h"
#include "base/random.h"
#include "base/secret.h"
#include "service/role_clients.h"
#include "store/store.h"

namespace qss::service {

// HMAC of a registration token (statements/registration.h) as the database keeps it; Officers make it,
// Enrolments look for it.
Bytes registration_token_mac(const Secret& code_key, std::string_view token);

struct EnrolmentBegun {
    EnrolmentId id;
    TimePoint expires_at;
};

struct EnrolmentChallenge {
    SignerId signer_id;
    Bytes challenge;
    TimePoint expires_at;
    bool approval_needed = false;     // an authenticator is bound already and must agree
    store::User user;
    std::vector<Bytes> exclude_credentials;
};

// What came of the codes: wrong ones are no `Error`, since the phone must be told how many tries are left.
struct CodesOutcome {
    std::optional<EnrolmentChallenge> challenge; // nullopt: wrong
    std::int64_t tries_left = 0;
};

struct EnrolmentDone {
    DeviceId device_id;
    AuthenticatorId authenticator_id;
    Bytes credential_id;
};

class Enrolments {
public:
    static constexpr std::int64_t per_user_and_hour = 5;

    struct Parts {
        store::Store& store;
        SamClient& sam;
        const Secret& code_key;
        std::function<void()> outbox_filled; // wakes the delivery
        const Clock& clock;
        Random& random;
        Milliseconds code_life{limits::otp_life_ms};
    };
    explicit Enrolments(const Parts& parts);

    // `device_spki`: P-256, DER. not_found: no such token. rate_limited: too many for this user.
    Result<EnrolmentBegun> begin(std::string_view registration_token, std::string device_name,
                                 ByteView device_spki);
    // gone: no tries left, expired, or completed; not_found.
    Result<CodesOutcome> enter_codes(const EnrolmentId& id, std::string_view email_code,
                                     std::string_view sms_code);
    // conflict before the codes were right; verification_failed: the SAM refuses attestation or consent.
    Result<EnrolmentDone> complete(const EnrolmentId& id, ByteView client_data_json,
                                   ByteView attestation_object, const BindingConsent& consent);

private:
    store::Store& m_store;
    SamClient& m_sam;
    Secret m_code_key;
    std::function<void()> m_outbox_filled;
    const Clock& m_clock;
    Random& m_random;
    const Milliseconds m_code_life;
};

}
