// From a plan to a data directory: the checks that need no keys, the dry run, and the ceremony itself, whole
// or absent (data_directory.h). `qss init` and `qss ceremony` both end here. One thread.
#pragma once

#include "cli/ceremony.h"
#include "cli/command.h"

namespace qss::cli {

enum class CeremonyRun { for_real, dry };

struct CeremonyPlan {
    std::filesystem::path target;
    config::Users users;
    CeremonyOptions options;
};

// `text` empty: --directory. Absolute, without a slash at its end.
Result<std::filesystem::path> target_directory(const Context& context, const std::string& text);

// A dry run makes nothing, and checks everything that can be checked before.
Status run_ceremony(const Context& context, const CeremonyPlan& plan, CeremonyRun run);

}
