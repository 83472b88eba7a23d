// The path of a request target, made plain, strictly (RFC 3986 2.1, 3.3). E-mail addresses come raw or
// encoded: '+' stays '+', "%40" becomes '@'. One path has one reading: an encoded slash, dot segments,
// control characters and what is not UTF-8 are refused. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace qss::http {

struct Target {
    std::string path;  // decoded; begins with '/', ends with it only if it is "/"
    std::string query; // raw
};

// Origin form, or the absolute form that RFC 9112 3.2.2 demands to accept; malformed otherwise. What follows
// `opaque_prefix`, unless that is empty, is no path but data: it stays as it was sent.
Result<Target> parse_target(std::string_view target, std::string_view opaque_prefix = {});

// The parts between the slashes; none for "/".
std::vector<std::string_view> split_path(std::string_view path);

// For query strings ('+' is a blank there) and other places that need one value.
Result<std::string> percent_decode(std::string_view text);

}
