// qss-ca: the wiring. Takes, besides the flags of every role, --crash-at POINT[:COUNT] for the tests of a
// sandbox, which a record outside one refuses.
#include <iostream>
#include <vector>

#include "ca/dispatch.h"
#include "keystore/software/software_key_store.h"

namespace qss::ca {

namespace {

class CaRole final : public role::Role {
public:
    CaRole(std::unique_ptr<keystore::KeyStore> keys, sqlite::Database database, const CrashPlan& crash)
        : m_keys(std::move(keys)), m_writer(std::move(database)), m_crash_points(crash),
          m_is_to_crash(!crash.is_empty())
    {
    }

    Status open(role::Context& context)
    {
        const auto check_mode = [this, &context](Mode mode) -> Status {
            if (mode == Mode::production && m_is_to_crash)
                return fail(ErrorCode::forbidden, "--crash-at is for a sandbox only");
            return context.check_mode(mode);
        };
        TRY_ASSIGN(service, Service::open({m_writer, *m_keys, context.clock, context.random, check_mode,
                                           &m_crash_points}));
        m_service = std::move(service);
        m_dispatch.emplace(dispatch_table(*m_service), [this] { return m_service->state(); });
        return {};
    }

    wire::Dispatcher& dispatcher() override { return *m_dispatch; }

private:
    std::unique_ptr<keystore::KeyStore> m_keys;
    sqlite::Writer m_writer;
    CrashPoints m_crash_points;
    const bool m_is_to_crash;
    std::unique_ptr<Service> m_service;
    std::optional<role::Dispatch> m_dispatch;
};

// Takes the CA's own flag out of the arguments.
Result<CrashPlan> take_crash_plan(std::vector<char*>& arguments)
{
    for (std::size_t i = 1; i + 1 < arguments.size(); ++i) {
        if (std::string_view(arguments[i]) != "--crash-at")
            continue;
        TRY_ASSIGN(plan, CrashPlan::parse(arguments[i + 1], crash_points));
        const auto at = arguments.begin() + static_cast<std::ptrdiff_t>(i);
        arguments.erase(at, at + 2);
        return plan;
    }
    return CrashPlan();
}

Result<std::unique_ptr<role::Role>> open_ca(role::Context& context, const CrashPlan& crash)
{
    const auto& directory = context.options.directory;
    TRY_ASSIGN(keys,
               keystore::SoftwareKeyStore::open_or_create(directory, context.passphrase, context.random));
    TRY_ASSIGN(database, open_record(directory + "/record.db"));
    auto ca = std::make_unique<CaRole>(std::move(keys), std::move(database), crash);
    TRY(ca->open(context));
    return ca;
}

}

int run(std::vector<char*> arguments)
{
    const auto crash = take_crash_plan(arguments);
    if (!crash) {
        std::cerr << crash.error().detail << '\n';
        return 2;
    }
    return role::role_main(static_cast<int>(arguments.size()), arguments.data(), "qss-ca",
                           [&crash](role::Context& context) { return open_ca(context, *crash); });
}

}

int main(int argc, char** argv)
{
    return qss::ca::run(std::vector<char*>(argv, argv + argc));
}
