#include "pki/timestamp_request.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/limits.h"

namespace qss::pki {
namespace {

using enum TimestampFailure;

// As `openssl ts -query -digest 00…1f -sha256 -tspolicy 1.2.3.4.1 -cert` makes it; a nonce with its top bit
// set.
constexpr std::string_view from_openssl = "304a"
                                          "020101"
                                          "3031"
                                          "300d0609608648016503040201"
                                          "0500"
                                          "0420"
                                          "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
                                          "06042a030401"
                                          "0209"
                                          "0099f0e1d2c3b4a596"
                                          "0101ff";

Bytes request(std::string_view hex = from_openssl)
{
    return *hex_decode(hex);
}

// `from` in hexadecimal becomes `to`, and the outer length fits again.
Bytes changed(std::string_view from, std::string_view to)
{
    std::string hex(from_openssl);
    const auto at = hex.find(from);
    EXPECT_NE(at, std::string::npos);
    hex.replace(at, from.size(), to);
    auto bytes = *hex_decode(hex);
    EXPECT_LT(bytes.size(), 0x82U);
    bytes[1] = static_cast<std::uint8_t>(bytes.size() - 2);
    return bytes;
}

void expect_refused(ByteView der, TimestampFailure why)
{
    const auto parsed = parse_timestamp_request(der);
    ASSERT_FALSE(parsed.has_value());
    EXPECT_EQ(parsed.error(), why);
}

TEST(TimestampRequestTest, ReadsWhatOpensslSends)
{
    const auto parsed = parse_timestamp_request(request());
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(parsed->digest.algorithm(), crypto::HashAlgorithm::sha256);
    EXPECT_EQ(hex_encode(parsed->digest.bytes()),
              "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    EXPECT_EQ(hex_encode(parsed->imprint), std::string(from_openssl.substr(10, 2 * 0x33)));
    EXPECT_EQ(hex_encode(parsed->policy), "06042a030401");
    EXPECT_EQ(hex_encode(parsed->nonce), "02090099f0e1d2c3b4a596");
    EXPECT_EQ(parsed->certificates, SendCertificates::yes);
}

TEST(TimestampRequestTest, PolicyNonceAndCertificatesMayBeAbsent)
{
    const auto parsed = parse_timestamp_request(changed("06042a03040102090099f0e1d2c3b4a5960101ff", ""));
    ASSERT_TRUE(parsed.has_value());
    EXPECT_TRUE(parsed->policy.empty());
    EXPECT_TRUE(parsed->nonce.empty());
    EXPECT_EQ(parsed->certificates, SendCertificates::no);
}

TEST(TimestampRequestTest, ANegativeNonceIsKept) // as several clients make them
{
    const auto parsed = parse_timestamp_request(changed("02090099f0e1d2c3b4a596", "020899f0e1d2c3b4a596"));
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(hex_encode(parsed->nonce), "020899f0e1d2c3b4a596");
}

TEST(TimestampRequestTest, TheHashMayComeWithoutParameters) // RFC 5754 2
{
    EXPECT_TRUE(parse_timestamp_request(
                    changed("3031300d06096086480165030402010500", "302f300b0609608648016503040201"))
                    .has_value());
    expect_refused(changed("3031300d06096086480165030402010500", "3032300e0609608648016503040201"
                                                                 "0401aa"),
                   bad_algorithm);
}

TEST(TimestampRequestTest, OtherHashesAreBadAlgorithms) // TSA-7
{
    // SHA-1, SHA-224, SHA3-256, and SHA-256 in another arc
    expect_refused(*hex_decode("302602010130213009"
                               "06052b0e03021a"
                               "0500"
                               "0414"
                               "000102030405060708090a0b0c0d0e0f10111213"),
                   bad_algorithm);
    expect_refused(changed("608648016503040201", "608648016503040204"), bad_algorithm);
    expect_refused(changed("608648016503040201", "608648016503040208"), bad_algorithm);
    expect_refused(changed("608648016503040201", "608648016503040301"), bad_algorithm);
}

TEST(TimestampRequestTest, TheImprintHasTheLengthOfItsHash) // TSA-7
{
    expect_refused(
        changed("3031300d060960864801650304020105000420000102", "3030300d06096086480165030402010500041f0102"),
        bad_data_format);
    expect_refused(changed("608648016503040201", "608648016503040202"), bad_data_format); // SHA-384
    expect_refused(changed("608648016503040201", "608648016503040203"), bad_data_format); // SHA-512
}

TEST(TimestampRequestTest, AnyExtensionIsRefused)
{
    // [0] { Extension { 1.2.3.4.1, OCTET STRING 0500 } }, and the same critical
    expect_refused(changed("0101ff", "0101ffa00c300a06042a0304010402"
                                     "0500"),
                   unaccepted_extension);
    expect_refused(changed("0101ff", "0101ffa00f300d06042a0304010101ff0402"
                                     "0500"),
                   unaccepted_extension);
}

TEST(TimestampRequestTest, AnotherVersionIsABadRequest)
{
    expect_refused(changed("304a020101", "304a020102"), bad_request);
    expect_refused(changed("304a020101", "304a020100"), bad_request);
}

TEST(TimestampRequestTest, OnlyDerAndAllOfIt)
{
    const auto whole = request();
    for (std::size_t size = 0; size < whole.size(); ++size)
        expect_refused(ByteView(whole).first(size), bad_data_format);
    auto longer = whole;
    longer.push_back(0);
    expect_refused(longer, bad_data_format);
    expect_refused(changed("0101ff", "010101"), bad_data_format); // TRUE in BER
    expect_refused(changed("0101ff", "010100"), bad_data_format); // the default, written
    expect_refused(changed("020101", "02020001"), bad_data_format); // an INTEGER with a zero too many
    auto indefinite = request();
    indefinite[1] = 0x80;
    indefinite.insert(indefinite.end(), {0, 0});
    expect_refused(indefinite, bad_data_format);
}

TEST(TimestampRequestTest, ALimitComesFirst)
{
    Bytes nonce(limits::timestamp_request_size, 1);
    const auto filled = [&](std::size_t size) {
        Bytes out{0x30, 0x82, 0, 0};
        const auto head = changed("06042a03040102090099f0e1d2c3b4a5960101ff", "");
        out.insert(out.end(), head.begin() + 2, head.end());
        const auto rest = size - out.size() - 4;
        out.insert(out.end(),
                   {0x02, 0x82, static_cast<std::uint8_t>(rest >> 8), static_cast<std::uint8_t>(rest)});
        out.insert(out.end(), nonce.begin(), nonce.begin() + static_cast<std::ptrdiff_t>(rest));
        out[2] = static_cast<std::uint8_t>((out.size() - 4) >> 8);
        out[3] = static_cast<std::uint8_t>(out.size() - 4);
        return out;
    };
    EXPECT_TRUE(parse_timestamp_request(filled(limits::timestamp_request_size)).has_value());
    expect_refused(filled(limits::timestamp_request_size + 1), bad_data_format);
}

}
}
