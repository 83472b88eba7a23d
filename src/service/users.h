// Users of an enterprise and their devices, for applications. Another tenant's user is `not_found`.
// Removal reaches the SAM first, then the CA, then our rows; each step may be repeated, and recovery
// ends what a crash interrupted. Safe from any thread.
#pragma once

#include <string>
#include <vector>

#include "base/random.h"
#include "service/callers.h"
#include "service/role_clients.h"
#include "store/store.h"

namespace qss::service {

class Identities;
class Officers;
class Signing;

struct NewUser {
    std::string email;
    std::string mobile;
    std::string given_name;
    std::string surname;
    std::string identity_number; // "" without one
};

class Users {
public:
    struct Parts {
        store::Store& store;
        SamClient& sam;
        Identities& identities;
        Officers& officers;   // told of new requests
        Signing& signing;     // ends the sessions of who is removed
        const Clock& clock;
        Random& random;
    };
    explicit Users(const Parts& parts) : m(parts) {}

    // already_exists; quota_reached (the pack's users); invalid_argument says which value.
    Result<store::User> create(const Application& by, const NewUser& user);
    Result<store::User> get(const Application& by, std::string_view email);
    // `reason`: of the certificate's revocation. unavailable: intended, and not done yet.
    Status remove(const Application& by, std::string_view email, std::uint32_t reason);
    // Active ones alone.
    Result<std::vector<store::Device>> devices(const Application& by, std::string_view email);
    // The last one revokes the user's identities and asks for a new registration statement.
    Status remove_device(const Application& by, std::string_view email, const DeviceId& device);

    // For operators (role operator or auditor).
    Result<std::vector<store::User>> list(const Operator& by, const EnterpriseId& enterprise);

    // Ends removals that a crash or an absent role interrupted; called by Recovery.
    Status finish_removals();

private:
    Status finish_removal(const store::User& user);
    Result<store::RevocationRequest> requested_for(const UserId& user);
    Status finish_device_removal(const store::Device& device);
    Parts m;
};

}
