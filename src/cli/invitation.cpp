#include "cli/invitation.h"

#include <algorithm>
#include <cctype>

#include "base/encoding.h"
#include "client/files.h"

namespace qss::cli {

namespace {

namespace fs = std::filesystem;

// RFC 5958 PrivateKeyInfo around RFC 5915 ECPrivateKey on P-256 with its public key: of one length, the
// scalar and the point in places of their own.
constexpr std::uint8_t before_scalar[] = {0x30, 0x81, 0x87, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06,
                                          0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06,
                                          0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07,
                                          0x04, 0x6D, 0x30, 0x6B, 0x02, 0x01, 0x01, 0x04, 0x20};
constexpr std::uint8_t before_point[] = {0xA1, 0x44, 0x03, 0x42, 0x00, 0x04};
constexpr std::size_t scalar_size = 32;
constexpr std::size_t point_size = 64;
constexpr std::size_t pkcs8_size = sizeof before_scalar + scalar_size + sizeof before_point + point_size;
constexpr std::size_t address_size = 150; // of a file's name
constexpr std::size_t letter_size = 64 * 1024;
constexpr std::string_view label = "invitation: ";

std::string file_name(const statements::RegistrationStatement& statement)
{
    std::string address = statement.email.substr(0, address_size);
    std::replace_if(
        address.begin(), address.end(),
        [](unsigned char c) {
            return c >= 0x80 || (std::isalnum(c) == 0 && std::string_view("@.+-_").find(
                                                             static_cast<char>(c)) == std::string_view::npos);
        },
        '_');
    return "invitation-" + address + "-" + statement.statement_id.text() + ".txt";
}

}

Secret make_invitation(const crypto::PrivateKey& enrolment_key)
{
    const auto pkcs8 = enrolment_key.to_pkcs8();
    const auto der = pkcs8.reveal();
    QSS_ASSERT(enrolment_key.type() == crypto::KeyType::p256 && der.size() == pkcs8_size);
    const Secret raw(concat({der.subspan(sizeof before_scalar, scalar_size), der.last(point_size)}));
    auto text = base64url_encode(raw.reveal());
    Secret invitation(to_bytes(text));
    wipe(text.data(), text.size());
    return invitation;
}

Result<crypto::PrivateKey> read_invitation(std::string_view invitation)
{
    auto decoded = base64url_decode(invitation);
    if (!decoded || decoded->size() != scalar_size + point_size)
        return fail(ErrorCode::malformed, "the invitation is not whole: it has 128 letters and digits");
    const Secret raw(std::move(*decoded));
    const auto bytes = raw.reveal();
    const Secret pkcs8(
        concat({before_scalar, bytes.first(scalar_size), before_point, bytes.last(point_size)}));
    auto key = crypto::PrivateKey::from_pkcs8(pkcs8.reveal());
    if (!key)
        return fail(ErrorCode::malformed, "the invitation is not right: check each letter");
    const auto digest = crypto::Digest::of(crypto::HashAlgorithm::sha256, {});
    TRY_ASSIGN(signature, key->sign(crypto::SignatureAlgorithm::ecdsa_sha256, digest));
    if (!key->public_key().verify(crypto::SignatureAlgorithm::ecdsa_sha256, digest, signature))
        return fail(ErrorCode::malformed, "the invitation is not right: check each letter");
    return key;
}

Result<std::string> invitation_in(const std::string& file)
{
    TRY_ASSIGN(text, client::read_text_file(file, letter_size));
    const auto line = ("\n" + text).find(std::string("\n").append(label));
    auto value = line == std::string::npos ? text : text.substr(line + label.size());
    value.erase(0, value.find_first_not_of(" \r\n"));
    value.erase(std::min(value.find_first_of(" \r\n"), value.size()));
    wipe(text.data(), text.size());
    return value;
}

InvitationLetter::InvitationLetter(fs::path path) : m_path(std::move(path)), m_unfinished(m_path)
{
    m_unfinished += ".part";
}

Result<InvitationLetter> InvitationLetter::write(const fs::path& directory,
                                                 const statements::RegistrationStatement& statement,
                                                 const Secret& invitation, const std::string& app_url)
{
    InvitationLetter letter(directory / file_name(statement));
    std::string text = "to: " + statement.email +
                       "\nsubject: Register your phone for electronic signatures\n\n"
                       "Your registration is complete. Register your phone" +
                       (app_url.empty() ? "" : " at " + app_url) +
                       " with this invitation.\nShow it to nobody: whoever has it could register in your "
                       "place.\n\n";
    text.append(label).append(as_text(invitation.reveal())).append("\n");
    const auto written =
        client::write_new_file(letter.m_unfinished.string(), as_bytes(text), client::FileAccess::owner_only);
    wipe(text.data(), text.size());
    TRY(written);
    return letter;
}

Status InvitationLetter::hand_over() const
{
    std::error_code error;
    if (fs::exists(m_path, error))
        return {};
    fs::rename(m_unfinished, m_path, error);
    if (error)
        return fail(ErrorCode::io, m_unfinished.string() + ": " + error.message());
    return {};
}

void InvitationLetter::discard() const
{
    std::error_code ignored;
    fs::remove(m_unfinished, ignored);
}

}
