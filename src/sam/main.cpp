// qss-sam: the only wiring of the SAM. Takes, besides the flags of every role, two for the tests of a
// sandbox, which a record outside one refuses: --crash-at POINT[:COUNT] and --slow-sign-ms N.
#include <algorithm>
#include <charconv>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "keystore/software/software_key_store.h"
#include "role/role_main.h"
#include "sam/sam.h"

namespace {

using namespace qss;

Status take_slow_sign(std::string_view text, sam::FaultPlan& plan)
{
    std::uint32_t ms = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), ms);
    if (code != std::errc() || end != text.data() + text.size() || ms > 60'000)
        return fail(ErrorCode::invalid_argument, "--slow-sign-ms: 0 to 60000");
    plan.slow_sign = Milliseconds(ms);
    return {};
}

// Takes the SAM's own flags out of the arguments.
Result<sam::FaultPlan> take_faults(std::vector<char*>& arguments)
{
    sam::FaultPlan plan;
    for (std::size_t i = 1; i + 1 < arguments.size();) {
        const std::string_view name = arguments[i];
        if (name != "--crash-at" && name != "--slow-sign-ms") {
            ++i;
            continue;
        }
        const std::string_view value = arguments[i + 1];
        if (name == "--slow-sign-ms") {
            TRY(take_slow_sign(value, plan));
        } else {
            TRY_ASSIGN(crash, CrashPlan::parse(value, sam::crash_points));
            plan.crash = std::move(crash);
        }
        const auto at = arguments.begin() + static_cast<std::ptrdiff_t>(i);
        arguments.erase(at, at + 2);
    }
    return plan;
}

Result<std::unique_ptr<role::Role>> open_sam(role::Context& context, const sam::FaultPlan& plan)
{
    if (!plan.is_empty() && !context.options.sandbox)
        return fail(ErrorCode::forbidden, "--crash-at and --slow-sign-ms are for a sandbox only");
    TRY_ASSIGN(key_store, keystore::SoftwareKeyStore::open_or_create(context.options.directory,
                                                                     context.passphrase, context.random));
    TRY_ASSIGN(sam, sam::Sam::open(context, std::move(key_store), plan));
    return std::unique_ptr<role::Role>(std::move(sam));
}

}

int main(int argc, char** argv)
{
    std::vector<char*> arguments(argv, argv + argc);
    const auto plan = take_faults(arguments);
    if (!plan) {
        std::cerr << plan.error().detail << '\n';
        return 2;
    }
    // Workers wait for the disk most of the time: many of them share one commit. A flag overrides it.
    std::string flag = "--workers";
    std::string workers = "32";
    arguments.insert(arguments.begin() + std::min(argc, 1), {flag.data(), workers.data()});
    return role::role_main(static_cast<int>(arguments.size()), arguments.data(), "qss-sam",
                           [&plan](role::Context& context) { return open_sam(context, *plan); });
}
