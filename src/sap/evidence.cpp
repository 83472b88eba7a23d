#include "sap/evidence.h"

#include "base/canonical.h"
#include "base/limits.h"

namespace qss::sap {

namespace {

constexpr std::string_view tag = "QSS-EVIDENCE-v1";
constexpr std::size_t transport_extra = 512; // of SignedStatement around its encoding
constexpr std::size_t input_size = 16 * 1024;
static_assert(limits::digests_per_session * (limits::digest_size + 4) + 1024 < input_size);

void write_assertion(CanonicalWriter& writer, const webauthn::Assertion& assertion)
{
    writer.bytes(assertion.credential_id).bytes(assertion.authenticator_data);
    writer.bytes(assertion.client_data_json).bytes(assertion.signature);
}

Result<webauthn::Assertion> read_assertion(CanonicalReader& reader)
{
    TRY_ASSIGN(credential_id, reader.bytes(limits::webauthn_credential_id_size));
    TRY_ASSIGN(authenticator_data, reader.bytes(limits::authenticator_data_size));
    TRY_ASSIGN(client_data_json, reader.bytes(limits::client_data_size));
    TRY_ASSIGN(signature, reader.bytes(limits::signature_size));
    return webauthn::Assertion{to_bytes(credential_id), to_bytes(authenticator_data),
                               to_bytes(client_data_json), to_bytes(signature)};
}

// As many as there are digests.
Result<std::vector<Bytes>> read_signatures(CanonicalReader& reader, std::size_t expected)
{
    TRY_ASSIGN(count, reader.count(limits::digests_per_session));
    if (count != expected)
        return fail(ErrorCode::malformed, "evidence: not one signature for each digest");
    std::vector<Bytes> signatures;
    for (std::size_t i = 0; i < count; ++i) {
        TRY_ASSIGN(signature, reader.bytes(limits::signature_size));
        signatures.push_back(to_bytes(signature));
    }
    return signatures;
}

}

Bytes Evidence::encode() const
{
    CanonicalWriter writer(tag);
    writer.bytes(input.encode()).bytes(display_record);
    write_assertion(writer, assertion);
    writer.bytes(link_record).bytes(registration_statement).u64(signatures.size());
    for (const auto& signature : signatures)
        writer.bytes(signature);
    writer.bytes(signing_certificate).bytes(issuing_ca_certificate);
    return writer.bytes(evidence_certificate).bytes(officer_certificate).time(used_at).take();
}

Result<Evidence> Evidence::decode(ByteView encoding)
{
    if (encoding.size() > limits::evidence_size)
        return fail(ErrorCode::too_large, "evidence");
    TRY_ASSIGN(reader, CanonicalReader::open(encoding, tag));
    TRY_ASSIGN(encoded_input, reader.bytes(input_size));
    TRY_ASSIGN(input, ChallengeInput::decode(encoded_input));
    TRY_ASSIGN(display_record, reader.bytes(limits::display_record_size));
    TRY_ASSIGN(assertion, read_assertion(reader));
    TRY_ASSIGN(link_record, reader.bytes(limits::statement_size + transport_extra));
    TRY_ASSIGN(registration_statement, reader.bytes(limits::statement_size + transport_extra));
    TRY_ASSIGN(signatures, read_signatures(reader, input.digests.size()));
    TRY_ASSIGN(signing_certificate, reader.bytes(limits::certificate_size));
    TRY_ASSIGN(issuing_ca_certificate, reader.bytes(limits::certificate_size));
    TRY_ASSIGN(evidence_certificate, reader.bytes(limits::certificate_size));
    TRY_ASSIGN(officer_certificate, reader.bytes(limits::certificate_size));
    TRY_ASSIGN(used_at, reader.time());
    TRY(reader.finish());
    return Evidence{std::move(input),
                    to_bytes(display_record),
                    std::move(assertion),
                    to_bytes(link_record),
                    to_bytes(registration_statement),
                    std::move(signatures),
                    to_bytes(signing_certificate),
                    to_bytes(issuing_ca_certificate),
                    to_bytes(evidence_certificate),
                    to_bytes(officer_certificate),
                    used_at};
}

Result<Bytes> sign_evidence(const Evidence& evidence, const crypto::Signer& evidence_key)
{
    TRY_ASSIGN(signed_evidence, statements::sign_statement(evidence.encode(), evidence_key));
    return signed_evidence.encode();
}

}
