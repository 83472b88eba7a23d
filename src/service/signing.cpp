// Opening: from a request to a durable `pending` session (docs/architecture.md, steps 1 to 5).
#include "service/signing.h"

#include "base/canonical.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "sap/display_record.h"
#include "service/find_user.h"
#include "service/session_errors.h"
#include "store/audit.h"
#include "store/identities.h"
#include "store/phones.h"
#include "store/quota.h"
#include "store/sessions.h"
#include "store/users.h"

namespace qss::service {

namespace {

constexpr std::string_view language = "en";

crypto::SignatureAlgorithm algorithm_for(crypto::KeyType key, crypto::HashAlgorithm hash)
{
    using crypto::SignatureAlgorithm;
    const bool rsa = crypto::is_rsa(key);
    switch (hash) {
    case crypto::HashAlgorithm::sha256:
        return rsa ? SignatureAlgorithm::rsa_pkcs1_sha256 : SignatureAlgorithm::ecdsa_sha256;
    case crypto::HashAlgorithm::sha384:
        return rsa ? SignatureAlgorithm::rsa_pkcs1_sha384 : SignatureAlgorithm::ecdsa_sha384;
    case crypto::HashAlgorithm::sha512: break;
    }
    return rsa ? SignatureAlgorithm::rsa_pkcs1_sha512 : SignatureAlgorithm::ecdsa_sha512;
}

Status check_request(const SignRequest& request)
{
    if (request.digests.empty())
        return fail(ErrorCode::invalid_argument, "no digests");
    if (request.digests.size() > limits::digests_per_session)
        return fail(ErrorCode::too_large, "more than 100 digests");
    for (const auto& digest : request.digests)
        if (digest.algorithm() != request.digests.front().algorithm())
            return fail(ErrorCode::invalid_argument, "digests of different hash algorithms");
    if (!request.labels.empty() && request.labels.size() != request.digests.size())
        return fail(ErrorCode::invalid_argument, "labels: one for each digest, or none");
    for (const auto& label : request.labels)
        TRY(check_shown_text(label, "label", limits::label_size));
    if (request.idempotency_key.size() > idempotency_key_size)
        return fail(ErrorCode::invalid_argument, "Idempotency-Key is longer than 64 bytes");
    return {};
}

// Two requests are the same when these are: labels are for people, and do not make another signature.
Bytes request_hash(const store::Session& session)
{
    CanonicalWriter text("QSS-SIGN-REQUEST-v1");
    text.bytes(session.user_id.bytes()).bytes(session.pack_id.bytes());
    text.text(crypto::oid(session.digests.front().algorithm())).u64(session.digests.size());
    for (const auto& digest : session.digests)
        text.bytes(digest.bytes());
    return crypto::sha256(text.encoded());
}

struct Means { // what a user needs in order to sign
    std::optional<store::Identity> identity;
    bool has_device = false;
    std::int64_t quota_used = 0;
};

Result<Means> means_of(sqlite::Database& database, const store::Session& session)
{
    TRY_ASSIGN(identity, store::IdentityTable(database).of_user(session.user_id, session.pack_id));
    TRY_ASSIGN(authenticators, store::Phones(database).authenticators(session.user_id));
    TRY_ASSIGN(used, store::Quota(database, store::Counted::signatures).used(session.pack_id));
    return Means{std::move(identity), !authenticators.empty(), used};
}

KeyId no_key_yet()
{
    return KeyId(detail::IdBytes{});
}

SessionId no_session_yet()
{
    return SessionId(detail::IdBytes{});
}

}

Signing::Signing(const Parts& parts, Settings settings)
    : m(parts), m_settings(std::move(settings)), m_clients(m_settings.waiting_limit),
      m_phones(m_settings.waiting_limit)
{
}

Result<SignTicket> Signing::begin(const Application& by, const SignRequest& request)
{
    TRY(check_request(request));
    TRY_ASSIGN(draft, this->draft(by, request));
    TRY_ASSIGN(attached, attach(draft.session));
    if (attached)
        return *attached;
    TRY(check_may_sign(by, request, draft));
    return open(by, std::move(draft.session));
}

Result<Signing::Draft> Signing::draft(const Application& by, const SignRequest& request)
{
    TRY_ASSIGN(user, find_user(m.store, by, request.email));
    store::Session session{.id = no_session_yet(),
                           .credential_id = by.credential.id,
                           .pack_id = by.pack.id,
                           .user_id = user.id,
                           .signer_id = user.signer_id,
                           .key_id = no_key_yet(),
                           .nonce = {},
                           .expires_at = {},
                           .certificate_sha256 = {},
                           .signature_algorithm =
                               algorithm_for(by.pack.key_type, request.digests.front().algorithm()),
                           .digests = request.digests,
                           .display_record = {},
                           .idempotency_key = request.idempotency_key,
                           .request_hash = {},
                           .status = store::SessionStatus::pending,
                           .created_at = m.clock.now(),
                           .ended_at = {},
                           .answered = false,
                           .assertion = {},
                           .refusal = ErrorCode::internal,
                           .refusal_detail = {}};
    session.request_hash = request_hash(session);
    return Draft{std::move(session), std::move(user)};
}

Result<std::optional<SignTicket>> Signing::attach(const store::Session& draft)
{
    const auto ended_after = m.clock.now() - m_settings.result_grace;
    TRY_ASSIGN(same, m.store.read([&](sqlite::Database& db) {
        return store::Sessions(db).same_request(draft, ended_after);
    }));
    if (!same)
        return std::optional<SignTicket>();
    if (!equal_public(same->request_hash, draft.request_hash))
        return fail(ErrorCode::invalid_argument, "Idempotency-Key was used for another request");
    set_deserted_at(same->id, m.clock.now() + m_settings.attach_grace);
    return std::optional(SignTicket{same->id});
}

// What is read for it is read again when the session is written, by write_pending.
Status Signing::check_may_sign(const Application& by, const SignRequest& request, Draft& draft)
{
    auto& session = draft.session;
    if (by.pack.valid_until <= session.created_at)
        return fail(ErrorCode::forbidden, "the subscription has ended");
    if (!crypto::fits(session.signature_algorithm, by.pack.key_type))
        return fail(ErrorCode::invalid_argument, "this hash algorithm does not fit the pack's keys");
    if (draft.user.status != store::UserStatus::approved)
        return fail(ErrorCode::conflict, "User's registration has not been completed");
    TRY_ASSIGN(means, m.store.read([&](sqlite::Database& db) { return means_of(db, session); }));
    const auto& identity = means.identity;
    if (!identity || identity->status != store::IdentityStatus::live)
        return fail(ErrorCode::conflict, "User has no signing identity");
    if (has_ended(identity->not_after, session.created_at))
        return fail(ErrorCode::conflict, "the certificate of the user's signing identity has expired");
    if (!means.has_device)
        return fail(ErrorCode::conflict, "User has no registered device");
    if (static_cast<std::int64_t>(session.digests.size()) > by.pack.signature_quota - means.quota_used)
        return fail(ErrorCode::quota_reached, "signature quota reached");

    session.key_id = identity->key_id;
    session.certificate_sha256 = identity->certificate_sha256;
    session.display_record = sap::DisplayRecord{by.enterprise.name,         by.pack.name,
                                                by.credential.name,         std::string(language),
                                                m_settings.consent_version, request.labels}
                                 .encode();
    return {};
}

Result<SignTicket> Signing::open(const Application& by, store::Session session)
{
    const auto lifetime =
        by.pack.session_lifetime.count() > 0 ? by.pack.session_lifetime : m_settings.default_lifetime;
    const auto answer = m.sam.open_session(session, lifetime);
    // Not the pack's quota: the SAM keeps no more open sessions of this signer. They end by themselves.
    if (!answer && answer.error().code == ErrorCode::quota_reached)
        return fail(ErrorCode::rate_limited, answer.error().detail);
    TRY_ASSIGN(opened, answer);
    m.crash_points.reach("opened_not_pending");
    session.id = opened.session_id;
    session.nonce = opened.nonce;
    session.expires_at = opened.expires_at;

    const auto written = write_pending(by, session);
    if (!written) {
        (void)m.sam.cancel(session.id); // nobody will approve it; it would expire by itself
        if (written.error().code != ErrorCode::already_exists)
            return fail(written.error());
        // The same request came twice at once, and the other one was first.
        TRY_ASSIGN(attached, attach(session));
        if (attached)
            return *attached;
        return fail(ErrorCode::unavailable, "the same request was ending; ask again");
    }
    watch(session.id, session.expires_at, m.clock.now() + m_settings.attach_grace);
    m_phones.wake(session.user_id);
    return SignTicket{session.id};
}

Status Signing::write_pending(const Application& by, const store::Session& session)
{
    return m.store.write([&](sqlite::Database& db) -> Status {
        // What was checked may have ended while the SAM was asked.
        TRY_ASSIGN(identity, store::IdentityTable(db).by_key(session.key_id));
        if (!identity || identity->status != store::IdentityStatus::live)
            return fail(ErrorCode::conflict, "User has no signing identity");
        TRY_ASSIGN(user, store::UserTable(db).by_id(session.user_id));
        if (!user || user->status != store::UserStatus::approved)
            return fail(ErrorCode::not_found, "no such user");
        TRY(store::Sessions(db).add(session));
        return store::Audit(db).append({session.created_at, by.actor(), "session.opened",
                                        session_object(session.id),
                                        std::to_string(session.digests.size()) + " digests"});
    });
}

Result<Bytes> Signing::evidence(const Application& by, const SessionId& id)
{
    TRY_ASSIGN(session, m.store.read([&](sqlite::Database& db) {
        return store::Sessions(db).of_pack(by.pack.id, id);
    }));
    if (!session)
        return fail(ErrorCode::not_found, "no such session");
    return evidence_of(*session);
}

Result<Bytes> Signing::evidence(const Phone& phone, const SessionId& id)
{
    TRY_ASSIGN(session, find_of(phone, id));
    return evidence_of(session);
}

Result<Bytes> Signing::evidence_of(const store::Session& session)
{
    TRY_ASSIGN(evidence,
               m.store.read([&](sqlite::Database& db) { return store::Sessions(db).evidence(session.id); }));
    if (!evidence)
        return fail(ErrorCode::conflict, "the session was not signed: there is no evidence");
    return std::move(*evidence);
}

Result<std::vector<store::Session>> Signing::history(const Phone& phone)
{
    constexpr std::size_t page = 100;
    return m.store.read(
        [&](sqlite::Database& db) { return store::Sessions(db).history_of(phone.user_id, page); });
}

Result<store::Session> Signing::find(const SessionId& id)
{
    TRY_ASSIGN(session, m.store.read([&](sqlite::Database& db) { return store::Sessions(db).by_id(id); }));
    if (!session)
        return fail(ErrorCode::not_found, "no such session");
    return std::move(*session);
}

Result<store::Session> Signing::find_of(const Phone& phone, const SessionId& id)
{
    TRY_ASSIGN(session, m.store.read([&](sqlite::Database& db) {
        return store::Sessions(db).of_user(phone.user_id, id);
    }));
    if (!session)
        return fail(ErrorCode::not_found, "no such session");
    return std::move(*session);
}

}
