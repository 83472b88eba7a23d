#include "http/path.h"

#include <algorithm>

#include "base/canonical.h"

namespace qss::http {

namespace {

int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

bool is_control(char c)
{
    const auto octet = static_cast<unsigned char>(c);
    return octet < 0x20 || octet == 0x7f;
}

// "https://host:port/path" to "/path".
Result<std::string_view> to_origin_form(std::string_view target)
{
    if (target.starts_with('/'))
        return target;
    for (const std::string_view scheme : {"https://", "http://"}) {
        if (!target.starts_with(scheme))
            continue;
        const auto slash = target.find('/', scheme.size());
        if (slash == std::string_view::npos || slash == scheme.size())
            break;
        return target.substr(slash);
    }
    return fail(ErrorCode::malformed, "request target is not a path");
}

}

Result<std::string> percent_decode(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out.push_back(text[i]);
            continue;
        }
        if (text.size() - i < 3)
            return fail(ErrorCode::malformed, "percent-encoding is cut off");
        const int high = hex_value(text[i + 1]);
        const int low = hex_value(text[i + 2]);
        if (high < 0 || low < 0)
            return fail(ErrorCode::malformed, "percent-encoding needs two hexadecimal digits");
        out.push_back(static_cast<char>(high * 16 + low));
        i += 2;
    }
    for (const char c : out) {
        if (is_control(c))
            return fail(ErrorCode::malformed, "control character");
    }
    if (!is_valid_utf8(out))
        return fail(ErrorCode::malformed, "not UTF-8");
    return out;
}

std::vector<std::string_view> split_path(std::string_view path)
{
    std::vector<std::string_view> parts;
    if (path.starts_with('/'))
        path.remove_prefix(1);
    while (!path.empty()) {
        const auto slash = path.find('/');
        parts.push_back(path.substr(0, slash));
        if (slash == std::string_view::npos)
            break;
        path.remove_prefix(slash + 1);
        if (path.empty())
            parts.emplace_back();
    }
    return parts;
}

Result<Target> parse_target(std::string_view target, std::string_view opaque_prefix)
{
    if (target.find('#') != std::string_view::npos)
        return fail(ErrorCode::malformed, "request target has a fragment");
    TRY_ASSIGN(origin, to_origin_form(target));
    const auto question = origin.find('?');
    const auto raw_path = origin.substr(0, question);
    Target out;
    if (question != std::string_view::npos)
        out.query = std::string(origin.substr(question + 1));

    if (!opaque_prefix.empty() && raw_path.starts_with(opaque_prefix) &&
        raw_path.size() > opaque_prefix.size()) {
        if (std::any_of(raw_path.begin(), raw_path.end(), [](char c) { return c <= ' ' || c >= 0x7f; }))
            return fail(ErrorCode::malformed, "request target is not ASCII");
        out.path = std::string(raw_path);
        return out;
    }
    for (const std::string_view encoded_slash : {"%2F", "%2f"}) {
        if (raw_path.find(encoded_slash) != std::string_view::npos)
            return fail(ErrorCode::malformed, "encoded slash in the path");
    }
    TRY_ASSIGN(path, percent_decode(raw_path));
    for (const auto part : split_path(path)) {
        if (part == "." || part == "..")
            return fail(ErrorCode::malformed, "dot segment in the path");
    }
    if (path.size() > 1 && path.ends_with('/'))
        path.pop_back();
    out.path = std::move(path);
    return out;
}

}
