#include "cli/officer.h"

#include <sys/stat.h>

#include "base/encoding.h"
#include "cli/listing.h"
#include "client/files.h"
#include "statements/signed.h"

namespace qss::cli {

namespace {

template <class Id>
Result<Id> id_member(const client::json::object& object, std::string_view name)
{
    TRY_ASSIGN(text, client::text_member(object, name));
    return Id::parse(text);
}

}

Result<crypto::PrivateKey> load_private_key(const std::filesystem::path& file)
{
    struct stat info{};
    if (::stat(file.c_str(), &info) == 0 && (info.st_mode & 077) != 0)
        return fail(ErrorCode::forbidden, file.string() + " is open to others: chmod 600 " + file.string());
    TRY_ASSIGN(pem, client::read_text_file(file.string(), 16 * 1024));
    auto key = crypto::PrivateKey::from_pem(pem);
    wipe(pem.data(), pem.size());
    return key;
}

std::string RegistrationRequest::for_people() const
{
    const auto& s = statement;
    return "request:         " + printable(registration_id) +
           "\nname:            " + printable(s.given_name) + " " + printable(s.surname) +
           "\nidentity number: " + (s.identity_number.empty() ? "-" : printable(s.identity_number)) +
           "\ne-mail:          " + printable(s.email) + "\nmobile:          " + printable(s.mobile) +
           "\norganisation:    " + printable(s.organisation) + ", " + printable(s.country) +
           "\nenterprise:      " + s.enterprise_id.text() + "\nsigner:          " + s.signer_id.text() +
           (s.sequence == 1 ? ", first registration"
                            : ", registered before: statement no. " + std::to_string(s.sequence) +
                                  " replaces the last one; it must be the same person");
}

bool is_outcome_unknown(ErrorCode code)
{
    return code == ErrorCode::unavailable || code == ErrorCode::timed_out || code == ErrorCode::internal;
}

Result<RegistrationRequest> parse_registration_request(const client::json::object& object, Random& random,
                                                       TimePoint now)
{
    using client::text_member;
    TRY_ASSIGN(registration_id, text_member(object, "registration_id"));
    TRY(RegistrationId::parse(registration_id));
    TRY_ASSIGN(signer_id, id_member<SignerId>(object, "signer_id"));
    TRY_ASSIGN(enterprise_id, id_member<EnterpriseId>(object, "enterprise_id"));
    TRY_ASSIGN(organisation, text_member(object, "organisation"));
    TRY_ASSIGN(country, text_member(object, "country"));
    TRY_ASSIGN(sequence, client::integer_member(object, "sequence"));
    TRY_ASSIGN(email, text_member(object, "email"));
    TRY_ASSIGN(mobile, text_member(object, "mobile"));
    TRY_ASSIGN(given_name, text_member(object, "given_name"));
    TRY_ASSIGN(surname, text_member(object, "surname"));
    if (sequence < 1)
        return fail(ErrorCode::malformed, "sequence starts at 1");
    TRY_ASSIGN(enrolment_key, crypto::PrivateKey::generate(crypto::KeyType::p256));
    RegistrationRequest request{registration_id,
                                {.statement_id = StatementId::generate(random),
                                 .signer_id = signer_id,
                                 .enterprise_id = enterprise_id,
                                 .sequence = static_cast<std::uint64_t>(sequence),
                                 .organisation = organisation,
                                 .country = country,
                                 .email = email,
                                 .mobile = mobile,
                                 .given_name = given_name,
                                 .surname = surname,
                                 .identity_number = client::text_member_or(object, "identity_number", ""),
                                 .enrolment_spki = enrolment_key.public_key().spki(),
                                 .verified_at = now},
                                std::move(enrolment_key)};
    TRY(request.statement.check());
    return request;
}

Result<Officer> Officer::open(const std::filesystem::path& directory, client::ManagementApi api)
{
    TRY(client::make_private_directory(directory.string()));
    TRY_ASSIGN(key, load_private_key(directory / "key.pem"));
    if (key.type() != crypto::KeyType::p256)
        return fail(ErrorCode::unsupported, "an officer's key is P-256");
    return Officer(std::move(key), std::move(api));
}

Result<client::json::array> Officer::pending(int wait_s)
{
    const auto path = "/registration-requests?status=pending&wait_seconds=" + std::to_string(wait_s);
    TRY_ASSIGN(answer, m_api.get(path, (wait_s + 30) * 1000));
    return client::array_member(answer, "requests");
}

Result<Approval> Officer::approve(const RegistrationRequest& request, const Invitations& invitations) const
{
    TRY_ASSIGN(statement, statements::sign_statement(request.statement.encode(), m_key));
    TRY_ASSIGN(letter, InvitationLetter::write(invitations.directory, request.statement,
                                               make_invitation(request.enrolment_key), invitations.app_url));
    return Approval::keep(request.registration_id, statement.encode(), std::move(letter));
}

Status Officer::send(const Approval& approval)
{
    const auto taken = m_api.post("/registration-requests/" + approval.registration_id() + "/statement",
                                  {{"statement", base64url_encode(approval.statement())}});
    if (taken)
        return approval.accepted();
    if (!is_outcome_unknown(taken.error().code))
        approval.refused();
    return fail(taken.error());
}

}
