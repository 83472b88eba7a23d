// Who waits for what, without holding a thread: callbacks by key, each with a deadline. `wake` calls all
// of a key's callbacks on the waking thread; `sweep`, called by one timer thread, those whose deadline
// has passed. Each callback is called exactly once, never under the lock. Safe from any thread.
#pragma once

#include <functional>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "service/task.h"

namespace qss::service {

enum class Wakening {
    notified,
    deadline,
    gone,     // the client has hung up; there is nobody to answer
};

template <class Key>
class Waiters {
public:
    using Callback = MoveOnlyFunction<void(Wakening)>;
    using Gone = std::function<bool()>; // may be empty; asked by `sweep`

    explicit Waiters(std::size_t limit) : m_limit(limit) {}

    // False: the table is full, or closed; `callback` was not taken.
    [[nodiscard]] bool add(const Key& key, TimePoint deadline, Gone gone, Callback& callback)
    {
        const std::lock_guard lock(m_mutex);
        if (m_closed || m_count >= m_limit)
            return false;
        ++m_count;
        m_waiting[key].push_back({deadline, std::move(gone), std::move(callback)});
        return true;
    }

    void wake(const Key& key)
    {
        std::vector<Entry> woken;
        {
            const std::lock_guard lock(m_mutex);
            const auto found = m_waiting.find(key);
            if (found == m_waiting.end())
                return;
            woken = std::move(found->second);
            m_waiting.erase(found);
            m_count -= woken.size();
        }
        for (auto& entry : woken)
            entry.callback(Wakening::notified);
    }

    // Gives the keys that lost their last waiter because its client hung up.
    std::vector<Key> sweep(TimePoint now)
    {
        std::vector<std::pair<Entry, Wakening>> ended;
        std::vector<Key> deserted;
        {
            const std::lock_guard lock(m_mutex);
            for (auto at = m_waiting.begin(); at != m_waiting.end();) {
                const bool hung_up = take_ended(at->second, now, ended);
                if (!at->second.empty()) {
                    ++at;
                    continue;
                }
                if (hung_up)
                    deserted.push_back(at->first);
                at = m_waiting.erase(at);
            }
            m_count -= ended.size();
        }
        for (auto& [entry, why] : ended)
            entry.callback(why);
        return deserted;
    }

    [[nodiscard]] bool has(const Key& key) const
    {
        const std::lock_guard lock(m_mutex);
        return m_waiting.contains(key);
    }

    [[nodiscard]] std::size_t count() const
    {
        const std::lock_guard lock(m_mutex);
        return m_count;
    }

    // At the end of the process: everybody is told that the deadline has come. Nobody may wait from now on,
    // or whoever comes meanwhile would keep the process from its end.
    void close()
    {
        std::unordered_map<Key, std::vector<Entry>> all;
        {
            const std::lock_guard lock(m_mutex);
            all.swap(m_waiting);
            m_count = 0;
            m_closed = true;
        }
        for (auto& [key, entries] : all)
            for (auto& entry : entries)
                entry.callback(Wakening::deadline);
    }

private:
    struct Entry {
        TimePoint deadline;
        Gone gone;
        Callback callback;
    };

    static bool take_ended(std::vector<Entry>& entries, TimePoint now,
                           std::vector<std::pair<Entry, Wakening>>& ended)
    {
        bool hung_up = false;
        for (std::size_t i = 0; i < entries.size();) {
            const bool gone = entries[i].gone && entries[i].gone();
            if (!gone && entries[i].deadline > now) {
                ++i;
                continue;
            }
            hung_up = hung_up || gone;
            ended.emplace_back(std::move(entries[i]), gone ? Wakening::gone : Wakening::deadline);
            if (i + 1 < entries.size())
                entries[i] = std::move(entries.back());
            entries.pop_back();
        }
        return hung_up;
    }

    const std::size_t m_limit;
    mutable std::mutex m_mutex; // guards the rest
    std::unordered_map<Key, std::vector<Entry>> m_waiting;
    std::size_t m_count = 0;
    bool m_closed = false;
};

}
