// A sandbox's outbox (delivery/file_sink.h), read the way a person reads mail: the newest message to an
// address that says what is looked for. Waits for it a little. One thread.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <string_view>

#include "base/result.h"

namespace qss::cli {

class SandboxOutbox {
public:
    explicit SandboxOutbox(std::filesystem::path directory) : m_directory(std::move(directory)) {}

    // Messages that are there now do not count any more.
    void forget_what_is_there();
    // The value of the line "`name`: value" in the newest message to `address`; timed_out without one.
    Result<std::string> wait_for(std::string_view address, std::string_view name, int timeout_ms) const;

private:
    [[nodiscard]] std::string look(std::string_view address, std::string_view name) const;

    std::filesystem::path m_directory;
    std::set<std::string> m_old;
};

}
