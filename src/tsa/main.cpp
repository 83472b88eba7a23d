// qss-tsa: the wiring. Takes, besides the flags of every role, one for the tests of a sandbox, which a record
// outside one refuses: --sandbox-clock-state FILE (clock_source.h).
#include <algorithm>
#include <string>
#include <vector>

#include "keystore/software/software_key_store.h"
#include "role/periodic_task.h"
#include "tsa/dispatch.h"

namespace qss::tsa {

namespace {

constexpr std::chrono::seconds watch_every{1};

class TsaRole final : public role::Role {
public:
    TsaRole(std::unique_ptr<keystore::KeyStore> keys, sqlite::Database database,
            std::unique_ptr<ClockSource> clock_source)
        : m_keys(std::move(keys)), m_clock_source(std::move(clock_source)), m_writer(std::move(database))
    {
    }

    Status open(role::Context& context)
    {
        // Whoever states the clock's state has no token that says more than TEST.
        const bool stated = context.options.sandbox;
        const auto check_mode = [&context, stated](role::Mode mode) -> Status {
            if (mode == role::Mode::production && stated)
                return fail(ErrorCode::forbidden, "outside a sandbox the clock's state is the kernel's");
            return context.check_mode(mode);
        };
        TRY_ASSIGN(service, Service::open({m_writer, *m_keys, context.clock, *m_clock_source, context.random,
                                           check_mode}));
        m_service = std::move(service);
        m_dispatch.emplace(dispatch_table(*m_service), [this] { return m_service->state(); });
        m_watch.emplace(watch_every, [this] { m_service->watch_clock(); });
        return {};
    }

    wire::Dispatcher& dispatcher() override { return *m_dispatch; }
    [[nodiscard]] role::ClockReading clock_reading() const override { return role::ClockReading::state; }

private:
    std::unique_ptr<keystore::KeyStore> m_keys;
    std::unique_ptr<ClockSource> m_clock_source;
    sqlite::Writer m_writer;
    std::unique_ptr<Service> m_service;
    std::optional<role::Dispatch> m_dispatch;
    std::optional<role::PeriodicTask> m_watch;
};

Result<std::unique_ptr<role::Role>> open_tsa(role::Context& context, const std::optional<std::string>& state)
{
    const auto& directory = context.options.directory;
    if (state && !context.options.sandbox)
        return fail(ErrorCode::forbidden, "--sandbox-clock-state is for a sandbox only");
    TRY_ASSIGN(keys,
               keystore::SoftwareKeyStore::open_or_create(directory, context.passphrase, context.random));
    TRY_ASSIGN(database, open_record(directory + "/record.db"));
    std::unique_ptr<ClockSource> clock_source;
    if (context.options.sandbox) // its machine may be a container, whose clock nothing of it keeps
        clock_source = std::make_unique<StatedClockSource>(state);
    else
        clock_source = std::make_unique<KernelClockSource>();
    auto tsa = std::make_unique<TsaRole>(std::move(keys), std::move(database), std::move(clock_source));
    TRY(tsa->open(context));
    return tsa;
}

}

}

int main(int argc, char** argv)
{
    std::vector<char*> arguments(argv, argv + argc);
    std::optional<std::string> state;
    const auto flag =
        std::find(arguments.begin(), arguments.end(), std::string_view("--sandbox-clock-state"));
    if (flag != arguments.end() && flag + 1 != arguments.end()) {
        state = *(flag + 1);
        arguments.erase(flag, flag + 2);
    }
    // Workers wait for the disk most of the time: many of them share one commit. A flag overrides it.
    std::string name = "--workers";
    std::string workers = "32";
    arguments.insert(arguments.begin() + std::min(argc, 1), {name.data(), workers.data()});
    return qss::role::role_main(
        static_cast<int>(arguments.size()), arguments.data(), "qss-tsa",
        [&state](qss::role::Context& context) { return qss::tsa::open_tsa(context, state); });
}
