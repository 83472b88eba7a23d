// Users and the registration requests that officers complete. What an application may reach takes the
// enterprise as its scope. A view of one connection: make it inside Store::read or Store::write.
#pragma once

#include <optional>
#include <vector>

#include "sqlite/database.h"
#include "store/types.h"

namespace qss::store {

class UserTable {
public:
    explicit UserTable(sqlite::Database& database) : m_database(database) {}

    // already_exists: the enterprise has a user of that address that is not deleted.
    Status add(const User& user);
    // Not the deleted ones.
    Result<std::optional<User>> by_email(const EnterpriseId& enterprise, std::string_view email);
    Result<std::optional<User>> by_id(const UserId& id);
    Result<std::optional<User>> by_registration_token(ByteView registration_token_mac,
                                                      TimePoint now); // approved ones
    Result<std::vector<User>> of_enterprise(const EnterpriseId& enterprise);
    Result<std::vector<User>> deleting();
    Result<std::int64_t> count_of_pack(const PackId& pack);
    // False: it was not in `from`.
    Result<bool> move(const UserId& id, UserStatus from, UserStatus to);
    // Forgets the person but for the ids that sessions and audit refer to.
    Status erase_personal_data(const UserId& id);
    Status set_registration_token(const UserId& id, ByteView mac, TimePoint expires_at);
    Status void_registration_token(const UserId& id);

    Status add(const RegistrationRequest& request);
    Result<std::optional<RegistrationRequestView>> request(const RegistrationId& id);
    // Each enterprise's oldest first, in turn: one that floods hides nobody else's (docs/invariants.md 9).
    Result<std::vector<RegistrationRequestView>> pending_requests(std::size_t limit);
    Result<bool> has_pending_request(const UserId& user);
    Result<std::int64_t> last_sequence(const UserId& user);
    // False: it was completed already.
    Result<bool> complete_request(const RegistrationId& id, ByteView statement);

private:
    sqlite::Database& m_database;
};

}
