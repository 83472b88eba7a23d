#include "service/timestamps.h"

#include "base/encoding.h"
#include "base/log.h"
#include "crypto/digest.h"
#include "store/quota.h"

namespace qss::service {

namespace {

constexpr std::chrono::seconds look_again{30};
constexpr std::size_t max_remembered = 64;

// Whatever keeps the unit from stamping, the caller can only come back.
Error why_not(const Error& error)
{
    log::warning("no time-stamp", {{"code", to_string(error.code)}, {"detail", error.detail}});
    return {ErrorCode::unavailable, "no time-stamp can be given now"};
}

}

Result<Bytes> Timestamps::stamp(const Application& by, const crypto::Digest& digest)
{
    using store::Counted;
    using store::Quota;
    TRY(m.store.write([&](sqlite::Database& db) {
        return Quota(db, Counted::timestamps).spend(by.pack.id, by.pack.timestamp_quota, 1);
    }));
    auto token = m.tsa.stamp(digest);
    if (token)
        return token;
    const auto returned = m.store.write(
        [&](sqlite::Database& db) { return Quota(db, Counted::timestamps).give_back(by.pack.id, 1); });
    if (!returned)
        log::warning("a time-stamp that was not given stays counted", {{"detail", returned.error().detail}});
    return fail(why_not(token.error()));
}

Result<Bytes> Timestamps::answer(ByteView request)
{
    auto response = m.tsa.stamp(request);
    if (!response)
        return fail(why_not(response.error()));
    return response;
}

Result<std::int64_t> Timestamps::remaining(const Application& by)
{
    TRY_ASSIGN(used, m.store.read([&](sqlite::Database& db) {
        return store::Quota(db, store::Counted::timestamps).used(by.pack.id);
    }));
    return std::max<std::int64_t>(by.pack.timestamp_quota - used, 0);
}

Status Timestamps::keep_current()
{
    const std::lock_guard lock(m_mutex);
    if (m.clock.now() < m_next)
        return {};
    m_next = m.clock.now() + look_again;
    const auto show = [&]() -> Status {
        TRY_ASSIGN(lists, m.ca.current_crls());
        if (m_shown.size() > max_remembered)
            m_shown.clear();
        for (const auto& list : lists) {
            auto hash = hex_encode(crypto::sha256(list.der));
            if (m_shown.contains(hash))
                continue;
            const auto shown = m.tsa.update_crl(list.der);
            if (!shown && shown.error().code != ErrorCode::not_found) // not_found: of another issuer
                return shown;
            m_shown.insert(std::move(hash));
        }
        return {};
    };
    auto shown = show();
    if (!shown)
        log::warning("the time-stamping unit has not seen the current lists",
                     {{"detail", shown.error().detail}});
    return shown;
}

}
