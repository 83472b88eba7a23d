#include "store/quota.h"

#include "store/columns.h"

namespace qss::store {

Quota::Quota(sqlite::Database& database, Counted counted)
    : m_database(database), m_kind(counted == Counted::signatures ? "signature" : "timestamp")
{
}

Result<Quota::Sum> Quota::unfolded(const PackId& pack)
{
    auto query = m_database.prepare(
        "SELECT COALESCE(sum(units), 0), count(*) FROM quota_use WHERE pack_id = ? AND kind = ?");
    query.bind(pack.bytes()).bind(m_kind);
    TRY(query.step());
    return Sum{query.integer(0), query.integer(1)};
}

Result<std::int64_t> Quota::folded(const PackId& pack)
{
    auto query =
        m_database.prepare("SELECT COALESCE(sum(units), 0) FROM quota_folded WHERE pack_id = ? AND kind = ?");
    query.bind(pack.bytes()).bind(m_kind);
    return number(query);
}

Result<std::int64_t> Quota::used(const PackId& pack)
{
    TRY_ASSIGN(recent, unfolded(pack));
    TRY_ASSIGN(before, folded(pack));
    return recent.units + before;
}

Status Quota::spend(const PackId& pack, std::int64_t quota, std::int64_t units)
{
    QSS_ASSERT(units > 0);
    TRY_ASSIGN(recent, unfolded(pack));
    TRY_ASSIGN(before, folded(pack));
    if (units > quota - recent.units - before)
        return fail(ErrorCode::quota_reached, std::string(m_kind) + " quota reached");
    if (recent.rows >= fold_at_rows)
        TRY(fold(pack, recent.units));
    TRY(m_database.prepare("INSERT INTO quota_use(pack_id, kind, units) VALUES(?, ?, ?)")
            .bind(pack.bytes())
            .bind(m_kind)
            .bind(units)
            .run());
    return {};
}

Status Quota::give_back(const PackId& pack, std::int64_t units)
{
    TRY(m_database.prepare("INSERT INTO quota_use(pack_id, kind, units) VALUES(?, ?, ?)")
            .bind(pack.bytes())
            .bind(m_kind)
            .bind(-units)
            .run());
    return {};
}

Status Quota::fold(const PackId& pack, std::int64_t units)
{
    TRY(m_database
            .prepare("INSERT INTO quota_folded VALUES(?, ?, ?) "
                     "ON CONFLICT(pack_id, kind) DO UPDATE SET units = quota_folded.units + excluded.units")
            .bind(pack.bytes())
            .bind(m_kind)
            .bind(units)
            .run());
    TRY(m_database.prepare("DELETE FROM quota_use WHERE pack_id = ? AND kind = ?")
            .bind(pack.bytes())
            .bind(m_kind)
            .run());
    return {};
}

}
