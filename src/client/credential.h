// What an application needs to call the QSS API: written by `qss credential add`, read by `qss sign`
// and others. TOML; file names in it are relative to the file itself.
#pragma once

#include <string>

#include "base/result.h"
#include "base/secret.h"
#include "client/https_client.h"

namespace qss::client {

struct Credential {
    std::string base_url;
    std::string api_key;    // 16 hexadecimal digits
    Secret api_secret;      // 40 hexadecimal digits, as text
    std::string certificate_file;
    std::string private_key_file;
    std::string ca_file;

    [[nodiscard]] HttpsOptions https_options() const;
};

}
