#include "cli/sandbox_outbox.h"

#include <gtest/gtest.h>

#include "scratch_directory.h"

namespace qss::cli {
namespace {

TEST(SandboxOutbox, FindsTheMessageToTheAddress)
{
    const test::ScratchDirectory directory;
    directory.write("email-other", "to: other@example.com\n\ncode: 11111111\n");
    directory.write("email-anna", "to: anna@example.com\nsubject: x\n\nYour code: no\nCode: 22222222\n");
    directory.write(".half-written", "to: anna@example.com\n\ncode: 33333333\n");
    directory.write("email-anna.txt.part", "to: anna@example.com\n\ncode: 44444444\n");
    const SandboxOutbox outbox(directory.path());
    EXPECT_EQ(*outbox.wait_for("anna@example.com", "code", 20), "22222222");
    EXPECT_EQ(outbox.wait_for("anna@example.com", "invitation", 20).error().code, ErrorCode::timed_out);
    EXPECT_EQ(outbox.wait_for("nobody@example.com", "code", 20).error().code, ErrorCode::timed_out);
}

TEST(SandboxOutbox, ForgetsWhatIsThere)
{
    const test::ScratchDirectory directory;
    directory.write("1", "to: a\n\ncode: 1\n");
    SandboxOutbox outbox(directory.path());
    outbox.forget_what_is_there();
    EXPECT_FALSE(outbox.wait_for("a", "code", 20).has_value());
    directory.write("2", "to: a\n\ncode: 2\n");
    EXPECT_EQ(*outbox.wait_for("a", "code", 20), "2");
}

}
}
