#include "role/dispatch.h"

#include <algorithm>

#include "base/limits.h"

namespace qss::role {

namespace {

// protobuf-lite keeps unknown fields but has no public way to ask for them; the member is protected.
struct MetadataAccess : google::protobuf::MessageLite {
    static bool unknown(const google::protobuf::MessageLite& message)
    {
        return (message.*(&MetadataAccess::_internal_metadata_)).have_unknown_fields();
    }
};

}

bool has_unknown_fields(const google::protobuf::MessageLite& message)
{
    return MetadataAccess::unknown(message);
}

Dispatch::Dispatch(std::vector<Entry> entries, std::function<State()> state)
    : m_entries(std::move(entries)), m_state(std::move(state))
{
    std::sort(m_entries.begin(), m_entries.end(),
              [](const Entry& a, const Entry& b) { return a.type < b.type; });
    for (std::size_t i = 0; i < m_entries.size(); ++i) {
        QSS_ASSERT(m_entries[i].max_body_size <= limits::wire_message_size);
        QSS_ASSERT(i == 0 || m_entries[i - 1].type != m_entries[i].type);
    }
}

const Entry* Dispatch::find(std::uint16_t type) const
{
    const auto found = std::lower_bound(m_entries.begin(), m_entries.end(), type,
                                        [](const Entry& entry, std::uint16_t t) { return entry.type < t; });
    return found != m_entries.end() && found->type == type ? &*found : nullptr;
}

wire::Permit Dispatch::permit(std::uint16_t type, std::size_t body_size) const
{
    const auto* entry = find(type);
    if (entry == nullptr || body_size > entry->max_body_size)
        return wire::Permit::violation;
    return entry->states.contains(m_state()) ? wire::Permit::allowed : wire::Permit::refused_now;
}

Result<Bytes> Dispatch::handle(std::uint16_t type, ByteView body)
{
    const auto* entry = find(type);
    if (entry == nullptr || body.size() > entry->max_body_size)
        return fail(ErrorCode::malformed, "no such message");
    // The state may have moved on since the header was judged.
    if (!entry->states.contains(m_state()))
        return fail(ErrorCode::conflict, std::string(entry->name) + " is not permitted in this state");
    return entry->handler(body);
}

}
