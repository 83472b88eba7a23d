#include "sqlite/writer.h"

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

namespace qss::sqlite {

namespace {

struct Job {
    Writer::Closure closure;
    Writer::Done done;
};

constexpr std::size_t group_limit = 256; // closures a commit: bounds the first one's wait

}

class Writer::Impl {
public:
    Impl(Database database, Closure before_commit, std::size_t queue_limit,
         std::function<void(const Status&)> after_group)
        : m_database(std::move(database)), m_before_commit(std::move(before_commit)),
          m_after_group(std::move(after_group)), m_queue_limit(queue_limit), m_thread([this] { run(); })
    {
    }

    ~Impl()
    {
        {
            const std::lock_guard lock(m_mutex);
            m_stopping = true;
        }
        m_wake.notify_one();
        m_thread.join();
    }

    void enqueue(Job job)
    {
        std::unique_lock lock(m_mutex);
        if (m_queue.size() >= m_queue_limit || m_stopping) {
            lock.unlock();
            return job.done(fail(ErrorCode::unavailable, "the database's queue is full"));
        }
        m_queue.push_back(std::move(job));
        lock.unlock();
        m_wake.notify_one();
    }

    Counts counts() const { return {m_commits.load(), m_closures.load()}; }

private:
    void run()
    {
        for (;;) {
            std::vector<Job> group;
            {
                std::unique_lock lock(m_mutex);
                m_wake.wait(lock, [this] { return m_stopping || !m_queue.empty(); });
                if (m_queue.empty())
                    return;
                const auto count = std::min(m_queue.size(), group_limit);
                const auto end = m_queue.begin() + static_cast<std::ptrdiff_t>(count);
                group.assign(std::make_move_iterator(m_queue.begin()), std::make_move_iterator(end));
                m_queue.erase(m_queue.begin(), end);
            }
            commit(group);
        }
    }

    Status run(std::string_view sql) // prepared once: parsing costs more than a savepoint
    {
        TRY(m_database.prepare(sql).run());
        return {};
    }

    void commit(std::vector<Job>& group)
    {
        std::vector<Status> outcomes(group.size());
        auto whole = run("BEGIN IMMEDIATE");
        if (whole) {
            for (std::size_t i = 0; i < group.size() && whole; ++i)
                whole = run_in_savepoint(group[i].closure, outcomes[i]);
            if (whole && m_before_commit)
                whole = m_before_commit(m_database);
            if (whole)
                whole = run("COMMIT");
            if (!whole)
                (void)run("ROLLBACK");
        }
        if (m_after_group)
            m_after_group(whole);
        ++m_commits;
        m_closures += group.size();
        for (std::size_t i = 0; i < group.size(); ++i)
            group[i].done(whole ? std::move(outcomes[i]) : whole);
    }

    // An error of its own means that the savepoint could not be kept or undone: then the whole group
    // must be, or a failed closure's changes would be committed with it.
    Status run_in_savepoint(const Closure& closure, Status& outcome)
    {
        TRY(run("SAVEPOINT one"));
        try {
            outcome = closure(m_database);
        } catch (const std::exception& error) {
            outcome = fail(ErrorCode::internal, error.what());
        }
        if (!outcome)
            TRY(run("ROLLBACK TO one"));
        return run("RELEASE one");
    }

    Database m_database;           // the writer's thread alone
    Closure m_before_commit;       // the same
    std::function<void(const Status&)> m_after_group; // the same
    const std::size_t m_queue_limit;
    std::atomic<std::uint64_t> m_commits{0};
    std::atomic<std::uint64_t> m_closures{0};
    std::mutex m_mutex;            // guards the next two
    std::vector<Job> m_queue;
    bool m_stopping = false;
    std::condition_variable m_wake;
    std::thread m_thread;          // last: starts when all else is there
};

Writer::Writer(Database database, Closure before_commit, std::size_t queue_limit,
               std::function<void(const Status& committed)> after_group)
    : m_impl(std::make_unique<Impl>(std::move(database), std::move(before_commit), queue_limit,
                                    std::move(after_group)))
{
}

Writer::~Writer() = default;

Status Writer::write(Closure closure)
{
    std::promise<Status> promise;
    auto future = promise.get_future();
    m_impl->enqueue(
        {std::move(closure), [&promise](Status status) { promise.set_value(std::move(status)); }});
    return future.get();
}

void Writer::write_async(Closure closure, Done done)
{
    m_impl->enqueue({std::move(closure), std::move(done)});
}

Writer::Counts Writer::counts() const
{
    return m_impl->counts();
}

}
