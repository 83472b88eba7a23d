#include "service/users.h"

#include "base/log.h"
#include "pki/crl.h"
#include "service/each_of.h"
#include "service/find_user.h"
#include "service/identities.h"
#include "service/officers.h"
#include "service/signing.h"
#include "statements/registration.h"
#include "store/audit.h"
#include "store/identities.h"
#include "store/phones.h"
#include "store/users.h"

namespace qss::service {

using store::DeviceStatus;
using store::UserStatus;

namespace {

std::string user_object(const UserId& id)
{
    return "user:" + id.text();
}

// The SAM forgets nothing, so "no such" means that it never came to be there.
Status done_or_never(const Status& outcome)
{
    if (!outcome && (outcome.error().code == ErrorCode::not_found || outcome.error().code == ErrorCode::gone))
        return {};
    return outcome;
}

template <class T>
Status status_of(const Result<T>& result)
{
    if (!result)
        return fail(result.error());
    return {};
}

}

Result<store::User> Users::create(const Application& by, const NewUser& wanted)
{
    TRY_ASSIGN(email, statements::normalise_email(wanted.email));
    TRY_ASSIGN(mobile, statements::normalise_mobile(wanted.mobile));
    TRY(statements::check_person_names(wanted.given_name, wanted.surname));
    if (!wanted.identity_number.empty())
        TRY(statements::check_identity_number(wanted.identity_number));
    const auto now = m.clock.now();
    const store::User user{UserId::generate(m.random),
                           by.enterprise.id,
                           by.pack.id,
                           SignerId::generate(m.random),
                           email,
                           mobile,
                           wanted.given_name,
                           wanted.surname,
                           wanted.identity_number,
                           UserStatus::requested,
                           now};
    const store::RegistrationRequest request{RegistrationId::generate(m.random), user.id, 1,
                                             store::RequestStatus::pending,      now,     {}};
    const auto stored = m.store.write([&](sqlite::Database& db) -> Status {
        store::UserTable users(db);
        // A duplicate says so even when the quota is reached.
        TRY_ASSIGN(same, users.by_email(user.enterprise_id, user.email));
        if (same)
            return fail(ErrorCode::already_exists, "a user of this e-mail address exists");
        TRY_ASSIGN(count, users.count_of_pack(by.pack.id));
        if (count >= by.pack.user_quota)
            return fail(ErrorCode::quota_reached, "user quota reached");
        TRY(users.add(user));
        TRY(users.add(request));
        return store::Audit(db).append({now, by.actor(), "user.requested", user_object(user.id), ""});
    });
    TRY(stored);
    m.officers.notify();
    return user;
}

Result<store::User> Users::get(const Application& by, std::string_view email)
{
    return find_user(m.store, by, email);
}

Status Users::remove(const Application& by, std::string_view email, std::uint32_t reason)
{
    TRY_ASSIGN(user, get(by, email));
    TRY(pki::check_revocation_reason(reason));
    const store::RevocationRequest request{reason, by.actor(), m.clock.now()};
    // The intent first: from here on nothing can be done with the user, and recovery ends what we begin.
    const auto stored = m.store.write([&](sqlite::Database& db) -> Status {
        store::UserTable users(db);
        TRY_ASSIGN(was_approved, users.move(user.id, UserStatus::approved, UserStatus::deleting));
        if (!was_approved) {
            TRY_ASSIGN(was_requested, users.move(user.id, UserStatus::requested, UserStatus::deleting));
            if (!was_requested)
                return fail(ErrorCode::not_found, "no such user");
        }
        TRY(users.void_registration_token(user.id));
        TRY(store::Phones(db).remove_all_of(user.id));
        TRY(store::IdentityTable(db).begin_revocation(user.id, request));
        return store::Audit(db).append({request.at, by.actor(), "user.removal_intended", user_object(user.id),
                                        std::string(pki::revocation_reason_name(reason))});
    });
    TRY(stored);
    m.signing.cancel_all_of(user.id);
    return wait_for_officers(finish_removal(user));
}

// Who asked for the end of the user's identities, if there are any.
Result<store::RevocationRequest> Users::requested_for(const UserId& user)
{
    TRY_ASSIGN(last, m.store.read([&](sqlite::Database& db) {
        return store::IdentityTable(db).last_revocation(user);
    }));
    return last ? std::move(last->request) : store::RevocationRequest{.by = "service", .at = m.clock.now()};
}

Status Users::finish_removal(const store::User& user)
{
    TRY_ASSIGN(request, requested_for(user.id));
    TRY(done_or_never(status_of(m.sam.destroy_signer(user.signer_id, request))));
    TRY(m.identities.revoke_all_of(user.id, request));
    return m.store.write([&](sqlite::Database& db) -> Status {
        store::UserTable users(db);
        TRY_ASSIGN(mine, users.move(user.id, UserStatus::deleting, UserStatus::deleted));
        if (!mine)
            return {};
        TRY(users.erase_personal_data(user.id));
        return store::Audit(db).append({m.clock.now(), "service", "user.removed", user_object(user.id), ""});
    });
}

Result<std::vector<store::Device>> Users::devices(const Application& by, std::string_view email)
{
    TRY_ASSIGN(user, get(by, email));
    return m.store.read([&](sqlite::Database& db) { return store::Phones(db).devices(user.id); });
}

Status Users::remove_device(const Application& by, std::string_view email, const DeviceId& id)
{
    TRY_ASSIGN(user, get(by, email));
    TRY_ASSIGN(device, m.store.read([&](sqlite::Database& db) { return store::Phones(db).device(id); }));
    if (!device || device->user_id != user.id || device->status == DeviceStatus::removed)
        return fail(ErrorCode::not_found, "no such device");
    const auto stored = m.store.write([&](sqlite::Database& db) -> Status {
        store::Phones phones(db);
        TRY_ASSIGN(mine, phones.move(id, DeviceStatus::active, DeviceStatus::removing));
        if (!mine)
            return {}; // recovery, or another call, is at it
        TRY_ASSIGN(left, phones.devices(user.id));
        if (left.empty())
            TRY(store::IdentityTable(db).begin_revocation(user.id, {.by = by.actor(), .at = m.clock.now()}));
        return store::Audit(db).append(
            {m.clock.now(), by.actor(), "device.removal_intended", "device:" + id.text(), ""});
    });
    TRY(stored);
    return wait_for_officers(finish_device_removal(*device));
}

Status Users::finish_device_removal(const store::Device& device)
{
    TRY_ASSIGN(
        user, m.store.read([&](sqlite::Database& db) { return store::UserTable(db).by_id(device.user_id); }));
    if (!user)
        return fail(ErrorCode::internal, "a device without its user");
    TRY_ASSIGN(bound, m.store.read(
                          [&](sqlite::Database& db) { return store::Phones(db).authenticators(device.id); }));
    TRY_ASSIGN(request, requested_for(user->id));
    for (const auto& authenticator : bound)
        TRY(done_or_never(status_of(m.sam.remove_authenticator(user->signer_id, authenticator.id, request))));
    TRY_ASSIGN(last, m.store.write([&](sqlite::Database& db) -> Result<bool> {
        store::Phones phones(db);
        TRY_ASSIGN(mine, phones.move(device.id, DeviceStatus::removing, DeviceStatus::removed));
        TRY_ASSIGN(left, phones.devices(user->id));
        if (!mine || !left.empty())
            return false;
        // Re-enrolment after a loss needs a new statement (docs/invariants.md 5): one, if two phones went at
        // once.
        store::UserTable users(db);
        TRY(users.void_registration_token(user->id));
        TRY_ASSIGN(asked, users.has_pending_request(user->id));
        if (asked)
            return true;
        TRY_ASSIGN(sequence, users.last_sequence(user->id));
        TRY(users.add(store::RegistrationRequest{RegistrationId::generate(m.random),
                                                 user->id,
                                                 static_cast<std::uint64_t>(sequence) + 1,
                                                 store::RequestStatus::pending,
                                                 m.clock.now(),
                                                 {}}));
        TRY(store::Audit(db).append({m.clock.now(), "service", "user.needs_statement", user_object(user->id),
                                     "last device removed"}));
        return true;
    }));
    if (!last)
        return {};
    m.signing.cancel_all_of(user->id);
    m.officers.notify();
    return m.identities.revoke_all_of(user->id, request);
}

Result<std::vector<store::User>> Users::list(const Operator& by, const EnterpriseId& enterprise)
{
    if (by.role != OperatorRole::operator_ && by.role != OperatorRole::auditor)
        return fail(ErrorCode::forbidden, "operators and auditors alone");
    return m.store.read([&](sqlite::Database& db) { return store::UserTable(db).of_enterprise(enterprise); });
}

Status Users::finish_removals()
{
    TRY_ASSIGN(devices, m.store.read([](sqlite::Database& db) { return store::Phones(db).removing(); }));
    auto outcome = each_of(devices, [this](const auto& device) { return finish_device_removal(device); });
    if (is_role_away(outcome))
        return outcome;
    TRY_ASSIGN(users, m.store.read([](sqlite::Database& db) { return store::UserTable(db).deleting(); }));
    const auto removed = each_of(users, [this](const auto& user) { return finish_removal(user); });
    return outcome ? removed : outcome;
}

}
