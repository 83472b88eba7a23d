#include "api/status.h"

#include <gtest/gtest.h>

#include "api/problem.h"
#include "api/qss/errors.h"

namespace qss::api {
namespace {

std::string header(const http::Response& response, std::string_view name)
{
    for (const auto& [key, value] : response.headers) {
        if (key == name)
            return value;
    }
    return {};
}

// The descriptions are the contract's own (QSS API 1, "fixed descriptions").
TEST(QssErrors, have_the_contracts_words)
{
    const auto body = [](ErrorCode code, const char* detail) {
        return qss_api::error_response(Error{code, detail}, "id-1").body;
    };
    EXPECT_TRUE(body(ErrorCode::malformed, "JSON: x").starts_with(R"({"description":"Bad Request",)"));
    EXPECT_TRUE(body(ErrorCode::unauthenticated, "x").starts_with(R"({"description":"Unauthorized",)"));
    EXPECT_TRUE(body(ErrorCode::quota_reached, "x").starts_with(R"({"description":"Quota Reached",)"));
    EXPECT_TRUE(body(ErrorCode::not_found, "x").starts_with(R"({"description":"Not found",)"));
    EXPECT_TRUE(body(ErrorCode::rate_limited, "x").starts_with(R"({"description":"Rate Limit Reached",)"));
    EXPECT_TRUE(body(ErrorCode::unavailable, "x")
                    .starts_with(R"({"description":"Service busy, please retry later","id":"id-1",)"));
    EXPECT_TRUE(body(ErrorCode::invalid_argument, "Malformed digest")
                    .starts_with(R"({"description":"Malformed digest",)"));
}

TEST(QssErrors, say_which_client_certificate_is_wrong)
{
    const auto response =
        qss_api::error_response(Error{ErrorCode::unauthenticated, "certificate expired"}, "i");
    EXPECT_EQ(response.status, 401);
    EXPECT_NE(response.body.find("certificate expired"), std::string::npos);
}

TEST(QssErrors, are_problem_json_never_cached_and_say_when_to_retry)
{
    for (const auto code : {ErrorCode::rate_limited, ErrorCode::unavailable}) {
        const auto response = qss_api::error_response(Error{code, "x"}, "i");
        EXPECT_EQ(header(response, "Content-Type"), "application/problem+json;charset=utf-8");
        EXPECT_EQ(header(response, "Cache-Control"), "no-store");
        EXPECT_FALSE(header(response, "Retry-After").empty());
    }
    EXPECT_EQ(header(qss_api::error_response(Error{ErrorCode::not_found, ""}, "i"), "Retry-After"), "");
}

// Design 4: detail is logged, not sent, unless the caller can mend something.
TEST(Errors, keep_inner_details_inside)
{
    for (const auto code : {ErrorCode::internal, ErrorCode::io, ErrorCode::tampered, ErrorCode::unavailable,
                            ErrorCode::timed_out, ErrorCode::verification_failed}) {
        const Error error{code, "inner-detail"};
        EXPECT_EQ(qss_api::error_response(error, "i").body.find("inner-detail"), std::string::npos)
            << to_string(code);
        EXPECT_EQ(problem_response(error, "i").body.find("inner-detail"), std::string::npos)
            << to_string(code);
    }
}

// A caller who mistyped an address learns what was not found; the contract's description stays.
TEST(Errors, of_404_say_what_is_not_there)
{
    const Error error{ErrorCode::not_found, "no such user"};
    EXPECT_EQ(qss_api::error_response(error, "i").body,
              R"({"description":"Not found","errors":{"not_found":"no such user"}})");
    EXPECT_NE(problem_response(error, "i").body.find(R"("detail":"no such user")"), std::string::npos);
}

TEST(Errors, of_5xx_carry_the_requests_id)
{
    for (const auto code : {ErrorCode::internal, ErrorCode::io, ErrorCode::unavailable, ErrorCode::expired}) {
        const Error error{code, ""};
        EXPECT_NE(qss_api::error_response(error, "id-7").body.find(R"("id":"id-7")"), std::string::npos);
        EXPECT_NE(problem_response(error, "id-7").body.find(R"("id":"id-7")"), std::string::npos);
    }
}

// RFC 9110 15.5.9: a client may repeat after 408, and each repetition is a new approval.
TEST(Errors, an_approval_that_ran_out_is_not_408)
{
    EXPECT_EQ(http_status(ErrorCode::expired).status, 504);
}

TEST(Problem, has_the_members_of_rfc_9457_and_a_code)
{
    const auto response = problem_response(Error{ErrorCode::conflict, "codes first"}, "i");
    EXPECT_EQ(response.status, 409);
    EXPECT_EQ(response.body,
              R"({"type":"about:blank","title":"Conflict","status":409,"detail":"codes first",)"
              R"("code":"conflict"})");
}

TEST(Problem, wrong_guess_says_how_many_are_left)
{
    const auto response = wrong_guess_response("wrong_code", "no", 3);
    EXPECT_EQ(response.status, 422);
    EXPECT_NE(response.body.find(R"("code":"wrong_code","tries_left":3)"), std::string::npos);
}

}
}
