// The software authenticator: a phone in a directory of its own (0700) with a device key, which logs in
// and reads, and an authenticator key, which approves and does nothing else. It never signs a challenge
// that was sent to it, but for its own registration, where WebAuthn has it so. One thread.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "cli/phone_session.h"
#include "client/authenticator_api.h"
#include "crypto/keys.h"

namespace qss::cli {

enum class UserVerified { yes, no }; // no: for tests; the SAM refuses it

struct Codes {
    std::string email;
    std::string sms;
};

struct PhoneRegistration {
    std::string url;          // of the authenticator API's listener
    std::string ca_file;      // PEM
    std::string origin;       // empty: "https://" and the relying party's id
    std::string device_name;
    std::string invitation;   // from the officer
    std::function<Result<Codes>()> read_codes; // called once they have been sent
    std::filesystem::path approver; // directory of a phone that is bound already; empty: none
    UserVerified user_verified = UserVerified::yes;
};

class SoftwarePhone {
public:
    // already_exists when the directory holds a phone.
    static Result<SoftwarePhone> enrol(const std::filesystem::path& directory,
                                       const PhoneRegistration& registration, Random& random);
    static Result<SoftwarePhone> load(const std::filesystem::path& directory);

    struct Pending {
        std::vector<PhoneSession> sessions;
        std::vector<std::string> refused; // why a session that the service showed is not one of ours
    };
    // Waits up to `wait_s` seconds (at most 30) for the first one.
    Result<Pending> pending(int wait_s, TimePoint now);
    Status approve(const PhoneSession& session, UserVerified verified);
    Status reject(std::string_view session_id, std::string_view reason);
    Result<client::json::array> history();
    Result<Bytes> evidence(std::string_view session_id);

    struct State { // phone.json
        std::string url;
        std::string rp_id;
        std::string origin;
        std::string email;
        std::string device_id;
        std::string authenticator_id;
        SignerId signer_id;
        Bytes credential_id;
    };
    [[nodiscard]] const State& state() const { return m_state; }

private:
    SoftwarePhone(State state, crypto::PrivateKey authenticator_key, client::AuthenticatorApi api)
        : m_state(std::move(state)), m_authenticator_key(std::move(authenticator_key)), m_api(std::move(api))
    {
    }

    State m_state;
    crypto::PrivateKey m_authenticator_key;
    client::AuthenticatorApi m_api;
};

// Raw r || s, each 32 bytes (IEEE P1363, as WebCrypto has it), of a DER ECDSA-Sig-Value on P-256.
Result<Bytes> raw_p256_signature(ByteView der);

// What the device key signs to log in: canonical "QSS-DEVICE-v1" { device id, challenge }.
Bytes device_login_message(const DeviceId& device, ByteView challenge);

}
