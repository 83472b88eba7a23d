#include "store/quota.h"

#include "store/columns.h"

namespace qss::store {

Result<SignatureQuota::Sum> SignatureQuota::unfolded(const PackId& pack)
{
    auto query =
        m_database.prepare("SELECT COALESCE(sum(units), 0), count(*) FROM quota_use WHERE pack_id = ?");
    query.bind(pack.bytes());
    TRY(query.step());
    return Sum{query.integer(0), query.integer(1)};
}

Result<std::int64_t> SignatureQuota::folded(const PackId& pack)
{
    auto query = m_database.prepare("SELECT COALESCE(sum(units), 0) FROM quota_folded WHERE pack_id = ?");
    query.bind(pack.bytes());
    return number(query);
}

Result<std::int64_t> SignatureQuota::used(const PackId& pack)
{
    TRY_ASSIGN(recent, unfolded(pack));
    TRY_ASSIGN(before, folded(pack));
    return recent.units + before;
}

Status SignatureQuota::spend(const PackId& pack, std::int64_t quota, std::int64_t units)
{
    QSS_ASSERT(units > 0);
    TRY_ASSIGN(recent, unfolded(pack));
    TRY_ASSIGN(before, folded(pack));
    if (units > quota - recent.units - before)
        return fail(ErrorCode::quota_reached, "signature quota reached");
    if (recent.rows >= fold_at_rows)
        TRY(fold(pack, recent.units));
    TRY(m_database.prepare("INSERT INTO quota_use(pack_id, units) VALUES(?, ?)")
            .bind(pack.bytes())
            .bind(units)
            .run());
    return {};
}

Status SignatureQuota::give_back(const PackId& pack, std::int64_t units)
{
    TRY(m_database.prepare("INSERT INTO quota_use(pack_id, units) VALUES(?, ?)")
            .bind(pack.bytes())
            .bind(-units)
            .run());
    return {};
}

Status SignatureQuota::fold(const PackId& pack, std::int64_t units)
{
    TRY(m_database
            .prepare("INSERT INTO quota_folded VALUES(?, ?) "
                     "ON CONFLICT(pack_id) DO UPDATE SET units = quota_folded.units + excluded.units")
            .bind(pack.bytes())
            .bind(units)
            .run());
    TRY(m_database.prepare("DELETE FROM quota_use WHERE pack_id = ?").bind(pack.bytes()).run());
    return {};
}

}
