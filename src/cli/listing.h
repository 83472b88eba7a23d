// Rows of a list for people: one line each, columns by member name, aligned. Pure.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "client/json.h"

namespace qss::cli {

// "none" when there are no rows; a missing member is "-".
std::string listing(const client::json::array& rows, std::initializer_list<std::string_view> columns);

// Every member of one object on its own line, "name: value".
std::string details(const client::json::object& object);

// Text from outside for a terminal: control characters become '?'.
std::string printable(std::string_view text);

}
