#include "store/phones.h"

#include "store/columns.h"

namespace qss::store {

namespace {

Enrolment read_enrolment(Columns& c)
{
    return {c.id<EnrolmentId>(),
            c.id<UserId>(),
            c.text(),
            c.blob(),
            c.blob(),
            c.blob(),
            c.integer(),
            c.time(),
            c.name<EnrolmentStatus>(),
            c.blob(),
            c.time()};
}

Device read_device(Columns& c)
{
    return {c.id<DeviceId>(), c.id<UserId>(), c.text(), c.blob(), c.name<DeviceStatus>(), c.time()};
}

Authenticator read_authenticator(Columns& c)
{
    return {c.id<AuthenticatorId>(), c.id<UserId>(), c.id<DeviceId>(), c.blob(), c.blob(), c.blob()};
}

}

Status Phones::add(const Enrolment& enrolment)
{
    TRY(m_database.prepare("INSERT INTO enrolment VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
            .bind(enrolment.id.bytes())
            .bind(enrolment.user_id.bytes())
            .bind(enrolment.device_name)
            .bind(enrolment.device_spki)
            .bind(enrolment.email_code_mac)
            .bind(enrolment.sms_code_mac)
            .bind(enrolment.tries_left)
            .bind(to_unix_ms(enrolment.expires_at))
            .bind(name_of(enrolment.status))
            .bind(enrolment.binding_challenge)
            .bind(to_unix_ms(enrolment.created_at))
            .run());
    return {};
}

Result<std::optional<Enrolment>> Phones::enrolment(const EnrolmentId& id)
{
    auto query = m_database.prepare("SELECT * FROM enrolment WHERE id = ?");
    query.bind(id.bytes());
    return first(query, read_enrolment);
}

Result<std::int64_t> Phones::enrolments_since(const UserId& user, TimePoint since)
{
    auto query = m_database.prepare("SELECT count(*) FROM enrolment WHERE user_id = ? AND created_at > ?");
    query.bind(user.bytes()).bind(to_unix_ms(since));
    return number(query);
}

Result<bool> Phones::take_try(const EnrolmentId& id, TimePoint now)
{
    TRY_ASSIGN(changed, m_database
                            .prepare("UPDATE enrolment SET tries_left = tries_left - 1 WHERE id = ? "
                                     "AND tries_left > 0 AND expires_at > ? AND status <> 'completed'")
                            .bind(id.bytes())
                            .bind(to_unix_ms(now))
                            .run());
    return changed == 1;
}

Status Phones::codes_right(const EnrolmentId& id, ByteView binding_challenge, TimePoint expires_at)
{
    TRY(m_database
            .prepare("UPDATE enrolment SET status = 'codes_right', binding_challenge = ?, expires_at = ? "
                     "WHERE id = ? AND status <> 'completed'")
            .bind(binding_challenge)
            .bind(to_unix_ms(expires_at))
            .bind(id.bytes())
            .run());
    return {};
}

Result<bool> Phones::complete(const EnrolmentId& id)
{
    TRY_ASSIGN(
        changed,
        m_database
            .prepare("UPDATE enrolment SET status = 'completed' WHERE id = ? AND status = 'codes_right'")
            .bind(id.bytes())
            .run());
    return changed == 1;
}

Status Phones::add(const Device& device)
{
    TRY(m_database.prepare("INSERT INTO device VALUES(?, ?, ?, ?, ?, ?)")
            .bind(device.id.bytes())
            .bind(device.user_id.bytes())
            .bind(device.name)
            .bind(device.spki)
            .bind(name_of(device.status))
            .bind(to_unix_ms(device.created_at))
            .run());
    return {};
}

Result<std::optional<Device>> Phones::device(const DeviceId& id)
{
    auto query = m_database.prepare("SELECT * FROM device WHERE id = ?");
    query.bind(id.bytes());
    return first(query, read_device);
}

Result<std::vector<Device>> Phones::devices(const UserId& user)
{
    auto query = m_database.prepare("SELECT * FROM device WHERE user_id = ? AND status = 'active' "
                                    "ORDER BY created_at, id");
    query.bind(user.bytes());
    return all(query, read_device);
}

Result<std::vector<Device>> Phones::removing()
{
    auto query = m_database.prepare("SELECT * FROM device WHERE status = 'removing'");
    return all(query, read_device);
}

Result<bool> Phones::move(const DeviceId& id, DeviceStatus from, DeviceStatus to)
{
    TRY_ASSIGN(changed, m_database.prepare("UPDATE device SET status = ? WHERE id = ? AND status = ?")
                            .bind(name_of(to))
                            .bind(id.bytes())
                            .bind(name_of(from))
                            .run());
    return changed == 1;
}

Status Phones::add(const Authenticator& authenticator)
{
    TRY(m_database.prepare("INSERT INTO authenticator VALUES(?, ?, ?, ?, ?, ?)")
            .bind(authenticator.id.bytes())
            .bind(authenticator.user_id.bytes())
            .bind(authenticator.device_id.bytes())
            .bind(authenticator.credential_id)
            .bind(authenticator.public_key_spki)
            .bind(authenticator.link_record)
            .run());
    return {};
}

Result<std::vector<Authenticator>> Phones::authenticators(const UserId& user)
{
    auto query = m_database.prepare("SELECT a.* FROM authenticator a JOIN device d ON d.id = a.device_id "
                                    "WHERE a.user_id = ? AND d.status = 'active' ORDER BY a.id");
    query.bind(user.bytes());
    return all(query, read_authenticator);
}

Result<std::vector<Authenticator>> Phones::authenticators(const DeviceId& device)
{
    auto query = m_database.prepare("SELECT * FROM authenticator WHERE device_id = ?");
    query.bind(device.bytes());
    return all(query, read_authenticator);
}

Status Phones::remove_all_of(const UserId& user)
{
    TRY(m_database.prepare("UPDATE device SET status = 'removed' WHERE user_id = ?")
            .bind(user.bytes())
            .run());
    return {};
}

}
