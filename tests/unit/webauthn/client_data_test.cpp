#include "webauthn/client_data.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "webauthn/assertion.h"

namespace qss::webauthn {

namespace {

const Bytes challenge(32, 0xFB);
const std::string encoded_challenge = "-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s";
const std::vector<std::string> origins{"https://a.example", "https://b.example:8445"};

bool accepts(std::string_view json)
{
    return check_client_data(as_bytes(json), "webauthn.get", challenge, origins).has_value();
}

std::string fixed(std::string_view origin)
{
    return R"({"type":"webauthn.get","challenge":")" + encoded_challenge + R"(","origin":")" +
           std::string(origin) + R"(","crossOrigin":false)";
}

std::string origin_of(std::string_view origin, std::string_view rp_id)
{
    const auto found = origin_under(as_bytes(fixed(origin) + "}"), "webauthn.get", challenge, rp_id);
    return found ? *found : "";
}

}

// Written out by hand from 5.8.1.1.
TEST(ClientData, as_a_browser_writes_it)
{
    EXPECT_EQ(to_string(encode_client_data("webauthn.get", challenge, "https://a.example")),
              fixed("https://a.example") + "}");
    EXPECT_EQ(client_data_prefix("t", {}, "a\"b\\c\x01"),
              "{\"type\":\"t\",\"challenge\":\"\",\"origin\":\"a\\\"b\\\\c\\u0001\",\"crossOrigin\":false");
}

TEST(ClientData, limited_verification)
{
    for (const auto& origin : origins) {
        EXPECT_TRUE(accepts(fixed(origin) + "}"));
        EXPECT_TRUE(accepts(fixed(origin) + R"(,"more":{"a":[1]}})"));
    }
    const auto good = fixed(origins[0]);
    for (const auto& bad :
         std::vector<std::string>{"",
                                  "{}",
                                  good,
                                  good + ",",
                                  good + " }",
                                  good + "}}",
                                  good + "} ",
                                  good + "x}",
                                  good + "0}",
                                  good + ":1}",
                                  good + R"(,"topOrigin":"https://x.example"})",
                                  good + R"(,"a":1,"topOrigin":"https://x.example"})",
                                  good + R"(,"origin":"https://x.example"})",
                                  good + R"(,"type":"webauthn.create"})",
                                  good + R"(,"challenge":""})",
                                  good + R"(,"crossOrigin":true})",
                                  good + ",\"a\":\"\xFF\"}",
                                  fixed("https://c.example") + "}",
                                  fixed("https://a.example.org") + "}",
                                  fixed("https://a.exampl") + "}",
                                  fixed("http://a.example") + "}",
                                  fixed("") + "}",
                                  " " + good + "}",
                                  "\xEF\xBB\xBF" + good + "}",
                                  good + ",\"a\":\"" + std::string(limits::client_data_size, 'x') + "\"}"})
        EXPECT_FALSE(accepts(bad)) << bad;
    auto cross = good;
    cross.replace(cross.size() - 5, 5, "true");
    EXPECT_FALSE(accepts(cross + "}"));
    EXPECT_FALSE(check_client_data(as_bytes(good + "}"), "webauthn.create", challenge, origins).has_value());
    EXPECT_FALSE(check_client_data(as_bytes(good + "}"), "webauthn.get", Bytes(32), origins).has_value());
    EXPECT_FALSE(check_client_data(as_bytes(good + "}"), "webauthn.get", challenge, {}).has_value());
}

TEST(ClientData, origin_under_a_relying_party)
{
    for (const auto* origin : {"https://rp.example", "https://rp.example:8445", "https://a.rp.example"})
        EXPECT_EQ(origin_of(origin, "rp.example"), origin);
    EXPECT_EQ(origin_of("http://localhost:5173", "localhost"), "http://localhost:5173");
    for (const auto* origin :
         {"http://rp.example", "https://example", "https://xrp.example", "https://rp.example.org",
          "https://rp.example/", "https://rp.example:", "https://rp.example:x", "https://rp.example:123456",
          "https://user@rp.example", "https://evil.org:1@rp.example", "https://RP.example", "rp.example", "",
          "https://"})
        EXPECT_EQ(origin_of(origin, "rp.example"), "") << origin;
    EXPECT_EQ(origin_of("http://rp.example", "localhost"), "");
    EXPECT_EQ(origin_of("https://", ""), "");
    EXPECT_FALSE(
        origin_under(as_bytes(fixed("https://rp.example")), "webauthn.create", challenge, "rp.example"));
    EXPECT_FALSE(
        origin_under(as_bytes(fixed("https://rp.example")), "webauthn.get", Bytes(32), "rp.example"));
}

}
