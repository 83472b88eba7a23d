// Structured log lines on standard error, one JSON-free line each: time, level, process, message and
// key=value pairs. Never a secret, never personal data beyond ids. Safe from any thread.
#pragma once

#include <initializer_list>
#include <string_view>
#include <utility>

namespace qss::log {

using Field = std::pair<std::string_view, std::string_view>;

// The name that every line carries; set once by main.
void set_process(std::string_view name);

void info(std::string_view message, std::initializer_list<Field> fields = {});
void warning(std::string_view message, std::initializer_list<Field> fields = {});
void error(std::string_view message, std::initializer_list<Field> fields = {});
// An event that somebody must look at now: a record was altered, a rule was broken from inside.
void alarm(std::string_view message, std::initializer_list<Field> fields = {});

}
