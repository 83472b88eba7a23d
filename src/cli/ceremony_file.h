// The reviewed file of `qss ceremony`: TOML, parsed into a plan that is valid if it exists. An unknown key, a
// wrong type or a value out of range is an error that names key and line; files that it names (officers'
// keys, certificate requests, attestation roots; PEM) are beside it. docs/operating.md has an example. Pure
// but for reading files.
#pragma once

#include "cli/ceremony_run.h"

namespace qss::cli {

// `plan.target` is left to the caller.
Result<CeremonyPlan> parse_ceremony_file(std::string_view text, const std::filesystem::path& directory);
Result<CeremonyPlan> load_ceremony_file(const std::filesystem::path& file);

}
