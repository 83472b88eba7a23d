#include "base/log.h"

#include <string>

#include <unistd.h>

#include "base/clock.h"

namespace qss::log {

namespace {

// Written once by main before any other thread starts.
std::string& process_name()
{
    static std::string name = "qss";
    return name;
}

// A line stays a line, whatever the value holds.
void append_value(std::string& line, std::string_view value)
{
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F || c == '"' || c == '\\') {
            constexpr std::string_view digits = "0123456789abcdef";
            line += "\\x";
            line.push_back(digits[byte >> 4]);
            line.push_back(digits[byte & 15]);
        } else {
            line.push_back(c);
        }
    }
}

void write_line(std::string_view level, std::string_view message, std::initializer_list<Field> fields)
{
    std::string line = to_rfc3339(SystemClock().now());
    line.append(" ").append(level).append(" ").append(process_name()).append(": ");
    append_value(line, message);
    for (const auto& [key, value] : fields) {
        line.append(" ").append(key).append("=\"");
        append_value(line, value);
        line.push_back('"');
    }
    line.push_back('\n');
    // One write: lines of several processes on one pipe do not mix (up to PIPE_BUF).
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}

void set_process(std::string_view name)
{
    process_name() = name;
}

void info(std::string_view message, std::initializer_list<Field> fields)
{
    write_line("INFO", message, fields);
}

void warning(std::string_view message, std::initializer_list<Field> fields)
{
    write_line("WARNING", message, fields);
}

void error(std::string_view message, std::initializer_list<Field> fields)
{
    write_line("ERROR", message, fields);
}

void alarm(std::string_view message, std::initializer_list<Field> fields)
{
    write_line("ALARM", message, fields);
}

}
