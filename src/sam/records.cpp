#include "sam/records.h"

#include "base/canonical.h"
#include "base/limits.h"
#include "crypto/digest.h"
#include "statements/signed.h"

namespace qss::sam {

namespace {

// A signed statement with its key id and signature around it.
constexpr std::size_t transport_size = limits::statement_size + 512;
constexpr std::size_t blob_size = 8 * 1024; // RSA-4096 in PKCS#8: 2.4 KiB
constexpr std::size_t detail_size = 1024;

template <class State>
Result<State> state_of(const Row& row, State last)
{
    if (row.state < 0 || row.state > static_cast<std::int64_t>(last))
        return fail(ErrorCode::malformed, "row state");
    return static_cast<State>(row.state);
}

}

Result<SignerRecord> SignerRecord::from_row(Row row)
{
    TRY_ASSIGN(id, SignerId::from_bytes(row.id));
    TRY_ASSIGN(state, state_of(row, destroyed));
    TRY_ASSIGN(reader, CanonicalReader::open(row.contents, "signer"));
    TRY_ASSIGN(enterprise, reader.id<EnterpriseId>());
    TRY_ASSIGN(sequence, reader.u64());
    TRY_ASSIGN(statement, reader.bytes(transport_size));
    TRY_ASSIGN(hash, reader.bytes_exactly(32));
    TRY_ASSIGN(may_bind_first, reader.u64());
    TRY_ASSIGN(last_removal, reader.time());
    TRY(reader.finish());
    SignerRecord signer{
        id,           enterprise, sequence, to_bytes(statement), to_bytes(hash), may_bind_first != 0,
        last_removal, state};
    signer.row = std::move(row);
    return signer;
}

Row SignerRecord::to_row() const
{
    Row out = row;
    out.kind = Kind::signer;
    out.id = to_bytes(id.bytes());
    out.owner = out.id;
    out.state = state;
    CanonicalWriter contents("signer");
    contents.bytes(enterprise_id.bytes()).u64(sequence).bytes(statement).bytes(statement_hash);
    contents.u64(may_bind_first ? 1 : 0).time(last_removal);
    out.contents = contents.take();
    return out;
}

Result<statements::RegistrationStatement> SignerRecord::registration() const
{
    TRY_ASSIGN(signed_statement, statements::SignedStatement::decode(statement));
    return statements::RegistrationStatement::decode(signed_statement.encoding);
}

bool AuthenticatorRecord::is_locked() const
{
    return failures >= static_cast<std::uint64_t>(limits::assertion_failures_before_lock);
}

Bytes AuthenticatorRecord::lookup(ByteView credential_id)
{
    return crypto::sha256(credential_id);
}

Result<AuthenticatorRecord> AuthenticatorRecord::from_row(Row row)
{
    TRY_ASSIGN(id, AuthenticatorId::from_bytes(row.id));
    TRY_ASSIGN(signer, SignerId::from_bytes(row.owner));
    TRY_ASSIGN(state, state_of(row, removed));
    TRY_ASSIGN(reader, CanonicalReader::open(row.contents, "authenticator"));
    TRY_ASSIGN(credential_id, reader.bytes(limits::webauthn_credential_id_size));
    TRY_ASSIGN(spki, reader.bytes(limits::spki_size));
    TRY_ASSIGN(sign_count, reader.u64());
    TRY_ASSIGN(failures, reader.u64());
    TRY_ASSIGN(link_record, reader.bytes(transport_size));
    TRY_ASSIGN(statement, reader.bytes(transport_size));
    TRY(reader.finish());
    AuthenticatorRecord authenticator{id,         signer,   to_bytes(credential_id), to_bytes(spki),
                                      sign_count, failures, to_bytes(link_record),   to_bytes(statement),
                                      state};
    authenticator.row = std::move(row);
    return authenticator;
}

Row AuthenticatorRecord::to_row() const
{
    Row out = row;
    out.kind = Kind::authenticator;
    out.id = to_bytes(id.bytes());
    out.owner = to_bytes(signer_id.bytes());
    out.lookup = lookup(credential_id);
    out.state = state;
    CanonicalWriter contents("authenticator");
    contents.bytes(credential_id).bytes(public_key_spki).u64(sign_count).u64(failures);
    contents.bytes(link_record).bytes(statement);
    out.contents = contents.take();
    return out;
}

Bytes KeyRecord::lookup(const SignerId& signer, const PackId& pack)
{
    return crypto::sha256(concat({signer.bytes(), pack.bytes()}));
}

Result<KeyRecord> KeyRecord::from_row(Row row)
{
    TRY_ASSIGN(id, KeyId::from_bytes(row.id));
    TRY_ASSIGN(signer, SignerId::from_bytes(row.owner));
    TRY_ASSIGN(state, state_of(row, revoked));
    TRY_ASSIGN(reader, CanonicalReader::open(row.contents, "key"));
    TRY_ASSIGN(pack, reader.id<PackId>());
    TRY_ASSIGN(type_name, reader.text(32));
    TRY_ASSIGN(type, crypto::key_type_from_string(type_name));
    TRY_ASSIGN(spki, reader.bytes(limits::spki_size));
    TRY_ASSIGN(blob, reader.bytes(blob_size));
    TRY_ASSIGN(certificate, reader.bytes(limits::certificate_size));
    TRY_ASSIGN(certificate_sha256, reader.bytes(32));
    TRY_ASSIGN(issuer, reader.bytes(32));
    TRY_ASSIGN(not_before, reader.time());
    TRY_ASSIGN(not_after, reader.time());
    TRY_ASSIGN(receipt, reader.bytes(transport_size));
    TRY(reader.finish());
    KeyRecord key{.id = id,
                  .signer_id = signer,
                  .pack_id = pack,
                  .type = type,
                  .spki = to_bytes(spki),
                  .blob = to_bytes(blob),
                  .certificate = to_bytes(certificate),
                  .certificate_sha256 = to_bytes(certificate_sha256),
                  .issuer = to_bytes(issuer),
                  .certificate_validity = {not_before, not_after},
                  .receipt = to_bytes(receipt),
                  .counted_at = from_unix_ms(row.due_unix_ms),
                  .state = state};
    key.row = std::move(row);
    return key;
}

Row KeyRecord::to_row() const
{
    Row out = row;
    out.kind = Kind::key;
    out.id = to_bytes(id.bytes());
    out.owner = to_bytes(signer_id.bytes());
    out.lookup = state == revoked ? std::optional<Bytes>() : lookup(signer_id, pack_id);
    out.state = state;
    out.due_unix_ms = to_unix_ms(counted_at);
    CanonicalWriter contents("key");
    contents.bytes(pack_id.bytes()).text(crypto::to_string(type)).bytes(spki).bytes(blob);
    contents.bytes(certificate).bytes(certificate_sha256).bytes(issuer);
    contents.time(certificate_validity.not_before).time(certificate_validity.not_after).bytes(receipt);
    out.contents = contents.take();
    return out;
}

Result<SessionRecord> SessionRecord::from_row(Row row)
{
    TRY_ASSIGN(state, state_of(row, expired));
    TRY_ASSIGN(reader, CanonicalReader::open(row.contents, "session"));
    TRY_ASSIGN(encoded_input, reader.bytes(limits::evidence_size));
    TRY_ASSIGN(input, sap::ChallengeInput::decode(encoded_input));
    TRY_ASSIGN(display, reader.bytes(limits::display_record_size));
    TRY_ASSIGN(used_at, reader.time());
    TRY_ASSIGN(evidence, reader.bytes(limits::wire_message_size));
    TRY_ASSIGN(refusal, reader.u64());
    TRY_ASSIGN(refusal_detail, reader.text(detail_size));
    TRY(reader.finish());
    if (!equal_public(input.session_id.bytes(), row.id) ||
        !equal_public(input.signer_id.bytes(), row.owner) ||
        refusal > static_cast<std::uint64_t>(ErrorCode::internal))
        return fail(ErrorCode::malformed, "session row");
    SessionRecord session{std::move(input),
                          to_bytes(display),
                          used_at,
                          to_bytes(evidence),
                          static_cast<ErrorCode>(refusal),
                          std::move(refusal_detail),
                          state};
    session.row = std::move(row);
    return session;
}

Row SessionRecord::to_row() const
{
    Row out = row;
    out.kind = Kind::session;
    out.id = to_bytes(input.session_id.bytes());
    out.owner = to_bytes(input.signer_id.bytes());
    out.state = state;
    out.due_unix_ms = to_unix_ms(input.expires_at);
    CanonicalWriter contents("session");
    contents.bytes(input.encode()).bytes(display_record).time(used_at).bytes(evidence);
    contents.u64(static_cast<std::uint64_t>(refusal))
        .text(std::string_view(refusal_detail).substr(0, detail_size));
    out.contents = contents.take();
    return out;
}

}
