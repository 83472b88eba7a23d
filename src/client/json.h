// JSON as the clients read and write it: one object in, typed members out; each error names the member.
// Unknown members are ignored; of a repeated key the last counts (Boost.JSON). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "base/bytes.h"
#include "base/result.h"
#include "client/https_client.h"

namespace qss::client {

namespace json = boost::json;

Result<json::object> parse_object(std::string_view text);

Result<std::string> text_member(const json::object& object, std::string_view name);
std::string text_member_or(const json::object& object, std::string_view name, std::string_view otherwise);
Result<std::int64_t> integer_member(const json::object& object, std::string_view name);
Result<bool> bool_member(const json::object& object, std::string_view name);
Result<json::object> object_member(const json::object& object, std::string_view name);
Result<json::array> array_member(const json::object& object, std::string_view name);
Result<std::vector<std::string>> texts_member(const json::object& object, std::string_view name);
Result<Bytes> base64url_member(const json::object& object, std::string_view name);
Result<Bytes> hex_member(const json::object& object, std::string_view name);

std::string to_text(const json::value& value);        // one line
std::string to_pretty_text(const json::value& value); // indented, ends with a new line

// An answer with status 200 to 299 passes; any other becomes an Error with the service's own words
// (both shapes: the QSS API's {"description",…} and RFC 9457).
Status check_success(const HttpAnswer& answer);

}
