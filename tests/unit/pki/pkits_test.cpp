// NIST's Public Key Interoperability Test Suite against check_path: each test whose outcome depends on
// signatures, validity, names, basic constraints, key usage, name constraints and extensions. Revocation and
// policies are not check_path's (what we validate has one issuer, whose status is asked for elsewhere).
#include <map>

#include <gtest/gtest.h>

#include "pki/certificate.h"
#include "support/vectors.h"

namespace qss::pki {

namespace {

// Stricter than the suite, on purpose; each with the rule that refuses it.
const std::map<std::string, std::string, std::less<>>& refused_on_purpose()
{
    static const std::map<std::string, std::string, std::less<>> reasons{
        {"ValidDSASignaturesTest4EE", "public key is not RSA, P-256 or P-384"},
        {"ValidDSAParameterInheritanceTest5EE", "SubjectPublicKeyInfo"}, // no parameters of its own
        {"ValidbasicConstraintsNotCriticalTest4EE",
         "Basic Constraints of CA cert not marked critical"}, // 4.2.1.9
    };
    return reasons;
}

class Pkits : public testing::Test {
protected:
    Result<Certificate> certificate(std::string_view name) const
    {
        return Certificate::from_der(bytes(m_vectors.at("certificates").at(name)));
    }
    Status check(const boost::json::value& test) const
    {
        TRY_ASSIGN(root, Certificate::from_der(bytes(m_vectors.at("root"))));
        TRY_ASSIGN(leaf, certificate(test::text_of(test, "leaf")));
        std::vector<Certificate> path;
        for (const auto& name : test.at("path").as_array()) {
            TRY_ASSIGN(one, certificate(name.as_string()));
            path.push_back(std::move(one));
        }
        return check_path(leaf, path, root, m_time);
    }
    static Bytes bytes(const boost::json::value& base64)
    {
        return base64_decode(std::string(base64.as_string())).value();
    }

    boost::json::value m_vectors = test::read_vectors("pkits.json");
    TimePoint m_time = from_unix_ms(1'795'000'000'000); // 2026-11-18; the suite is valid from 2010 to 2030
};

}

TEST_F(Pkits, each_outcome_is_the_one_that_its_name_says)
{
    std::size_t valid = 0;
    std::size_t invalid = 0;
    for (const auto& test : m_vectors.at("tests").as_array()) {
        const auto name = test::text_of(test, "leaf");
        const auto outcome = check(test);
        const auto reason = refused_on_purpose().find(name);
        const bool expected = test.at("valid").as_bool() && reason == refused_on_purpose().end();
        EXPECT_EQ(outcome.has_value(), expected) << name << ": " << (outcome ? "" : outcome.error().detail);
        if (reason != refused_on_purpose().end() && !outcome) {
            EXPECT_NE(outcome.error().detail.find(reason->second), std::string::npos)
                << name << ": " << outcome.error().detail;
        }
        ++(expected ? valid : invalid);
    }
    EXPECT_GE(valid, 30U);
    EXPECT_GE(invalid, 45U);
}

}
