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
    // Called when an approval goes out; one that is refused ends the program.
    using Approving = std::function<void(const std::string& session_id)>;

    Phone(Reactor& reactor, SSL_CTX* context, const std::string& directory, Approving approving);

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
    Approving m_approving;
    std::string m_token;
    std::vector<cli::PhoneSession> m_sessions;
};

}
