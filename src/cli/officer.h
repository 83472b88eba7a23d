// The registration officer's tool: reads what is pending, and signs registration statements with the
// officer's own key (P-256, in a directory closed to others). SAM and CA pinned that key at their
// ceremony; nobody else can name a signer. It makes the enrolment key of each statement too. One thread.
#pragma once

#include <filesystem>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "cli/approval.h"
#include "client/management_api.h"
#include "crypto/keys.h"
#include "statements/registration.h"

namespace qss::cli {

struct RegistrationRequest {
    std::string registration_id;
    statements::RegistrationStatement statement; // as it will be signed
    crypto::PrivateKey enrolment_key;            // made for this statement; the invitation

    [[nodiscard]] std::string for_people() const;
};

// Whether the service may have taken what was sent.
bool is_outcome_unknown(ErrorCode code);

// A request as the management API has it. invalid_argument when a value is one that no statement may
// hold; malformed when a member is missing.
Result<RegistrationRequest> parse_registration_request(const client::json::object& object, Random& random,
                                                       TimePoint now);

// Where invitations are written, and what they say about where to go.
struct Invitations {
    std::filesystem::path directory;
    std::string app_url;
};

class Officer {
public:
    // `directory`: holds key.pem; refused unless it is closed to others.
    static Result<Officer> open(const std::filesystem::path& directory, client::ManagementApi api);

    // Waits up to `wait_s` seconds (at most 30) for the first one.
    Result<client::json::array> pending(int wait_s);
    // Signs, and writes the invitation, which is good for nothing before the service has the statement.
    Result<Approval> approve(const RegistrationRequest& request, const Invitations& invitations) const;
    // Hands the invitation over when the service took the statement, and discards it when it refused. While
    // that is unknown, the same approval is to be sent again.
    Status send(const Approval& approval);

    [[nodiscard]] const crypto::PublicKey& public_key() const { return m_key.public_key(); }

private:
    Officer(crypto::PrivateKey key, client::ManagementApi api) : m_key(std::move(key)), m_api(std::move(api))
    {
    }
    crypto::PrivateKey m_key;
    client::ManagementApi m_api;
};

// `private_key_file` must be ours and closed to others, as ssh wants it.
Result<crypto::PrivateKey> load_private_key(const std::filesystem::path& file);

}
