#include "base/encoding.h"

#include <array>

namespace qss {

namespace {

constexpr std::string_view base64_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view base64url_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string encode_hex(ByteView bytes, std::string_view digits)
{
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const auto byte : bytes) {
        text.push_back(digits[byte >> 4]);
        text.push_back(digits[byte & 15]);
    }
    return text;
}

int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

// Without padding.
std::string encode_base64(ByteView bytes, std::string_view alphabet)
{
    std::string text;
    text.reserve((bytes.size() * 4 + 2) / 3 + 2);
    std::uint32_t buffer = 0;
    int bits = 0;
    for (const auto byte : bytes) {
        buffer = (buffer << 8) | byte;
        bits += 8;
        while (bits >= 6) {
            bits -= 6;
            text.push_back(alphabet[(buffer >> bits) & 63]);
        }
    }
    if (bits > 0)
        text.push_back(alphabet[(buffer << (6 - bits)) & 63]);
    return text;
}

std::array<int, 256> make_reverse(std::string_view alphabet)
{
    std::array<int, 256> reverse{};
    reverse.fill(-1);
    for (std::size_t i = 0; i < alphabet.size(); ++i)
        reverse[static_cast<unsigned char>(alphabet[i])] = static_cast<int>(i);
    return reverse;
}

Result<Bytes> decode_base64(std::string_view text, const std::array<int, 256>& reverse)
{
    if (text.size() % 4 == 1)
        return fail(ErrorCode::malformed, "base64: impossible length");
    Bytes bytes;
    bytes.reserve(text.size() * 3 / 4);
    std::uint32_t buffer = 0;
    int bits = 0;
    for (const char c : text) {
        const int value = reverse[static_cast<unsigned char>(c)];
        if (value < 0)
            return fail(ErrorCode::malformed, "base64: character outside the alphabet");
        buffer = (buffer << 6) | static_cast<std::uint32_t>(value);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes.push_back(static_cast<std::uint8_t>(buffer >> bits));
        }
    }
    if ((buffer & ((1U << bits) - 1)) != 0)
        return fail(ErrorCode::malformed, "base64: bits left over");
    return bytes;
}

}

std::string hex_encode(ByteView bytes)
{
    return encode_hex(bytes, "0123456789abcdef");
}

std::string hex_encode_upper(ByteView bytes)
{
    return encode_hex(bytes, "0123456789ABCDEF");
}

Result<Bytes> hex_decode(std::string_view text)
{
    if (text.size() % 2 != 0)
        return fail(ErrorCode::malformed, "hexadecimal: odd number of digits");
    Bytes bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = hex_value(text[i]);
        const int low = hex_value(text[i + 1]);
        if (high < 0 || low < 0)
            return fail(ErrorCode::malformed, "hexadecimal: not a digit");
        bytes.push_back(static_cast<std::uint8_t>(high * 16 + low));
    }
    return bytes;
}

std::string base64_encode(ByteView bytes)
{
    auto text = encode_base64(bytes, base64_alphabet);
    text.append((4 - text.size() % 4) % 4, '=');
    return text;
}

Result<Bytes> base64_decode(std::string_view text)
{
    static const auto reverse = make_reverse(base64_alphabet);
    if (text.size() % 4 != 0)
        return fail(ErrorCode::malformed, "base64: length is not a multiple of four");
    int padding = 0;
    while (padding < 2 && !text.empty() && text.back() == '=') {
        text.remove_suffix(1);
        ++padding;
    }
    return decode_base64(text, reverse);
}

std::string base64url_encode(ByteView bytes)
{
    return encode_base64(bytes, base64url_alphabet);
}

Result<Bytes> base64url_decode(std::string_view text)
{
    static const auto reverse = make_reverse(base64url_alphabet);
    return decode_base64(text, reverse);
}

}
