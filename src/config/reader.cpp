#include "config/reader.h"

namespace qss::config {

namespace {

constexpr std::int64_t text_max_size = 1024;

}

const toml::node* TableReader::take(std::string_view key)
{
    m_known.emplace(key);
    return m_table.get(key);
}

void TableReader::note(std::string_view key, const toml::node* node, std::string_view what)
{
    if (!m_status)
        return;
    std::string text = m_file;
    const auto line = node != nullptr ? node->source().begin.line : m_table.source().begin.line;
    if (line > 0)
        text += " line " + std::to_string(line);
    text +=
        ": " + (m_where.empty() ? std::string() : m_where + ".") + std::string(key) + " " + std::string(what);
    m_status = fail(ErrorCode::invalid_argument, std::move(text));
}

void TableReader::text(std::string_view key, std::string& out)
{
    const auto* node = take(key);
    if (node == nullptr)
        return;
    const auto* value = node->as_string();
    if (value == nullptr)
        return note(key, node, "must be a text");
    if (value->get().size() > text_max_size)
        return note(key, node, "is too long");
    out = value->get();
}

void TableReader::texts(std::string_view key, std::vector<std::string>& out)
{
    const auto* node = take(key);
    if (node == nullptr)
        return;
    const auto* array = node->as_array();
    if (array == nullptr)
        return note(key, node, "must be a list of texts");
    out.clear();
    for (const auto& element : *array) {
        const auto* value = element.as_string();
        if (value == nullptr)
            return note(key, &element, "must be a list of texts");
        out.push_back(value->get());
    }
}

void TableReader::boolean(std::string_view key, bool& out)
{
    const auto* node = take(key);
    if (node == nullptr)
        return;
    const auto* value = node->as_boolean();
    if (value == nullptr)
        return note(key, node, "must be true or false");
    out = value->get();
}

bool TableReader::read_integer(std::string_view key, std::int64_t& value, std::int64_t min, std::int64_t max)
{
    const auto* node = take(key);
    if (node == nullptr)
        return false;
    const auto* number = node->as_integer();
    if (number == nullptr || number->get() < min || number->get() > max) {
        note(key, node, "must be a whole number from " + std::to_string(min) + " to " + std::to_string(max));
        return false;
    }
    value = number->get();
    return true;
}

const toml::table* TableReader::table(std::string_view key)
{
    const auto* node = take(key);
    if (node == nullptr)
        return nullptr;
    const auto* value = node->as_table();
    if (value == nullptr)
        note(key, node, "must be a table");
    return value;
}

std::vector<const toml::table*> TableReader::tables(std::string_view key)
{
    std::vector<const toml::table*> out;
    const auto* node = take(key);
    if (node == nullptr)
        return out;
    const auto* array = node->as_array();
    if (array == nullptr) {
        note(key, node, "must be a list of tables");
        return out;
    }
    for (const auto& element : *array) {
        if (const auto* value = element.as_table(); value != nullptr)
            out.push_back(value);
        else
            note(key, &element, "must be a list of tables");
    }
    return out;
}

void TableReader::require(bool holds, std::string_view key, std::string_view what)
{
    if (!holds)
        note(key, m_table.get(key), what);
}

Status TableReader::finish()
{
    for (const auto& [key, node] : m_table)
        if (!m_known.contains(key.str()))
            note(key.str(), &node, "is not known");
    return m_status;
}

}
