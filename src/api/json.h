// The strict layer over Boost.JSON (RFC 8259). Size and depth are checked before anything is built;
// duplicate keys, invalid UTF-8, NUL characters, trailing bytes, unknown members and wrong types are
// refused (docs/decisions/005-json.md). Boost.JSON itself shows in json.cpp only. A reader belongs to
// one thread; everything else is pure.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace qss::api::json {

// A JSON object whose members are read by name and type. What was read is remembered: `finish()`
// refuses every other member, so that the reads themselves are the list of the known ones.
// Errors: `malformed` from parse (nothing was understood), `invalid_argument` with the member's name
// from the reads. Absent and null are the same thing for optional members only.
class Reader {
public:
    // The text of one object. too_large over limits::http_body_size.
    static Result<Reader> parse(std::string_view text);
    Reader(Reader&&) noexcept;
    Reader& operator=(Reader&&) noexcept;
    ~Reader();

    [[nodiscard]] bool has(std::string_view name) const; // present and not null; does not count as read

    Result<std::string> text(std::string_view name, std::size_t max_size);
    Result<std::optional<std::string>> optional_text(std::string_view name, std::size_t max_size);
    Result<std::int64_t> integer(std::string_view name, std::int64_t min, std::int64_t max);
    Result<std::optional<std::int64_t>> optional_integer(std::string_view name, std::int64_t min,
                                                         std::int64_t max);
    Result<std::vector<std::string>> texts(std::string_view name, std::size_t max_size);
    Result<std::optional<std::vector<std::string>>> optional_texts(std::string_view name,
                                                                   std::size_t max_size);
    // base64url without padding; at most `max_size` bytes when decoded.
    Result<Bytes> base64url(std::string_view name, std::size_t max_size);
    Result<std::optional<Bytes>> optional_base64url(std::string_view name, std::size_t max_size);
    // An object inside this one, with a finish() of its own.
    Result<Reader> object(std::string_view name);
    Result<std::optional<Reader>> optional_object(std::string_view name);
    // An array of objects, each with a finish() of its own.
    Result<std::vector<Reader>> objects(std::string_view name);
    // As optional_object, and the empty array counts as the empty object: what PHP makes of an empty map.
    Result<std::optional<Reader>> optional_object_or_empty_array(std::string_view name);

    [[nodiscard]] Status finish() const;

private:
    struct Impl;
    explicit Reader(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

// Builds the text of an object, members in the order of the calls.
class Writer {
public:
    Writer& text(std::string_view name, std::string_view value);
    Writer& integer(std::string_view name, std::int64_t value);
    Writer& boolean(std::string_view name, bool value);
    Writer& base64url(std::string_view name, ByteView value);
    Writer& texts(std::string_view name, const std::vector<std::string>& values);
    Writer& object(std::string_view name, const Writer& value);
    Writer& objects(std::string_view name, const std::vector<Writer>& values);

    [[nodiscard]] std::string str() const { return "{" + m_members + "}"; }

private:
    std::string& member(std::string_view name);
    std::string m_members;
};

// "[…]" of objects.
std::string array_text(const std::vector<Writer>& values);

}
