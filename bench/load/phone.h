// One employee's phone under load: polls for sessions, computes each challenge itself, approves. Reads
// the directory that `qss authenticator register` made.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "channel.h"
#include "cli/phone_session.h"
#include "cli/software_phone.h"

namespace qss::bench {

class Phone {
public:
    // Called when the service has said "signed" (or refused: not 200).
    using Approved = std::function<void(const std::string& session_id, int status)>;

    Phone(Reactor& reactor, SSL_CTX* context, const std::string& directory, Approved approved);

    void log_in();       // blocks
    void start_polling(); // approves all that it sees, from now on
    [[nodiscard]] const std::string& email() const { return m_state.email; }

private:
    void poll();
    void on_sessions(const Reply& reply);
    void approve_next();

    cli::SoftwarePhone::State m_state;
    crypto::PrivateKey m_authenticator_key;
    crypto::PrivateKey m_device_key;
    std::string m_ca_file;
    Channel m_channel;
    Approved m_approved;
    std::string m_token;
    std::vector<cli::PhoneSession> m_sessions;
};

}
