// A sandbox's outbox: each message a file that people, the demo and the tests read:
// <directory>/email-<address>-<id>.txt or sms-<address>-<id>.txt, mode 0600, complete once it is there.
// First line "to: …", then "subject: …" (e-mail), a blank line and the text. The text has a line
// "invitation: …" or "code: …" of its own, for programs.
#pragma once

#include <string>

#include "delivery/pump.h"

namespace qss::delivery {

class FileSink final : public Sink {
public:
    explicit FileSink(std::string directory) : m_directory(std::move(directory)) {}
    Status deliver(const store::OutboxMessage& message) override;

private:
    std::string m_directory;
};

}
