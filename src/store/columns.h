// Reads a row's columns in order into domain values, and the names of the enumerations as the database
// has them. The first value that breaks its type's rules is remembered; ask `status()` at the end.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "sqlite/database.h"
#include "store/types.h"

namespace qss::store {

template <class Enum>
struct Names; // `values`: text and value, one for each enumerator

template <>
struct Names<PackKind> {
    static constexpr std::array values = {std::pair{"signing", PackKind::signing},
                                          std::pair{"sealing", PackKind::sealing}};
};
template <>
struct Names<Standing> {
    static constexpr std::array values = {std::pair{"active", Standing::active},
                                          std::pair{"suspended", Standing::suspended}};
};
template <>
struct Names<UserStatus> {
    static constexpr std::array values = {
        std::pair{"requested", UserStatus::requested}, std::pair{"approved", UserStatus::approved},
        std::pair{"deleting", UserStatus::deleting}, std::pair{"deleted", UserStatus::deleted}};
};
template <>
struct Names<RequestStatus> {
    static constexpr std::array values = {std::pair{"pending", RequestStatus::pending},
                                          std::pair{"completed", RequestStatus::completed}};
};
template <>
struct Names<EnrolmentStatus> {
    static constexpr std::array values = {std::pair{"codes_sent", EnrolmentStatus::codes_sent},
                                          std::pair{"codes_right", EnrolmentStatus::codes_right},
                                          std::pair{"completed", EnrolmentStatus::completed}};
};
template <>
struct Names<DeviceStatus> {
    static constexpr std::array values = {std::pair{"active", DeviceStatus::active},
                                          std::pair{"removing", DeviceStatus::removing},
                                          std::pair{"removed", DeviceStatus::removed}};
};
template <>
struct Names<IdentityStatus> {
    static constexpr std::array values = {
        std::pair{"attested", IdentityStatus::attested}, std::pair{"issued", IdentityStatus::issued},
        std::pair{"live", IdentityStatus::live}, std::pair{"revoking", IdentityStatus::revoking},
        std::pair{"revoked", IdentityStatus::revoked}};
};
template <>
struct Names<SessionStatus> {
    static constexpr std::array values = {
        std::pair{"pending", SessionStatus::pending}, std::pair{"approved", SessionStatus::approved},
        std::pair{"signed", SessionStatus::signed_},  std::pair{"rejected", SessionStatus::rejected},
        std::pair{"expired", SessionStatus::expired}, std::pair{"cancelled", SessionStatus::cancelled},
        std::pair{"failed", SessionStatus::failed}};
};
template <>
struct Names<MessageKind> {
    static constexpr std::array values = {std::pair{"email", MessageKind::email},
                                          std::pair{"sms", MessageKind::sms}};
};

template <class Enum>
const char* name_of(Enum value)
{
    for (const auto& [name, candidate] : Names<Enum>::values)
        if (candidate == value)
            return name;
    return "";
}

class Columns {
public:
    explicit Columns(const sqlite::Statement& row) : m_row(row) {}

    template <class IdType>
    IdType id()
    {
        auto parsed = IdType::from_bytes(m_row.blob(m_next++));
        if (parsed)
            return *parsed;
        note(parsed.error().detail);
        return IdType(detail::IdBytes{});
    }

    template <class Enum>
    Enum name()
    {
        const auto text = m_row.text(m_next++);
        for (const auto& [known, value] : Names<Enum>::values)
            if (text == known)
                return value;
        note("unknown status or kind");
        return Names<Enum>::values.front().second;
    }

    // A value that a function of its own reads from a text.
    template <class T>
    T parsed(Result<T> (*parse)(std::string_view))
    {
        auto value = parse(m_row.text(m_next++));
        if (value)
            return *value;
        note(value.error().detail);
        return T{};
    }

    TimePoint time() { return from_unix_ms(integer()); }
    std::int64_t integer() { return m_row.integer(m_next++); }
    std::string text() { return m_row.text(m_next++); }
    Bytes blob() { return m_row.blob(m_next++); }
    [[nodiscard]] bool next_is_null() const { return m_row.is_null(m_next); }

    [[nodiscard]] Status status() const
    {
        if (m_failed)
            return fail(ErrorCode::io, "main database, column " + std::to_string(m_next) + ": " + m_detail);
        return {};
    }

private:
    void note(std::string detail)
    {
        if (!m_failed)
            m_detail = std::move(detail);
        m_failed = true;
    }

    const sqlite::Statement& m_row;
    int m_next = 0;
    bool m_failed = false;
    std::string m_detail;
};

// The first row, or nullopt. `read`: T(Columns&).
template <class Read>
auto first(sqlite::Statement& query, Read read) -> Result<std::optional<std::invoke_result_t<Read, Columns&>>>
{
    using T = std::invoke_result_t<Read, Columns&>;
    TRY_ASSIGN(found, query.step());
    if (!found)
        return std::optional<T>();
    Columns columns(query);
    std::optional<T> value(read(columns));
    TRY(columns.status());
    return value;
}

template <class Read>
auto all(sqlite::Statement& query, Read read) -> Result<std::vector<std::invoke_result_t<Read, Columns&>>>
{
    std::vector<std::invoke_result_t<Read, Columns&>> values;
    for (;;) {
        TRY_ASSIGN(found, query.step());
        if (!found)
            return values;
        Columns columns(query);
        values.push_back(read(columns));
        TRY(columns.status());
    }
}

// The one row of an aggregate.
inline Result<std::int64_t> number(sqlite::Statement& query)
{
    TRY(query.step());
    return query.integer(0);
}

}
