#include "cli/credential_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "scratch_directory.h"

namespace qss::cli {
namespace {

client::Credential example()
{
    client::Credential credential;
    credential.base_url = "https://localhost:8443";
    credential.api_key = "0123456789abcdef";
    credential.api_secret = Secret(to_bytes(std::string(40, 'a')));
    credential.certificate_file = "cred.certificate.pem";
    credential.private_key_file = "/elsewhere/key.pem";
    credential.ca_file = "with \"quotes\".pem";
    return credential;
}

TEST(CredentialFile, ComesBackAsItWas)
{
    const test::ScratchDirectory directory;
    const std::string file = directory.path() / "cred.toml";
    ASSERT_TRUE(write_credential(file, example(), "for a test").has_value());
    struct stat info{};
    ASSERT_EQ(::stat(file.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600U);
    const auto read = load_credential(file);
    ASSERT_TRUE(read.has_value()) << read.error().detail;
    EXPECT_EQ(read->base_url, "https://localhost:8443");
    EXPECT_EQ(as_text(read->api_secret.reveal()), std::string(40, 'a'));
    EXPECT_EQ(read->certificate_file, directory.path() / "cred.certificate.pem");
    EXPECT_EQ(read->private_key_file, "/elsewhere/key.pem");
    EXPECT_EQ(read->ca_file, directory.path() / "with \"quotes\".pem");
}

TEST(CredentialFile, IsNotOverwritten)
{
    const test::ScratchDirectory directory;
    const auto file = directory.write("cred.toml", "mine");
    EXPECT_EQ(write_credential(file, example(), "").error().code, ErrorCode::already_exists);
}

TEST(CredentialFile, NamesWhatIsWrong)
{
    const test::ScratchDirectory directory;
    const auto error_of = [&](const char* text) {
        return load_credential(directory.write("c.toml", text)).error().detail;
    };
    EXPECT_NE(error_of("api_key = \"x\"").find("base_url"), std::string::npos);
    EXPECT_NE(error_of("api_kye = \"x\"").find("api_kye"), std::string::npos);
    EXPECT_NE(error_of("\napi_key = ").find("c.toml:2"), std::string::npos);
    EXPECT_NE(load_credential(directory.path() / "absent").error().detail.find("qss credential add"),
              std::string::npos);
}

}
}
