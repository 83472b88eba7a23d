// The registration officer's tool: reads what is pending, and signs registration statements with the
// officer's own key (P-256, in a directory closed to others). SAM and CA pinned that key at their
// ceremony; nobody else can name a signer. One thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "client/management_api.h"
#include "crypto/keys.h"
#include "statements/registration.h"

namespace qss::cli {

struct RegistrationRequest {
    std::string registration_id;
    statements::RegistrationStatement statement; // as it will be signed

    [[nodiscard]] std::string for_people() const;
};

// A request as the management API has it. invalid_argument when a value is one that no statement may
// hold; malformed when a member is missing.
Result<RegistrationRequest> parse_registration_request(const client::json::object& object, Random& random,
                                                       TimePoint now);

class Officer {
public:
    // `directory`: holds key.pem; refused unless it is closed to others.
    static Result<Officer> open(const std::filesystem::path& directory, client::ManagementApi api);

    // Waits up to `wait_s` seconds (at most 30) for the first one.
    Result<client::json::array> pending(int wait_s);
    // Signs and sends. The same statement again is no error of the service's.
    Status approve(const RegistrationRequest& request);

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
