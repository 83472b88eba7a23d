// A directory for one test, removed afterwards.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace qss::cli::test {

class ScratchDirectory {
public:
    ScratchDirectory()
    {
        std::string name = std::filesystem::temp_directory_path() / "qss-cli-XXXXXX";
        m_path = ::mkdtemp(name.data());
    }
    ~ScratchDirectory() { std::filesystem::remove_all(m_path); }
    ScratchDirectory(const ScratchDirectory&) = delete;
    ScratchDirectory& operator=(const ScratchDirectory&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }
    std::string write(const std::string& name, std::string_view content) const
    {
        std::ofstream(m_path / name, std::ios::binary) << content;
        return m_path / name;
    }

private:
    std::filesystem::path m_path;
};

}
