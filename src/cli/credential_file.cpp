#include "cli/credential_file.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <sstream>

#include <toml++/toml.h>

#include "client/files.h"

namespace qss::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 6> names{"base_url",         "api_key",          "api_secret",
                                                "certificate_file", "private_key_file", "ca_file"};

Result<toml::table> parse_table(const std::string& file, std::string& text)
{
    try {
        auto table = toml::parse(std::string_view(text), file);
        wipe(text.data(), text.size());
        return table;
    } catch (const toml::parse_error& error) {
        wipe(text.data(), text.size());
        return fail(ErrorCode::malformed, file + ":" + std::to_string(error.source().begin.line) + ": " +
                                              std::string(error.description()));
    }
}

std::string resolve(const fs::path& file, const std::string& name)
{
    return (file.parent_path() / name).string();
}

std::string toml_text(std::string_view text)
{
    std::ostringstream out;
    out << toml::value<std::string>(std::string(text));
    return out.str();
}

}

Result<client::Credential> load_credential(const std::string& file)
{
    auto text = client::read_text_file(file, 64 * 1024);
    if (!text)
        return fail(text.error().code, text.error().detail + "; `qss credential add` writes this file");
    TRY_ASSIGN(table, parse_table(file, *text));
    for (const auto& [key, value] : table)
        if (std::find(names.begin(), names.end(), key.str()) == names.end())
            return fail(ErrorCode::malformed, file + ": unknown name " + std::string(key.str()));
    std::array<std::string, names.size()> values;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto value = table[names[i]].value<std::string>();
        if (!value || value->empty())
            return fail(ErrorCode::malformed, file + ": \"" + std::string(names[i]) + "\" is missing");
        values[i] = *value;
    }
    client::Credential credential;
    credential.base_url = values[0];
    credential.api_key = values[1];
    credential.api_secret = Secret(to_bytes(values[2]));
    wipe(values[2].data(), values[2].size());
    credential.certificate_file = resolve(file, values[3]);
    credential.private_key_file = resolve(file, values[4]);
    credential.ca_file = resolve(file, values[5]);
    return credential;
}

Status write_credential(const std::string& file, const client::Credential& credential,
                        std::string_view comment)
{
    std::string text;
    text += "# " + std::string(comment) +
            "\n# Whoever has this file and the private key acts as the application.\n";
    text += "base_url = " + toml_text(credential.base_url) + "\n";
    text += "api_key = " + toml_text(credential.api_key) + "\n";
    text += "api_secret = " + toml_text(as_text(credential.api_secret.reveal())) + "\n";
    text += "certificate_file = " + toml_text(credential.certificate_file) + "\n";
    text += "private_key_file = " + toml_text(credential.private_key_file) + "\n";
    text += "ca_file = " + toml_text(credential.ca_file) + "\n";
    auto status = client::write_new_file(file, as_bytes(text), client::FileAccess::owner_only);
    wipe(text.data(), text.size());
    return status;
}

}
