#include "service/officers.h"

#include "service/enrolments.h"
#include "statements/registration.h"
#include "store/audit.h"
#include "store/users.h"

namespace qss::service {

namespace {

constexpr std::size_t page = 100;
constexpr std::size_t waiting_limit = 1000;
constexpr int everything = 0;

Status check_role(const Operator& by)
{
    if (by.role == OperatorRole::registration_officer)
        return {};
    return fail(ErrorCode::forbidden, "registration officers alone");
}

// A statement answers the request in every field: an officer who knows better refuses, and the application
// asks anew.
Status check_answers(const statements::RegistrationStatement& statement,
                     const store::RegistrationRequestView& asked)
{
    const auto& user = asked.user;
    if (statement.signer_id != user.signer_id || statement.enterprise_id != user.enterprise_id)
        return fail(ErrorCode::invalid_argument, "the statement is about another signer or enterprise");
    if (statement.sequence != asked.request.sequence)
        return fail(ErrorCode::invalid_argument, "the statement has another sequence number");
    if (statement.organisation != asked.enterprise.name || statement.country != asked.enterprise.country)
        return fail(ErrorCode::invalid_argument, "the statement names another organisation");
    if (statement.email != user.email || statement.mobile != user.mobile)
        return fail(ErrorCode::invalid_argument, "the statement has another e-mail address or mobile number");
    if (statement.given_name != user.given_name || statement.surname != user.surname ||
        statement.identity_number != user.identity_number)
        return fail(ErrorCode::invalid_argument, "the statement names another person");
    return {};
}

}

Officers::Officers(const Parts& parts)
    : m_store(parts.store), m_sam(parts.sam), m_code_key(parts.code_key.clone()), m_clock(parts.clock),
      m_invitation_life(parts.invitation_life), m_waiters(waiting_limit)
{
}

Result<std::vector<store::RegistrationRequestView>> Officers::query()
{
    return m_store.read([](sqlite::Database& db) { return store::UserTable(db).pending_requests(page); });
}

void Officers::pending(const Operator& by, Milliseconds wait, Done done)
{
    if (const auto permitted = check_role(by); !permitted)
        return done(fail(permitted.error()));
    auto now = query();
    if (!now || !now->empty() || wait.count() <= 0)
        return done(std::move(now));
    Waiters<int>::Callback callback = [this, done = std::move(done)](Wakening why) mutable {
        if (why == Wakening::notified)
            done(query());
        else
            done(std::vector<store::RegistrationRequestView>());
    };
    if (!m_waiters.add(everything, m_clock.now() + wait, {}, callback))
        return callback(Wakening::deadline);
    const auto again = query();
    if (again && !again->empty())
        m_waiters.wake(everything);
}

Status Officers::submit_statement(const Operator& by, const RegistrationId& id, ByteView transport)
{
    TRY(check_role(by));
    TRY_ASSIGN(asked, m_store.read([&](sqlite::Database& db) { return store::UserTable(db).request(id); }));
    if (!asked)
        return fail(ErrorCode::not_found, "no such registration request");
    if (asked->request.status == store::RequestStatus::completed) {
        if (equal_public(asked->request.statement, transport))
            return {};
        return fail(ErrorCode::conflict, "the registration request is completed already");
    }
    TRY_ASSIGN(signed_statement, statements::SignedStatement::decode(transport));
    TRY_ASSIGN(statement, statements::RegistrationStatement::decode(signed_statement.encoding));
    TRY(check_answers(statement, *asked));
    TRY_ASSIGN(signer, m_sam.register_signer(transport));
    if (signer != asked->user.signer_id)
        return fail(ErrorCode::internal, "the SAM registered another signer");

    const auto now = m_clock.now();
    // The invitation itself goes from the officer to the employee, past us.
    const auto token = statements::registration_token(statement.enrolment_spki);
    const auto& user = asked->user;
    const auto stored = m_store.write([&](sqlite::Database& db) -> Status {
        store::UserTable users(db);
        // The removal of the user may have come between; what it erased is not written again.
        TRY_ASSIGN(now_user, users.by_id(user.id));
        if (!now_user || now_user->status == store::UserStatus::deleting)
            return fail(ErrorCode::gone, "the user has been removed");
        TRY_ASSIGN(mine, users.complete_request(id, transport));
        if (!mine)
            return {}; // the same statement, twice at once
        TRY(users.move(user.id, store::UserStatus::requested, store::UserStatus::approved));
        TRY(users.set_registration_token(user.id, registration_token_mac(m_code_key, token),
                                         now + m_invitation_life));
        return store::Audit(db).append({now, by.actor(), "registration.completed", "user:" + user.id.text(),
                                        "statement " + statement.statement_id.text()});
    });
    if (!stored && stored.error().code == ErrorCode::gone) // the removal may have looked for it too early
        (void)m_sam.destroy_signer(signer, {.by = "service", .at = m_clock.now()});
    return stored;
}

}
