// A signed registration statement on its way to the service, and the invitation that belongs to it. Both are
// on the disk before the statement is sent, and stay until its outcome is known: whatever dies meanwhile, the
// same statement is sent again, since another one would have another invitation. One thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "cli/invitation.h"

namespace qss::cli {

class Approval {
public:
    // Durable when it returns: `<letter>.statement` beside the letter, 0600.
    static Result<Approval> keep(std::string registration_id, Bytes statement, InvitationLetter letter);
    // Those whose outcome was not known when their officer ended.
    static Result<std::vector<Approval>> unfinished(const std::filesystem::path& directory);

    [[nodiscard]] const std::string& registration_id() const { return m_registration_id; }
    [[nodiscard]] const Bytes& statement() const { return m_statement; } // SignedStatement transport
    [[nodiscard]] const InvitationLetter& letter() const { return m_letter; }

    [[nodiscard]] Status accepted() const; // the letter is the employee's
    void refused() const; // both are good for nothing

private:
    Approval(std::string registration_id, Bytes statement, InvitationLetter letter);
    [[nodiscard]] std::filesystem::path statement_file() const;
    std::string m_registration_id;
    Bytes m_statement;
    InvitationLetter m_letter;
};

}
