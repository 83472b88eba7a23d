#include "config/config.h"

#include <fstream>

#include <gtest/gtest.h>

namespace qss::config {
namespace {

constexpr std::string_view smallest = R"([service]
sandbox = true
organisation = "Example"
public_url = "pki.example.com"
rp_id = "localhost"
rp_name = "Example signing"
origins = ["http://localhost:8445", "https://app.example.com"]
consent_version = "1"
)";

std::string with(std::string_view more)
{
    return std::string(smallest) + std::string(more);
}

Error error_of(std::string_view text)
{
    const auto result = parse(text, "/data");
    EXPECT_FALSE(result);
    return result ? Error{} : result.error();
}

TEST(Config, TheSmallestHasTheDefaults)
{
    const auto config = parse(smallest, "/data");
    ASSERT_TRUE(config) << config.error().detail;
    EXPECT_TRUE(config->sandbox);
    EXPECT_EQ(config->mtls.port, 8443);
    EXPECT_EQ(config->tls.port, 8444);
    EXPECT_EQ(config->health.port, 9090);
    EXPECT_EQ(config->sessions.lifetime_ms, 120'000);
    EXPECT_EQ(config->sessions.attach_grace_ms, 60'000);
    EXPECT_EQ(config->tokens.lifetime_s, 1'800);
    EXPECT_EQ(config->paths.sam_socket, "/data/run/sam.sock");
    EXPECT_TRUE(config->operators.empty());
}

TEST(Config, ASandboxMustBeSaid)
{
    const auto config = parse(R"([service]
organisation = "Example"
public_url = "pki.example.com"
rp_id = "example.com"
rp_name = "Example"
origins = ["https://app.example.com"]
consent_version = "1"
)",
                              "/data");
    ASSERT_TRUE(config);
    EXPECT_FALSE(config->sandbox);
}

TEST(Config, WhatIsRenderedParsesToTheSame)
{
    auto config = *parse(smallest, "/data");
    config.organisation = "Quote \" and \\ and \n and ž";
    config.mtls = {"::", 1};
    config.health = {"::1", 3};
    config.sessions = {1'000, 2'000, 3'000, 4};
    config.tokens = {50, 60};
    config.rates = {7, 8, 9};
    config.identities = {"P-256", 10};
    config.registration = {110, 120};
    config.timestamping = {false, 19};
    config.processing = {13, 14, 15, 16, 170, 18};
    config.users = {"api", "sam", "1001", "ocsp", "tsa", "qss"};
    config.operators = {{"first", OperatorRole::operator_, Bytes(32, 1)},
                        {"second", OperatorRole::registration_officer, Bytes(32, 2)}};
    const auto again = parse(render(config), "/data");
    ASSERT_TRUE(again) << again.error().detail;
    EXPECT_EQ(render(*again), render(config));
    EXPECT_EQ(again->organisation, config.organisation);
    EXPECT_EQ(again->origins, config.origins);
    EXPECT_EQ(again->processing.drain_ms, 18);
    EXPECT_FALSE(again->timestamping.public_);
    EXPECT_EQ(again->timestamping.per_minute, 19U);
    EXPECT_EQ(again->users.ca, "1001");
    EXPECT_EQ(again->users.tsa, "tsa");
    ASSERT_EQ(again->operators.size(), 2U);
    EXPECT_EQ(again->operators[1].role, OperatorRole::registration_officer);
    EXPECT_EQ(again->operators[1].certificate_sha256, Bytes(32, 2));
}

TEST(Config, AnUnknownKeyIsNamedWithItsLine)
{
    EXPECT_EQ(error_of(with("[sessions]\nlifetime = 3\n")).detail,
              "qss.toml line 10: sessions.lifetime is not known");
    EXPECT_EQ(error_of(with("[surprise]\n")).detail, "qss.toml line 9: surprise is not known");
    EXPECT_NE(
        error_of(with("[listeners]\nmtls = { adress = \"::1\" }\n")).detail.find("listeners.mtls.adress"),
        std::string::npos);
}

struct Wrong {
    std::string_view text;
    std::string_view names; // what the message must name
};

class ConfigWrong : public testing::TestWithParam<Wrong> {};

TEST_P(ConfigWrong, IsAnErrorThatNamesKeyAndLine)
{
    const auto error = error_of(with(GetParam().text));
    EXPECT_EQ(error.code, ErrorCode::invalid_argument);
    EXPECT_NE(error.detail.find(GetParam().names), std::string::npos) << error.detail;
    EXPECT_NE(error.detail.find(" line "), std::string::npos) << error.detail;
}

INSTANTIATE_TEST_SUITE_P(
    Values, ConfigWrong,
    testing::Values(Wrong{"[sessions]\nlifetime_ms = \"120000\"\n", "sessions.lifetime_ms"},
                    Wrong{"[sessions]\nlifetime_ms = 1.5\n", "sessions.lifetime_ms"},
                    Wrong{"[sessions]\nlifetime_ms = 1800001\n", "sessions.lifetime_ms"},
                    Wrong{"[sessions]\nlifetime_ms = 99\n", "sessions.lifetime_ms"},
                    Wrong{"[registration]\ncode_life_s = 601\n", "registration.code_life_s"},
                    Wrong{"[listeners]\nmtls = { port = 65536 }\n", "listeners.mtls.port"},
                    Wrong{"[listeners]\nmtls = { port = -1 }\n", "listeners.mtls.port"},
                    Wrong{"[listeners]\ntls = { address = \"localhost\" }\n", "listeners.tls.address"},
                    Wrong{"[listeners]\nhealth = { address = \"0.0.0.0\" }\n", "listeners.health"},
                    Wrong{"[listeners]\nmtls = 8443\n", "listeners.mtls"},
                    Wrong{"[identities]\ndefault_key_type = \"RSA-1024\"\n", "identities.default_key_type"},
                    Wrong{"[identities]\nlifetime_days = 1096\n", "identities.lifetime_days"},
                    Wrong{"[rates]\nlogins_per_minute = 60001\n", "rates.logins_per_minute"},
                    Wrong{"[users]\nsam = 1000\n", "users.sam"},
                    Wrong{"[operator]\nname = \"x\"\n", "operator"},
                    Wrong{"[[operator]]\nname = \"x\"\nrole = \"root\"\n", "operator.role"},
                    Wrong{"[[operator]]\nname = \"x\"\nrole = \"auditor\"\ncertificate_sha256 = \"00\"\n",
                          "operator.certificate_sha256"}));

TEST(Config, OneCertificateIsOneOperator)
{
    const std::string entry = "[[operator]]\nname = \"x\"\nrole = \"auditor\"\ncertificate_sha256 = \"" +
                              std::string(64, 'a') + "\"\n";
    EXPECT_TRUE(parse(with(entry), "/data"));
    EXPECT_NE(error_of(with(entry + entry)).detail.find("operator"), std::string::npos);
}

TEST(Config, TheServiceMustBeDescribed)
{
    EXPECT_EQ(error_of("").detail, "qss.toml: [service] is missing");
    for (const auto& [key, value] :
         {std::pair("rp_id = \"localhost\"", "rp_id"), std::pair("rp_name = \"Example signing\"", "rp_name"),
          std::pair("public_url = \"pki.example.com\"", "public_url"),
          std::pair("consent_version = \"1\"", "consent_version"),
          std::pair("organisation = \"Example\"", "organisation")}) {
        std::string text(smallest);
        text.erase(text.find(key), std::string_view(key).size());
        EXPECT_NE(error_of(text).detail.find(value), std::string::npos);
    }
}

TEST(Config, OriginsAreOrigins)
{
    for (const auto* origin : {"http://app.example.com", "https://", "https://a.example.com/",
                               "app.example.com", "https://A.example.com", "http://localhost.example.com",
                               "https://a.example.com:", "https://a.example.com:123456"}) {
        std::string text(smallest);
        const std::string_view old = "https://app.example.com";
        text.replace(text.find(old), old.size(), origin);
        EXPECT_EQ(error_of(text).code, ErrorCode::invalid_argument) << origin;
    }
}

TEST(Config, WhatIsNotTomlNamesItsLine)
{
    const auto error = error_of(with("[sessions\n"));
    EXPECT_EQ(error.code, ErrorCode::malformed);
    EXPECT_NE(error.detail.find("line 9"), std::string::npos) << error.detail;
    EXPECT_EQ(error_of(with("[sessions]\n[sessions]\n")).code, ErrorCode::malformed); // twice
}

TEST(Config, LoadsFromItsDirectory)
{
    const auto directory = std::filesystem::path(testing::TempDir()) / "qss-config-test";
    std::filesystem::create_directories(directory);
    std::ofstream(directory / "qss.toml") << smallest;
    const auto config = load(directory / "qss.toml");
    ASSERT_TRUE(config);
    EXPECT_EQ(config->paths.database, directory / "api" / "main.db");
    std::filesystem::remove_all(directory);
    const auto absent = load(directory / "qss.toml");
    ASSERT_FALSE(absent);
    EXPECT_EQ(absent.error().code, ErrorCode::not_found);
}

}
}
