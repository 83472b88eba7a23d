#include "store/users.h"

#include "store/columns.h"

namespace qss::store {

namespace {

#define QSS_USER_COLUMNS                                                                                     \
    "u.id, u.enterprise_id, u.pack_id, u.signer_id, u.email, u.mobile, u.given_name, u.surname, "            \
    "u.identity_number, u.status, u.created_at"
#define QSS_REQUEST_QUERY                                                                                    \
    "SELECT r.id, r.user_id, r.sequence, r.status, r.created_at, r.statement, " QSS_USER_COLUMNS             \
    ", e.id, e.provider_id, e.name, e.country, e.created_at FROM registration_request r "                    \
    "JOIN app_user u ON u.id = r.user_id JOIN enterprise e ON e.id = u.enterprise_id "

User read_user(Columns& c)
{
    return {c.id<UserId>(), c.id<EnterpriseId>(),
            c.id<PackId>(), c.id<SignerId>(),
            c.text(),       c.text(),
            c.text(),       c.text(),
            c.text(),       c.name<UserStatus>(),
            c.time()};
}

RegistrationRequestView read_request(Columns& c)
{
    RegistrationRequest request{
        c.id<RegistrationId>(),  c.id<UserId>(), static_cast<std::uint64_t>(c.integer()),
        c.name<RequestStatus>(), c.time(),       c.blob()};
    auto user = read_user(c);
    return {std::move(request), std::move(user),
            Enterprise{c.id<EnterpriseId>(), c.id<ProviderId>(), c.text(), c.text(), c.time()}};
}

}

Status UserTable::add(const User& user)
{
    TRY(m_database
            .prepare("INSERT INTO app_user(id, enterprise_id, pack_id, signer_id, email, mobile, given_name, "
                     "surname, identity_number, status, created_at) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
            .bind(user.id.bytes())
            .bind(user.enterprise_id.bytes())
            .bind(user.pack_id.bytes())
            .bind(user.signer_id.bytes())
            .bind(user.email)
            .bind(user.mobile)
            .bind(user.given_name)
            .bind(user.surname)
            .bind(user.identity_number)
            .bind(name_of(user.status))
            .bind(to_unix_ms(user.created_at))
            .run());
    return {};
}

Result<std::optional<User>> UserTable::by_email(const EnterpriseId& enterprise, std::string_view email)
{
    auto query = m_database.prepare("SELECT " QSS_USER_COLUMNS " FROM app_user u "
                                    "WHERE u.enterprise_id = ? AND u.email = ? AND u.status <> 'deleted'");
    query.bind(enterprise.bytes()).bind(email);
    return first(query, read_user);
}

Result<std::optional<User>> UserTable::by_id(const UserId& id)
{
    auto query = m_database.prepare("SELECT " QSS_USER_COLUMNS
                                    " FROM app_user u WHERE u.id = ? AND u.status <> 'deleted'");
    query.bind(id.bytes());
    return first(query, read_user);
}

Result<std::optional<User>> UserTable::by_registration_token(ByteView registration_token_mac, TimePoint now)
{
    auto query =
        m_database.prepare("SELECT " QSS_USER_COLUMNS " FROM app_user u WHERE u.registration_token_mac = ? "
                           "AND u.registration_token_expires_at > ? AND u.status = 'approved'");
    query.bind(registration_token_mac).bind(to_unix_ms(now));
    return first(query, read_user);
}

Result<std::vector<User>> UserTable::of_enterprise(const EnterpriseId& enterprise)
{
    auto query = m_database.prepare("SELECT " QSS_USER_COLUMNS " FROM app_user u WHERE u.enterprise_id = ? "
                                    "AND u.status <> 'deleted' ORDER BY u.email");
    query.bind(enterprise.bytes());
    return all(query, read_user);
}

Result<std::vector<User>> UserTable::deleting()
{
    auto query =
        m_database.prepare("SELECT " QSS_USER_COLUMNS " FROM app_user u WHERE u.status = 'deleting'");
    return all(query, read_user);
}

Result<std::int64_t> UserTable::count_of_pack(const PackId& pack)
{
    auto query =
        m_database.prepare("SELECT count(*) FROM app_user WHERE pack_id = ? AND status <> 'deleted'");
    query.bind(pack.bytes());
    return number(query);
}

Result<bool> UserTable::move(const UserId& id, UserStatus from, UserStatus to)
{
    TRY_ASSIGN(changed, m_database.prepare("UPDATE app_user SET status = ? WHERE id = ? AND status = ?")
                            .bind(name_of(to))
                            .bind(id.bytes())
                            .bind(name_of(from))
                            .run());
    return changed == 1;
}

Status UserTable::erase_personal_data(const UserId& id)
{
    TRY(m_database
            .prepare("UPDATE app_user SET email = '', mobile = '', given_name = '', surname = '', "
                     "identity_number = '', registration_token_mac = NULL, registration_token_expires_at = "
                     "NULL WHERE id = ?")
            .bind(id.bytes())
            .run());
    TRY(m_database.prepare("UPDATE registration_request SET statement = x'' WHERE user_id = ?")
            .bind(id.bytes())
            .run());
    TRY(m_database.prepare("DELETE FROM enrolment WHERE user_id = ?").bind(id.bytes()).run());
    return {};
}

Status UserTable::set_registration_token(const UserId& id, ByteView mac, TimePoint expires_at)
{
    TRY(m_database
            .prepare("UPDATE app_user SET registration_token_mac = ?, registration_token_expires_at = ? "
                     "WHERE id = ?")
            .bind(mac)
            .bind(to_unix_ms(expires_at))
            .bind(id.bytes())
            .run());
    return {};
}

Status UserTable::void_registration_token(const UserId& id)
{
    TRY(m_database
            .prepare("UPDATE app_user SET registration_token_mac = NULL, registration_token_expires_at = "
                     "NULL WHERE id = ?")
            .bind(id.bytes())
            .run());
    return {};
}

Status UserTable::add(const RegistrationRequest& request)
{
    TRY(m_database.prepare("INSERT INTO registration_request VALUES(?, ?, ?, ?, ?, ?)")
            .bind(request.id.bytes())
            .bind(request.user_id.bytes())
            .bind(static_cast<std::int64_t>(request.sequence))
            .bind(name_of(request.status))
            .bind(to_unix_ms(request.created_at))
            .bind(request.statement)
            .run());
    return {};
}

Result<std::optional<RegistrationRequestView>> UserTable::request(const RegistrationId& id)
{
    auto query =
        m_database.prepare(QSS_REQUEST_QUERY "WHERE r.id = ? AND u.status IN ('requested', 'approved')");
    query.bind(id.bytes());
    return first(query, read_request);
}

Result<std::vector<RegistrationRequestView>> UserTable::pending_requests(std::size_t limit)
{
    auto query = m_database.prepare(
        QSS_REQUEST_QUERY
        "WHERE r.status = 'pending' AND u.status IN ('requested', 'approved') ORDER BY row_number() OVER "
        "(PARTITION BY u.enterprise_id ORDER BY r.created_at, r.id), r.created_at, r.id LIMIT ?");
    query.bind(static_cast<std::int64_t>(limit));
    return all(query, read_request);
}

Result<bool> UserTable::has_pending_request(const UserId& user)
{
    auto query =
        m_database.prepare("SELECT 1 FROM registration_request WHERE user_id = ? AND status = 'pending'");
    query.bind(user.bytes());
    return query.step();
}

Result<std::int64_t> UserTable::last_sequence(const UserId& user)
{
    auto query =
        m_database.prepare("SELECT COALESCE(max(sequence), 0) FROM registration_request WHERE user_id = ?");
    query.bind(user.bytes());
    return number(query);
}

Result<bool> UserTable::complete_request(const RegistrationId& id, ByteView statement)
{
    TRY_ASSIGN(changed, m_database
                            .prepare("UPDATE registration_request SET status = 'completed', statement = ? "
                                     "WHERE id = ? AND status = 'pending'")
                            .bind(statement)
                            .bind(id.bytes())
                            .run());
    return changed == 1;
}

}
