#include "store/sessions.h"

#include "base/canonical.h"
#include "base/limits.h"
#include "store/columns.h"

namespace qss::store {

namespace {

#define QSS_SESSION_QUERY                                                                                    \
    "SELECT id, credential_id, pack_id, user_id, signer_id, key_id, nonce, expires_at, "                     \
    "certificate_sha256, signature_algorithm, digests, display_record, idempotency_key, "                    \
    "request_hash, status, created_at, ended_at, answered, assertion, refusal, refusal_detail "              \
    "FROM session "

Bytes encode_digests(const std::vector<crypto::Digest>& digests)
{
    Bytes out;
    for (const auto& digest : digests)
        out.insert(out.end(), digest.bytes().begin(), digest.bytes().end());
    return out;
}

Result<std::vector<crypto::Digest>> decode_digests(ByteView all, crypto::HashAlgorithm algorithm)
{
    const auto size = crypto::digest_size(algorithm);
    if (all.empty() || all.size() % size != 0)
        return fail(ErrorCode::io, "main database: digests of a session have a wrong length");
    std::vector<crypto::Digest> digests;
    for (; !all.empty(); all = all.subspan(size)) {
        TRY_ASSIGN(digest, crypto::Digest::from_bytes(algorithm, all.first(size)));
        digests.push_back(std::move(digest));
    }
    return digests;
}

Bytes encode_assertion(const StoredAssertion& assertion)
{
    CanonicalWriter out("QSS-STORED-ASSERTION-v1");
    out.bytes(assertion.credential_id)
        .bytes(assertion.authenticator_data)
        .bytes(assertion.client_data_json)
        .bytes(assertion.signature);
    return out.take();
}

Result<StoredAssertion> decode_assertion(ByteView encoding)
{
    TRY_ASSIGN(in, CanonicalReader::open(encoding, "QSS-STORED-ASSERTION-v1"));
    TRY_ASSIGN(credential_id, in.bytes(limits::webauthn_credential_id_size));
    TRY_ASSIGN(authenticator_data, in.bytes(limits::authenticator_data_size));
    TRY_ASSIGN(client_data_json, in.bytes(limits::client_data_size));
    TRY_ASSIGN(signature, in.bytes(limits::signature_size));
    TRY(in.finish());
    return StoredAssertion{to_bytes(credential_id), to_bytes(authenticator_data), to_bytes(client_data_json),
                           to_bytes(signature)};
}

Bytes encode_signatures(const std::vector<Bytes>& signatures)
{
    CanonicalWriter out("QSS-STORED-SIGNATURES-v1");
    out.u64(signatures.size());
    for (const auto& signature : signatures)
        out.bytes(signature);
    return out.take();
}

Result<std::vector<Bytes>> decode_signatures(ByteView encoding)
{
    TRY_ASSIGN(in, CanonicalReader::open(encoding, "QSS-STORED-SIGNATURES-v1"));
    TRY_ASSIGN(count, in.u64());
    if (count > limits::digests_per_session)
        return fail(ErrorCode::io, "main database: too many signatures in a session");
    std::vector<Bytes> signatures;
    for (std::uint64_t i = 0; i < count; ++i) {
        TRY_ASSIGN(signature, in.bytes(limits::signature_size));
        signatures.push_back(to_bytes(signature));
    }
    TRY(in.finish());
    return signatures;
}

struct RawSession {
    Session session;
    Bytes digests;
    Bytes assertion;
};

RawSession read_raw(Columns& c)
{
    Session session{c.id<SessionId>(),
                    c.id<CredentialId>(),
                    c.id<PackId>(),
                    c.id<UserId>(),
                    c.id<SignerId>(),
                    c.id<KeyId>(),
                    c.blob(),
                    c.time(),
                    c.blob(),
                    c.parsed(&crypto::signature_algorithm_from_string),
                    {},
                    {},
                    {},
                    {},
                    SessionStatus::pending,
                    {},
                    {},
                    false,
                    {},
                    ErrorCode::internal,
                    {}};
    auto digests = c.blob();
    session.display_record = c.blob();
    session.idempotency_key = c.text();
    session.request_hash = c.blob();
    session.status = c.name<SessionStatus>();
    session.created_at = c.time();
    session.ended_at = c.time();
    session.answered = c.integer() != 0;
    auto assertion = c.blob();
    session.refusal = static_cast<ErrorCode>(c.integer());
    session.refusal_detail = c.text();
    return {std::move(session), std::move(digests), std::move(assertion)};
}

Result<Session> whole(RawSession raw)
{
    TRY_ASSIGN(digests, decode_digests(raw.digests, crypto::hash_of(raw.session.signature_algorithm)));
    raw.session.digests = std::move(digests);
    if (!raw.assertion.empty()) {
        TRY_ASSIGN(assertion, decode_assertion(raw.assertion));
        raw.session.assertion = std::move(assertion);
    }
    return std::move(raw.session);
}

Result<std::optional<Session>> one(sqlite::Statement& query)
{
    TRY_ASSIGN(raw, first(query, read_raw));
    if (!raw)
        return std::optional<Session>();
    TRY_ASSIGN(session, whole(std::move(*raw)));
    return std::optional<Session>(std::move(session));
}

Result<std::vector<Session>> many(sqlite::Statement& query)
{
    TRY_ASSIGN(rows, all(query, read_raw));
    std::vector<Session> sessions;
    for (auto& raw : rows) {
        TRY_ASSIGN(session, whole(std::move(raw)));
        sessions.push_back(std::move(session));
    }
    return sessions;
}

}

Status Sessions::add(const Session& session)
{
    auto insert = m_database.prepare(
        "INSERT INTO session VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?, ?)");
    insert.bind(session.id.bytes())
        .bind(session.credential_id.bytes())
        .bind(session.pack_id.bytes())
        .bind(session.user_id.bytes())
        .bind(session.signer_id.bytes())
        .bind(session.key_id.bytes())
        .bind(session.nonce)
        .bind(to_unix_ms(session.expires_at))
        .bind(session.certificate_sha256)
        .bind(crypto::to_string(session.signature_algorithm))
        .bind(encode_digests(session.digests))
        .bind(session.display_record);
    if (session.idempotency_key.empty())
        insert.bind_null();
    else
        insert.bind(session.idempotency_key);
    insert.bind(session.request_hash)
        .bind(name_of(session.status))
        .bind(to_unix_ms(session.created_at))
        .bind(to_unix_ms(session.ended_at))
        .bind(std::int64_t{session.answered ? 1 : 0})
        .bind(static_cast<std::int64_t>(session.refusal))
        .bind(session.refusal_detail);
    TRY(insert.run());
    return {};
}

Result<std::optional<Session>> Sessions::by_id(const SessionId& id)
{
    auto query = m_database.prepare(QSS_SESSION_QUERY "WHERE id = ?");
    query.bind(id.bytes());
    return one(query);
}

Result<std::optional<Session>> Sessions::of_pack(const PackId& pack, const SessionId& id)
{
    auto query = m_database.prepare(QSS_SESSION_QUERY "WHERE id = ? AND pack_id = ?");
    query.bind(id.bytes()).bind(pack.bytes());
    return one(query);
}

Result<std::optional<Session>> Sessions::of_user(const UserId& user, const SessionId& id)
{
    auto query = m_database.prepare(QSS_SESSION_QUERY "WHERE id = ? AND user_id = ?");
    query.bind(id.bytes()).bind(user.bytes());
    return one(query);
}

Result<std::vector<Session>> Sessions::pending_of(const UserId& user)
{
    auto query = m_database.prepare(
        QSS_SESSION_QUERY "WHERE user_id = ? AND status = 'pending' ORDER BY created_at, id LIMIT 100");
    query.bind(user.bytes());
    return many(query);
}

Result<std::vector<Session>> Sessions::history_of(const UserId& user, std::size_t limit)
{
    auto query =
        m_database.prepare(QSS_SESSION_QUERY "WHERE user_id = ? ORDER BY created_at DESC, id LIMIT ?");
    query.bind(user.bytes()).bind(static_cast<std::int64_t>(limit));
    return many(query);
}

Result<std::vector<Session>> Sessions::pending()
{
    auto query = m_database.prepare(QSS_SESSION_QUERY "WHERE status = 'pending'");
    return many(query);
}

Result<std::vector<SessionId>> Sessions::approved()
{
    auto query = m_database.prepare("SELECT id FROM session WHERE status = 'approved' ORDER BY created_at");
    return all(query, [](Columns& c) { return c.id<SessionId>(); });
}

Result<std::optional<Session>> Sessions::same_request(const Session& draft, TimePoint ended_after)
{
    if (!draft.idempotency_key.empty()) {
        auto query = m_database.prepare(QSS_SESSION_QUERY "WHERE credential_id = ? AND idempotency_key = ?");
        query.bind(draft.credential_id.bytes()).bind(draft.idempotency_key);
        return one(query);
    }
    auto query = m_database.prepare(
        QSS_SESSION_QUERY "WHERE credential_id = ? AND request_hash = ? AND idempotency_key IS NULL "
                          "AND (status IN ('pending', 'approved') OR (answered = 0 AND ended_at > ?)) "
                          "ORDER BY created_at DESC LIMIT 1");
    query.bind(draft.credential_id.bytes()).bind(draft.request_hash).bind(to_unix_ms(ended_after));
    return one(query);
}

Result<bool> Sessions::approve(const SessionId& id, const StoredAssertion& assertion)
{
    TRY_ASSIGN(
        changed,
        m_database
            .prepare(
                "UPDATE session SET status = 'approved', assertion = ? WHERE id = ? AND status = 'pending'")
            .bind(encode_assertion(assertion))
            .bind(id.bytes())
            .run());
    return changed == 1;
}

Result<bool> Sessions::finish(const SessionId& id, const SessionResult& result, TimePoint now)
{
    TRY_ASSIGN(
        changed,
        m_database
            .prepare(
                "UPDATE session SET status = 'signed', ended_at = ? WHERE id = ? AND status = 'approved'")
            .bind(to_unix_ms(now))
            .bind(id.bytes())
            .run());
    if (changed != 1)
        return false;
    TRY(m_database.prepare("INSERT INTO session_result VALUES(?, ?, ?)")
            .bind(id.bytes())
            .bind(encode_signatures(result.signatures))
            .bind(result.evidence)
            .run());
    return true;
}

Result<bool> Sessions::fail_for_good(const SessionId& id, const Error& refusal, TimePoint now)
{
    TRY_ASSIGN(changed, m_database
                            .prepare("UPDATE session SET status = 'failed', ended_at = ?, refusal = ?, "
                                     "refusal_detail = ? WHERE id = ? AND status = 'approved'")
                            .bind(to_unix_ms(now))
                            .bind(static_cast<std::int64_t>(refusal.code))
                            .bind(refusal.detail)
                            .bind(id.bytes())
                            .run());
    return changed == 1;
}

Result<bool> Sessions::end_pending(const SessionId& id, SessionStatus status, const Error& why, TimePoint now)
{
    QSS_ASSERT(status == SessionStatus::rejected || status == SessionStatus::expired ||
               status == SessionStatus::cancelled);
    TRY_ASSIGN(changed,
               m_database
                   .prepare("UPDATE session SET status = ?, ended_at = ?, refusal = ?, refusal_detail = ? "
                            "WHERE id = ? AND status = 'pending'")
                   .bind(name_of(status))
                   .bind(to_unix_ms(now))
                   .bind(static_cast<std::int64_t>(why.code))
                   .bind(why.detail)
                   .bind(id.bytes())
                   .run());
    return changed == 1;
}

Status Sessions::mark_answered(const SessionId& id)
{
    TRY(m_database
            .prepare("UPDATE session SET answered = 1 WHERE id = ? AND status NOT IN ('pending', 'approved')")
            .bind(id.bytes())
            .run());
    return {};
}

Result<std::optional<SessionResult>> Sessions::result(const SessionId& id)
{
    auto query = m_database.prepare("SELECT signatures, evidence FROM session_result WHERE session_id = ?");
    query.bind(id.bytes());
    TRY_ASSIGN(found, query.step());
    if (!found)
        return std::optional<SessionResult>();
    TRY_ASSIGN(signatures, decode_signatures(query.blob(0)));
    return std::optional<SessionResult>({std::move(signatures), query.blob(1)});
}

Result<std::optional<Bytes>> Sessions::evidence(const SessionId& id)
{
    auto query = m_database.prepare("SELECT evidence FROM session_result WHERE session_id = ?");
    query.bind(id.bytes());
    return first(query, [](Columns& c) { return c.blob(); });
}

}
