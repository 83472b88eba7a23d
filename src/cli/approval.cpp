#include "cli/approval.h"

#include <boost/json/serialize.hpp>

#include "base/encoding.h"
#include "base/ids.h"
#include "base/limits.h"
#include "client/files.h"
#include "client/json.h"

namespace qss::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view extension = ".statement"; // after the letter's own name
constexpr std::size_t file_size = 4 * limits::statement_size;

struct Kept {
    std::string registration_id;
    Bytes statement;
};

Result<Kept> read_kept(const fs::path& file)
{
    TRY_ASSIGN(text, client::read_text_file(file.string(), file_size));
    TRY_ASSIGN(object, client::parse_object(text));
    TRY_ASSIGN(id, client::text_member(object, "registration_id"));
    TRY(RegistrationId::parse(id));
    TRY_ASSIGN(encoded, client::text_member(object, "statement"));
    TRY_ASSIGN(statement, base64url_decode(encoded));
    return Kept{std::move(id), std::move(statement)};
}

}

Approval::Approval(std::string registration_id, Bytes statement, InvitationLetter letter)
    : m_registration_id(std::move(registration_id)), m_statement(std::move(statement)),
      m_letter(std::move(letter))
{
}

fs::path Approval::statement_file() const
{
    auto file = m_letter.path();
    file += extension;
    return file;
}

Result<Approval> Approval::keep(std::string registration_id, Bytes statement, InvitationLetter letter)
{
    Approval approval(std::move(registration_id), std::move(statement), std::move(letter));
    const auto text =
        boost::json::serialize(client::json::object{{"registration_id", approval.m_registration_id},
                                                    {"statement", base64url_encode(approval.m_statement)}});
    TRY(client::write_new_file(approval.statement_file().string(), as_bytes(text),
                               client::FileAccess::owner_only));
    return approval;
}

Result<std::vector<Approval>> Approval::unfinished(const fs::path& directory)
{
    std::error_code error;
    std::vector<Approval> approvals;
    for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
        const auto& file = it->path();
        if (file.extension() != extension)
            continue;
        auto kept = read_kept(file);
        if (!kept)
            return fail(kept.error().code, file.string() +
                                               " is no statement of an officer's: move it away (" +
                                               kept.error().detail + ")");
        approvals.push_back(Approval(std::move(kept->registration_id), std::move(kept->statement),
                                     InvitationLetter(fs::path(file).replace_extension())));
    }
    if (error)
        return fail(ErrorCode::io, directory.string() + ": " + error.message());
    return approvals;
}

Status Approval::accepted() const
{
    TRY(m_letter.hand_over());
    std::error_code ignored; // sent once more at the next start, and accepted again
    fs::remove(statement_file(), ignored);
    return {};
}

void Approval::refused() const
{
    m_letter.discard();
    std::error_code ignored;
    fs::remove(statement_file(), ignored);
}

}
