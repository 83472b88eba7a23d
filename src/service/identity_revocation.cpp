// How identities end: SAM first, then CA, each with its receipt, then our row; and how our rows follow what
// officers had the roles do.
#include "base/log.h"
#include "crypto/digest.h"
#include "service/each_of.h"
#include "service/find_user.h"
#include "service/identities.h"
#include "store/audit.h"
#include "store/identities.h"

namespace qss::service {

using store::IdentityStatus;

namespace {

constexpr std::int64_t page = 100;
constexpr Milliseconds look_at_lists_every{10'000};

Status check_may_read(const Operator& by)
{
    if (by.role == OperatorRole::registration_officer)
        return fail(ErrorCode::forbidden, "operators, security officers and auditors alone");
    return {};
}

Status check_may_revoke(const Operator& by)
{
    if (by.role != OperatorRole::operator_ && by.role != OperatorRole::security_officer)
        return fail(ErrorCode::forbidden, "operators and security officers alone");
    return {};
}

}

std::string identity_object(const KeyId& key)
{
    return "identity:" + key.text();
}

Status wait_for_officers(Status outcome)
{
    if (outcome || outcome.error().code != ErrorCode::rate_limited)
        return outcome;
    log::alarm("revocations wait: they are above the rate of the ceremony; officers can order them",
               {{"detail", outcome.error().detail}});
    return fail(ErrorCode::unavailable, outcome.error().detail);
}

store::RevocationRequest Identities::by_service() const
{
    return {.by = "service", .at = m.clock.now()};
}

Status Identities::begin_revocation(const KeyId& key, const store::RevocationRequest& request)
{
    TRY(pki::check_revocation_reason(request.reason));
    const auto stored = m.store.write([&](sqlite::Database& db) -> Status {
        TRY(store::IdentityTable(db).begin_revocation(key, request));
        return store::Audit(db).append({m.clock.now(), request.by, "identity.revocation_intended",
                                        identity_object(key),
                                        std::string(pki::revocation_reason_name(request.reason))});
    });
    TRY(stored);
    m.crash_points.reach("revocation_not_sent");
    return {};
}

Status Identities::remove(const Application& by, std::string_view email, std::uint32_t reason)
{
    TRY_ASSIGN(user, find_user(m.store, by, email));
    TRY_ASSIGN(identity, m.store.read([&](sqlite::Database& db) {
        return store::IdentityTable(db).of_user(user.id, by.pack.id);
    }));
    if (!identity)
        return fail(ErrorCode::not_found, "User has no signing identity");
    TRY(begin_revocation(identity->key_id, {reason, by.actor(), m.clock.now()}));
    return wait_for_officers(finish_revocation(*identity));
}

Status Identities::revoke(const Operator& by, const KeyId& key, std::uint32_t reason)
{
    TRY(check_may_revoke(by));
    TRY_ASSIGN(identity,
               m.store.read([&](sqlite::Database& db) { return store::IdentityTable(db).by_key(key); }));
    if (!identity)
        return fail(ErrorCode::not_found, "no such identity");
    if (identity->status == IdentityStatus::revoked)
        return {};
    TRY(begin_revocation(key, {reason, by.actor(), m.clock.now()}));
    return wait_for_officers(finish_revocation(*identity));
}

Result<RevocationView> Identities::revocation(const Operator& by, const KeyId& key)
{
    TRY(check_may_read(by));
    return m.store.read([&](sqlite::Database& db) -> Result<RevocationView> {
        TRY_ASSIGN(identity, store::IdentityTable(db).by_key(key));
        if (!identity)
            return fail(ErrorCode::not_found, "no such identity");
        TRY_ASSIGN(revocation, store::IdentityTable(db).revocation(key));
        return RevocationView{std::move(*identity), std::move(revocation)};
    });
}

Result<std::vector<store::Identity>> Identities::list(const Operator& by,
                                                      std::optional<IdentityStatus> status)
{
    TRY(check_may_read(by));
    return m.store.read([&](sqlite::Database& db) { return store::IdentityTable(db).list(status, page); });
}

// A crash may have come between the CA's certificate and our row: the CA gives the same one again. If it had
// made none it makes one now, for a key that is gone, and it is revoked at once. Empty: it has none and makes
// none.
Result<Bytes> Identities::serial_at_ca(const store::Identity& identity)
{
    if (!identity.serial.empty())
        return identity.serial;
    const auto issued =
        m.ca.issue_identity(identity.key_attestation, identity.registration_statement, m.lifetime_days);
    if (!issued && is_outcome_unknown(issued.error().code))
        return fail(issued.error());
    if (!issued)
        return Bytes{};
    TRY_ASSIGN(certificate, pki::Certificate::from_der(*issued));
    return certificate.serial();
}

// SAM first: the key is gone before anybody hears of it; then the CA. Each may be repeated.
Status Identities::finish_revocation(const store::Identity& identity)
{
    TRY_ASSIGN(known, m.store.read([&](sqlite::Database& db) {
        return store::IdentityTable(db).revocation(identity.key_id);
    }));
    auto revocation = known.value_or(store::Revocation{identity.key_id, by_service(), {}, 0, {}, {}});
    auto destroyed = m.sam.revoke_key(identity.key_id, revocation.request);
    if (!destroyed && destroyed.error().code != ErrorCode::gone &&
        destroyed.error().code != ErrorCode::not_found)
        return fail(destroyed.error());
    revocation.sam_receipt = destroyed ? std::move(*destroyed) : Bytes();
    m.crash_points.reach("destroyed_not_revoked");
    // Read again: a certificate may have been stored since.
    TRY_ASSIGN(now, m.store.read([&](sqlite::Database& db) {
        return store::IdentityTable(db).by_key(identity.key_id);
    }));
    if (!now)
        return fail(ErrorCode::internal, "an identity has vanished");
    TRY_ASSIGN(serial, serial_at_ca(*now));
    if (!serial.empty()) {
        TRY_ASSIGN(der, m.ca.revoke(serial, revocation.request));
        TRY_ASSIGN(list, pki::Crl::from_der(der));
        if (!list.find(serial))
            return fail(ErrorCode::internal, "the CA's list does not tell of the revocation");
        revocation.crl_number = static_cast<std::int64_t>(list.number());
        revocation.crl_sha256 = crypto::sha256(der);
        // List and responder say so before anybody hears that it is done.
        TRY(m.publication.refresh());
    }
    m.crash_points.reach("revoked_not_stored");
    return m.store.write([&](sqlite::Database& db) -> Status {
        TRY_ASSIGN(mine, store::IdentityTable(db).move(identity.key_id, IdentityStatus::revoking,
                                                       IdentityStatus::revoked));
        if (!mine)
            return {};
        revocation.ended_at = m.clock.now();
        TRY(store::IdentityTable(db).set_receipts(revocation));
        return store::Audit(db).append({revocation.ended_at, "service", "identity.revoked",
                                        identity_object(identity.key_id),
                                        "list " + std::to_string(revocation.crl_number)});
    });
}

Status Identities::revoke_all_of(const UserId& user, const store::RevocationRequest& request)
{
    const auto begun = m.store.write(
        [&](sqlite::Database& db) { return store::IdentityTable(db).begin_revocation(user, request); });
    TRY(begun);
    TRY_ASSIGN(identities,
               m.store.read([&](sqlite::Database& db) { return store::IdentityTable(db).all_of(user); }));
    for (const auto& identity : identities)
        TRY(finish_revocation(identity));
    return {};
}

Status Identities::finish_revocations()
{
    TRY_ASSIGN(identities,
               m.store.read([](sqlite::Database& db) { return store::IdentityTable(db).revoking(); }));
    return each_of(identities, [this](const auto& identity) { return finish_revocation(identity); });
}

Status Identities::follow_lists()
{
    const auto now = m.clock.now();
    if (now < m_look_at)
        return {};
    TRY(m.publication.refresh());
    m_look_at = now + look_at_lists_every;
    for (const auto& file : m.publication.lists()) {
        if (m_followed.contains(file->tag))
            continue;
        TRY_ASSIGN(list, pki::Crl::from_der(file->content));
        TRY(follow(list));
        m_followed.insert(file->tag);
    }
    return {};
}

Status Identities::follow(const pki::Crl& list)
{
    for (const auto& serial : list.serials()) {
        const std::string name = qss::to_string(ByteView(serial));
        if (m_followed_serials.contains(name))
            continue;
        TRY_ASSIGN(identity, m.store.read([&](sqlite::Database& db) {
            return store::IdentityTable(db).by_serial(serial);
        }));
        if (identity && identity->status != IdentityStatus::revoking &&
            identity->status != IdentityStatus::revoked) {
            const auto told = list.find(serial).value_or(pki::Revocation{});
            TRY(begin_revocation(identity->key_id, {told.reason, "officers", told.revoked_at}));
            log::warning("officers had an identity revoked", {{"identity", identity->key_id.text()}});
        }
        m_followed_serials.insert(name);
    }
    return {};
}

}
