#include "cli/sandbox_outbox.h"

#include <algorithm>
#include <chrono>
#include <sstream>
#include <thread>
#include <vector>

#include "client/files.h"

namespace qss::cli {

namespace {

namespace fs = std::filesystem;

std::string lower(std::string_view text)
{
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](unsigned char c) { return static_cast<char>(c < 0x80 ? std::tolower(c) : c); });
    return out;
}

// The value of the first line "name: value", the name in any case.
std::string value_of(std::string_view text, std::string_view name)
{
    std::istringstream in{std::string(text)};
    for (std::string line; std::getline(in, line);)
        if (lower(line.substr(0, name.size() + 1)) == lower(name) + ":") {
            const auto start = line.find_first_not_of(' ', name.size() + 1);
            return start == std::string::npos ? "" : line.substr(start);
        }
    return "";
}

// Newest first.
std::vector<fs::path> messages_in(const fs::path& directory)
{
    std::vector<std::pair<fs::file_time_type, fs::path>> found;
    std::error_code error;
    for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
        std::error_code gone;
        const auto time = it->last_write_time(gone);
        const auto name = it->path().filename().string();
        if (!gone && !name.starts_with('.') && !name.ends_with(".part")) // not complete yet
            found.emplace_back(time, it->path());
    }
    std::sort(found.rbegin(), found.rend());
    std::vector<fs::path> files;
    for (auto& [time, path] : found)
        files.push_back(std::move(path));
    return files;
}

}

void SandboxOutbox::forget_what_is_there()
{
    for (const auto& file : messages_in(m_directory))
        m_old.insert(file.filename().string());
}

std::string SandboxOutbox::look(std::string_view address, std::string_view name) const
{
    for (const auto& file : messages_in(m_directory)) {
        if (m_old.contains(file.filename().string()))
            continue;
        const auto text = client::read_text_file(file.string(), 64 * 1024);
        if (!text || lower(value_of(*text, "to")) != lower(address))
            continue;
        if (auto value = value_of(*text, name); !value.empty())
            return value;
    }
    return "";
}

Result<std::string> SandboxOutbox::wait_for(std::string_view address, std::string_view name,
                                            int timeout_ms) const
{
    constexpr std::chrono::milliseconds pause{20};
    for (auto left = std::chrono::milliseconds(timeout_ms); left.count() > 0; left -= pause) {
        if (auto value = look(address, name); !value.empty())
            return value;
        std::this_thread::sleep_for(pause);
    }
    return fail(ErrorCode::timed_out, "no \"" + std::string(name) + "\" for " + std::string(address) +
                                          " came into " + m_directory.string());
}

}
