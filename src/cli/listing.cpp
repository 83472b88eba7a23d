#include "cli/listing.h"

#include <algorithm>
#include <vector>

namespace qss::cli {

namespace {

std::string cell(const client::json::value& value)
{
    return printable(value.is_string() ? std::string_view(value.get_string()) : client::to_text(value));
}

}

std::string printable(std::string_view text)
{
    std::string out(text);
    std::replace_if(
        out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; },
        '?');
    return out;
}

std::string listing(const client::json::array& rows, std::initializer_list<std::string_view> columns)
{
    if (rows.empty())
        return "none";
    std::vector<std::vector<std::string>> table{{columns.begin(), columns.end()}};
    for (const auto& row : rows) {
        auto& line = table.emplace_back();
        for (const auto column : columns) {
            const auto* member = row.is_object() ? row.get_object().if_contains(column) : nullptr;
            line.push_back(member != nullptr ? cell(*member) : "-");
        }
    }
    std::string out;
    for (const auto& line : table) {
        if (!out.empty())
            out += "\n";
        for (std::size_t i = 0; i < line.size(); ++i) {
            out += line[i];
            if (i + 1 == line.size())
                continue;
            std::size_t width = 0;
            for (const auto& other : table)
                width = std::max(width, other[i].size());
            out.append(width - line[i].size() + 2, ' ');
        }
    }
    return out;
}

std::string details(const client::json::object& object)
{
    std::string out;
    for (const auto& [name, value] : object)
        out += (out.empty() ? "" : "\n") + std::string(name) + ": " + cell(value);
    return out;
}

}
