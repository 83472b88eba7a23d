#include "keystore/software/warm_keys.h"

namespace qss::keystore {

WarmKeys::Key WarmKeys::find(ByteView blob_hash)
{
    const std::lock_guard lock(m_mutex);
    const auto found = m_index.find(to_string(blob_hash));
    if (found == m_index.end())
        return nullptr;
    m_recent.splice(m_recent.begin(), m_recent, found->second);
    return found->second->key;
}

void WarmKeys::insert(ByteView blob_hash, Key key)
{
    if (m_capacity == 0)
        return;
    const auto hash = to_string(blob_hash);
    const std::lock_guard lock(m_mutex);
    if (m_index.contains(hash)) // another thread loaded it meanwhile
        return;
    if (m_recent.size() == m_capacity) {
        m_index.erase(m_recent.back().blob_hash);
        m_recent.pop_back();
    }
    m_recent.push_front({hash, std::move(key)});
    m_index.emplace(hash, m_recent.begin());
}

void WarmKeys::erase(ByteView blob_hash)
{
    const std::lock_guard lock(m_mutex);
    const auto found = m_index.find(to_string(blob_hash));
    if (found == m_index.end())
        return;
    m_recent.erase(found->second);
    m_index.erase(found);
}

std::size_t WarmKeys::size() const
{
    const std::lock_guard lock(m_mutex);
    return m_recent.size();
}

}
