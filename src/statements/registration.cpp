#include "statements/registration.h"

#include "base/canonical.h"
#include "base/encoding.h"
#include "base/limits.h"
#include "crypto/digest.h"
#include "crypto/keys.h"

namespace qss::statements {

namespace {

constexpr std::string_view tag = "QSS-REG-v1";
constexpr std::size_t country_size = 2;
constexpr std::size_t identity_number_size = 64;
constexpr std::size_t p256_spki_size = 91; // in the one form that PublicKey takes

Status check_enrolment_key(ByteView spki)
{
    const auto key = crypto::PublicKey::from_spki(spki);
    if (!key || key->type() != crypto::KeyType::p256)
        return fail(ErrorCode::invalid_argument,
                    "enrolment key is not a SubjectPublicKeyInfo on P-256, uncompressed");
    return {};
}

}

Status RegistrationStatement::check() const
{
    if (sequence == 0)
        return fail(ErrorCode::invalid_argument, "sequence starts at 1");
    TRY(check_organisation(organisation));
    TRY(check_country(country));
    TRY(check_email(email));
    TRY(check_mobile(mobile));
    TRY(check_person_names(given_name, surname));
    TRY(check_identity_number(identity_number));
    return check_enrolment_key(enrolment_spki);
}

Bytes RegistrationStatement::encode() const
{
    CanonicalWriter writer(tag);
    writer.bytes(statement_id.bytes()).bytes(signer_id.bytes()).bytes(enterprise_id.bytes()).u64(sequence);
    writer.text(organisation).text(country).text(email).text(mobile);
    writer.text(given_name).text(surname).text(identity_number);
    writer.bytes(enrolment_spki).time(verified_at);
    return writer.take();
}

Result<RegistrationStatement> RegistrationStatement::decode(ByteView encoding)
{
    if (encoding.size() > limits::statement_size)
        return fail(ErrorCode::too_large, "registration statement");
    TRY_ASSIGN(reader, CanonicalReader::open(encoding, tag));
    TRY_ASSIGN(statement, reader.id<StatementId>());
    TRY_ASSIGN(signer, reader.id<SignerId>());
    TRY_ASSIGN(enterprise, reader.id<EnterpriseId>());
    TRY_ASSIGN(sequence, reader.u64());
    TRY_ASSIGN(organisation, reader.text(limits::name_size));
    TRY_ASSIGN(country, reader.text(country_size));
    TRY_ASSIGN(email, reader.text(limits::email_size));
    TRY_ASSIGN(mobile, reader.text(limits::mobile_size));
    TRY_ASSIGN(given_name, reader.text(limits::name_size));
    TRY_ASSIGN(surname, reader.text(limits::name_size));
    TRY_ASSIGN(identity_number, reader.text(identity_number_size));
    TRY_ASSIGN(enrolment_spki, reader.bytes_exactly(p256_spki_size));
    TRY_ASSIGN(verified_at, reader.time());
    TRY(reader.finish());
    RegistrationStatement decoded{statement,    signer,  enterprise,      sequence,
                                  organisation, country, email,           mobile,
                                  given_name,   surname, identity_number, to_bytes(enrolment_spki),
                                  verified_at};
    TRY(decoded.check());
    return decoded;
}

std::string registration_token(ByteView enrolment_spki)
{
    return base64url_encode(
        crypto::sha256(CanonicalWriter("QSS-INVITATION-v1").bytes(enrolment_spki).take()));
}

}
