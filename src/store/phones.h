// Phones: their enrolments, the devices that came of them, and the mirror of their authenticators. A
// view of one connection: make it inside Store::read or Store::write.
#pragma once

#include <optional>
#include <vector>

#include "sqlite/database.h"
#include "store/types.h"

namespace qss::store {

class Phones {
public:
    explicit Phones(sqlite::Database& database) : m_database(database) {}

    Status add(const Enrolment& enrolment);
    Result<std::optional<Enrolment>> enrolment(const EnrolmentId& id);
    Result<std::int64_t> enrolments_since(const UserId& user, TimePoint since);
    // Takes one try before anything is compared. False: none is left, expired or completed.
    Result<bool> take_try(const EnrolmentId& id, TimePoint now);
    Status codes_right(const EnrolmentId& id, ByteView binding_challenge, TimePoint expires_at);
    // False: its codes were not entered, or it is completed already.
    Result<bool> complete(const EnrolmentId& id);

    Status add(const Device& device);
    Result<std::optional<Device>> device(const DeviceId& id);
    Result<std::vector<Device>> devices(const UserId& user); // active ones, oldest first
    Result<std::vector<Device>> removing();
    // False: it was not in `from`.
    Result<bool> move(const DeviceId& id, DeviceStatus from, DeviceStatus to);

    Status add(const Authenticator& authenticator);
    Result<std::vector<Authenticator>> authenticators(const UserId& user); // of active devices
    Result<std::vector<Authenticator>> authenticators(const DeviceId& device);
    Status remove_all_of(const UserId& user);

private:
    sqlite::Database& m_database;
};

}
