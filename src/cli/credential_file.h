// cred.toml: an application's credential on disk, mode 0600. File names in it are relative to the
// directory of the file, so that the whole can be moved.
#pragma once

#include <string>

#include "base/result.h"
#include "client/credential.h"

namespace qss::cli {

Result<client::Credential> load_credential(const std::string& file);

// Names of files as they are to stand in the file. already_exists rather than overwrite.
Status write_credential(const std::string& file, const client::Credential& credential,
                        std::string_view comment);

}
