#include "cli/phone_session.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/limits.h"
#include "cli/listing.h"

namespace qss::cli {

namespace {

using client::text_member;

template <class Id>
Result<Id> id_member(const client::json::object& object, std::string_view name)
{
    TRY_ASSIGN(text, text_member(object, name));
    return Id::parse(text);
}

Result<sap::DisplayRecord> parse_display(const client::json::object& session, std::size_t digests)
{
    TRY_ASSIGN(object, client::object_member(session, "display"));
    sap::DisplayRecord display;
    TRY_ASSIGN(enterprise, text_member(object, "enterprise"));
    TRY_ASSIGN(pack, text_member(object, "pack"));
    TRY_ASSIGN(application, text_member(object, "application"));
    TRY_ASSIGN(language, text_member(object, "language"));
    TRY_ASSIGN(consent_version, text_member(object, "consent_version"));
    TRY_ASSIGN(labels, client::texts_member(object, "labels"));
    if (!labels.empty() && labels.size() != digests)
        return fail(ErrorCode::malformed, "not one label for each digest");
    display = {enterprise, pack, application, language, consent_version, labels};
    TRY(display.check());
    return display;
}

Result<std::vector<crypto::Digest>> parse_digests(const client::json::object& session,
                                                  crypto::HashAlgorithm hash)
{
    TRY_ASSIGN(oid, text_member(session, "hash_algorithm_oid"));
    if (oid != crypto::oid(hash))
        return fail(ErrorCode::malformed, "the hash is not that of the signature algorithm");
    TRY_ASSIGN(texts, client::texts_member(session, "digests"));
    if (texts.empty() || texts.size() > limits::digests_per_session)
        return fail(ErrorCode::malformed, "1 to 100 digests are approved at once");
    std::vector<crypto::Digest> digests;
    for (const auto& text : texts) {
        TRY_ASSIGN(bytes, hex_decode(text));
        TRY_ASSIGN(digest, crypto::Digest::from_bytes(hash, bytes));
        digests.push_back(std::move(digest));
    }
    return digests;
}

Status check_pinned(const PhoneSession& session, const PinnedIdentity& pinned, TimePoint now)
{
    if (session.input.rp_id != pinned.rp_id)
        return fail(ErrorCode::verification_failed,
                    "the session is for another relying party: " + session.input.rp_id);
    if (session.input.signer_id != pinned.signer_id)
        return fail(ErrorCode::verification_failed, "the session is for another signer");
    if (std::find(session.credential_ids.begin(), session.credential_ids.end(), pinned.credential_id) ==
        session.credential_ids.end())
        return fail(ErrorCode::verification_failed, "the session is not for this authenticator");
    if (now >= session.input.expires_at)
        return fail(ErrorCode::expired, "the session has expired");
    return {};
}

}

Result<PhoneSession> parse_phone_session(const client::json::object& object, const PinnedIdentity& pinned,
                                         TimePoint now)
{
    TRY_ASSIGN(session_id, id_member<SessionId>(object, "session_id"));
    TRY_ASSIGN(nonce, client::base64url_member(object, "nonce"));
    TRY_ASSIGN(expires_at, client::integer_member(object, "expires_at_unix_ms"));
    TRY_ASSIGN(signer_id, id_member<SignerId>(object, "signer_id"));
    TRY_ASSIGN(key_id, id_member<KeyId>(object, "key_id"));
    TRY_ASSIGN(certificate, client::hex_member(object, "certificate_sha256"));
    TRY_ASSIGN(algorithm_name, text_member(object, "signature_algorithm"));
    TRY_ASSIGN(algorithm, crypto::signature_algorithm_from_string(algorithm_name));
    TRY_ASSIGN(digests, parse_digests(object, crypto::hash_of(algorithm)));
    TRY_ASSIGN(display, parse_display(object, digests.size()));
    TRY_ASSIGN(rp_id, text_member(object, "rp_id"));
    TRY_ASSIGN(credentials, client::texts_member(object, "credential_ids"));
    if (nonce.size() != 32 || certificate.size() != 32)
        return fail(ErrorCode::malformed, "nonce and certificate hash are 32 bytes");

    PhoneSession session{{session_id, nonce, from_unix_ms(expires_at), signer_id, key_id, certificate,
                          algorithm, std::move(digests), crypto::sha256(display.encode()), rp_id},
                         std::move(display),
                         {}};
    for (const auto& text : credentials) {
        TRY_ASSIGN(id, base64url_decode(text));
        session.credential_ids.push_back(std::move(id));
    }
    TRY(check_pinned(session, pinned, now));
    return session;
}

std::string PhoneSession::for_people() const
{
    std::string out = "session " + input.session_id.text() + "\n  " + printable(display.application) +
                      " of " + printable(display.enterprise) + " (" + printable(display.pack) +
                      ") asks you to sign, until " + to_rfc3339(input.expires_at) + ", " +
                      std::string(crypto::to_string(input.signature_algorithm)) + ":";
    for (std::size_t i = 0; i < input.digests.size(); ++i)
        out +=
            "\n  " + std::to_string(i + 1) + ". " +
            (display.labels.empty() || display.labels[i].empty() ? "" : printable(display.labels[i]) + "  ") +
            hex_encode(input.digests[i].bytes());
    return out;
}

}
