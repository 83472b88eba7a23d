// The lists of revocations in the CA's record (record.h).
#include "ca/record.h"

#include "crypto/digest.h"

namespace qss::ca {

namespace {

using namespace std::chrono_literals;

// RFC 5280 5; CSS-6.3.9-05. Asked for by `qss-api`, a list is made anew from this age on; the OCSP
// responder takes none older than 60 minutes.
constexpr auto crl_due = 30min;
constexpr std::uint32_t cessation_of_operation = 5;

// A certificate is valid to the end of its last second.
std::int64_t last_expired_ms(TimePoint now)
{
    return to_unix_ms(now - 1s);
}

}

Status Transaction::add_lists(const AuthorityId& authority, std::uint32_t count)
{
    for (std::uint32_t shard = 0; shard < count; ++shard)
        TRY(m_database.prepare("INSERT INTO crl(authority, shard) VALUES(?, ?)")
                .bind(authority.name())
                .bind(std::int64_t{shard})
                .run());
    return {};
}

Result<std::uint32_t> Transaction::list_count(const AuthorityId& authority)
{
    auto query = m_database.prepare("SELECT count(*) FROM crl WHERE authority = ?");
    TRY(query.bind(authority.name()).step());
    return static_cast<std::uint32_t>(query.integer(0));
}

// A revoked certificate comes on the list that its serial number says.
Status Transaction::put_on_list(ByteView serial)
{
    TRY_ASSIGN(row, certificate(serial));
    TRY_ASSIGN(closed, is_closed(row->authority));
    if (closed)
        return fail(ErrorCode::gone, "its CA has made its last list: the certificate has expired");
    TRY_ASSIGN(count, list_count(row->authority));
    if (count == 0) // the access CA's certificates are looked up
        return {};
    const std::int64_t shard = pki::shard_of(serial, count).number;
    TRY(m_database.prepare("UPDATE certificate SET shard = ? WHERE serial = ?")
            .bind(shard)
            .bind(serial)
            .run());
    TRY(m_database.prepare("UPDATE crl SET stale = 1 WHERE authority = ? AND shard = ?")
            .bind(row->authority.name())
            .bind(shard)
            .run());
    return {};
}

Result<std::optional<Bytes>> Transaction::current_crl(const ListId& list, TimePoint now)
{
    auto query =
        m_database.prepare("SELECT c.der FROM crl c JOIN authority a ON a.name = c.authority"
                           " WHERE c.authority = ? AND c.shard = ? AND c.der IS NOT NULL AND c.stale = 0"
                           " AND (a.closed_ms IS NOT NULL OR (c.at_ms <= ? AND c.at_ms > ?))");
    query.bind(list.authority.name()).bind(std::int64_t{list.shard.number});
    TRY_ASSIGN(found, query.bind(to_unix_ms(now)).bind(to_unix_ms(now - crl_due)).step());
    return found ? std::optional(query.blob(0)) : std::nullopt;
}

Result<std::optional<Bytes>> Transaction::stored_crl(const ListId& list)
{
    auto query =
        m_database.prepare("SELECT der FROM crl WHERE authority = ? AND shard = ? AND der IS NOT NULL");
    TRY_ASSIGN(found, query.bind(list.authority.name()).bind(std::int64_t{list.shard.number}).step());
    return found ? std::optional(query.blob(0)) : std::nullopt;
}

Result<pki::CrlContents> Transaction::begin_list(const ListId& list, TimePoint now, std::chrono::hours life)
{
    const auto name = list.authority.name();
    const std::int64_t shard = list.shard.number;
    auto begin =
        m_database.prepare("UPDATE crl SET number = number + 1, stale = 1 WHERE authority = ? AND shard = ?");
    TRY_ASSIGN(rows, begin.bind(name).bind(shard).run());
    if (rows != 1)
        return fail(ErrorCode::internal, "there is no list " + list.path());
    auto number = m_database.prepare("SELECT number FROM crl WHERE authority = ? AND shard = ?");
    TRY(number.bind(name).bind(shard).step());
    TRY_ASSIGN(closed, is_closed(list.authority));
    pki::CrlContents contents;
    contents.number = static_cast<std::uint64_t>(number.integer(0));
    contents.this_update = now;
    contents.next_update = closed ? pki::no_next_update : now + life;
    return contents;
}

Result<CrlOrder> Transaction::crl_order(const ListId& list, const pki::Certificate& issuer,
                                        const std::string& distribution_point, TimePoint now,
                                        std::chrono::hours life)
{
    TRY_ASSIGN(contents, begin_list(list, now, life));
    contents.distribution_point = distribution_point;
    auto query = m_database.prepare("SELECT serial, revoked_ms, reason FROM certificate WHERE authority = ?"
                                    " AND shard = ? AND revoked_ms IS NOT NULL ORDER BY revoked_ms, serial");
    query.bind(list.authority.name()).bind(std::int64_t{list.shard.number});
    for (;;) {
        TRY_ASSIGN(found, query.step());
        if (!found)
            break;
        contents.revoked.push_back(
            {query.blob(0), {from_unix_ms(query.integer(1)), static_cast<std::uint8_t>(query.integer(2))}});
    }
    TRY_ASSIGN(tbs, pki::encode_tbs_crl(issuer, contents));
    return CrlOrder(list.authority, std::move(tbs));
}

Status Transaction::store_crl(const ListId& list, const pki::Crl& crl)
{
    auto update = m_database.prepare(
        "UPDATE crl SET der = ?, at_ms = ?, stale = 0 WHERE authority = ? AND shard = ? AND number = ?");
    update.bind(crl.der()).bind(to_unix_ms(crl.this_update())).bind(list.authority.name());
    update.bind(std::int64_t{list.shard.number}).bind(static_cast<std::int64_t>(crl.number()));
    TRY_ASSIGN(rows, update.run());
    if (rows != 1)
        return fail(ErrorCode::conflict, "a later CRL was begun");
    return append_event("crl", crypto::sha256(crl.der()), crl.this_update());
}

Result<bool> Transaction::is_closed(const AuthorityId& authority)
{
    auto query = m_database.prepare("SELECT 1 FROM authority WHERE name = ? AND closed_ms IS NOT NULL");
    return query.bind(authority.name()).step();
}

Status Transaction::close(const AuthorityId& authority, const CarriedOrder&, TimePoint now)
{
    TRY(revoke_responders(authority, now));
    // What was intended and not signed will not be; a root's own certificate is on no list.
    auto left = m_database.prepare("SELECT count(*) FROM certificate WHERE authority = ?"
                                   " AND certificate IS NOT NULL AND profile <> ? AND revoked_ms IS NULL"
                                   " AND not_after_ms > ?");
    left.bind(authority.name()).bind(static_cast<std::int64_t>(pki::ProfileId::root));
    TRY(left.bind(last_expired_ms(now)).step());
    if (left.integer(0) != 0)
        return fail(ErrorCode::conflict, std::to_string(left.integer(0)) +
                                             " certificates are neither expired nor revoked (CSS-6.3.9-06)");
    auto update =
        m_database.prepare("UPDATE authority SET closed_ms = ? WHERE name = ? AND closed_ms IS NULL");
    TRY_ASSIGN(rows, update.bind(to_unix_ms(now)).bind(authority.name()).run());
    if (rows != 1)
        return fail(ErrorCode::conflict, "the CA has made its last list");
    TRY(m_database.prepare("UPDATE crl SET stale = 1 WHERE authority = ?").bind(authority.name()).run());
    return append_event("closed", as_bytes(authority.name()), now);
}

Status Transaction::revoke_responders(const AuthorityId& authority, TimePoint now)
{
    std::vector<Bytes> serials;
    {
        auto query = m_database.prepare("SELECT serial FROM certificate WHERE authority = ? AND profile = ?"
                                        " AND certificate IS NOT NULL AND revoked_ms IS NULL"
                                        " AND not_after_ms > ?");
        query.bind(authority.name()).bind(static_cast<std::int64_t>(pki::ProfileId::ocsp_responder));
        query.bind(last_expired_ms(now));
        for (;;) {
            TRY_ASSIGN(found, query.step());
            if (!found)
                break;
            serials.push_back(query.blob(0));
        }
    }
    // Their key is not retired: it goes on for the other authorities.
    for (const auto& serial : serials)
        TRY(mark_revoked(serial, {cessation_of_operation, "last-crl", now, std::nullopt}, now));
    return {};
}

}
