#include "base/limits.h"
#include "crypto/digest.h"
#include "sam/lookups.h"
#include "sam/sessions.h"
#include "sap/display_record.h"

namespace qss::sam {

namespace {

struct Wanted { // an OpenSessionRequest that obeys the rules of its types
    SignerId signer_id;
    KeyId key_id;
    Bytes certificate_sha256;
    crypto::SignatureAlgorithm algorithm;
    std::vector<crypto::Digest> digests;
    Bytes display_record;
    Milliseconds lifetime;
};

Result<std::vector<crypto::Digest>> parse_digests(const proto::sam::OpenSessionRequest& request,
                                                  crypto::SignatureAlgorithm algorithm)
{
    if (request.digests().empty() || request.digests_size() > static_cast<int>(limits::digests_per_session))
        return fail(ErrorCode::invalid_argument, "a session has 1 to 100 digests");
    std::vector<crypto::Digest> digests;
    for (const auto& bytes : request.digests()) {
        auto digest = crypto::Digest::from_bytes(crypto::hash_of(algorithm), as_bytes(bytes));
        if (!digest)
            return fail(ErrorCode::invalid_argument, "a digest's length does not fit the algorithm");
        digests.push_back(std::move(*digest));
    }
    return digests;
}

// What is stored, hashed and shown is one encoding: the canonical one.
Status check_display(ByteView encoded, std::size_t digest_count)
{
    auto display = sap::DisplayRecord::decode(encoded);
    if (!display)
        return fail(ErrorCode::invalid_argument, "display record: " + display.error().detail);
    if (!equal_public(display->encode(), encoded))
        return fail(ErrorCode::invalid_argument, "display record is not canonical");
    if (!display->labels.empty() && display->labels.size() != digest_count)
        return fail(ErrorCode::invalid_argument, "labels: one for each digest, or none");
    return {};
}

Result<Milliseconds> parse_lifetime(std::uint32_t lifetime_ms)
{
    if (lifetime_ms == 0)
        return Milliseconds(limits::session_default_ms);
    if (lifetime_ms > limits::session_max_ms)
        return fail(ErrorCode::invalid_argument, "a session lives 30 minutes at most (SIG-A.5-09)");
    return Milliseconds(lifetime_ms);
}

Result<Wanted> parse(const proto::sam::OpenSessionRequest& request)
{
    TRY_ASSIGN(signer_id, id_from<SignerId>(request.signer_id()));
    TRY_ASSIGN(key_id, id_from<KeyId>(request.key_id()));
    TRY_ASSIGN(algorithm, crypto::signature_algorithm_from_string(request.signature_algorithm()));
    TRY_ASSIGN(digests, parse_digests(request, algorithm));
    TRY_ASSIGN(lifetime, parse_lifetime(request.lifetime_ms()));
    TRY(check_display(as_bytes(request.display_record()), digests.size()));
    return Wanted{signer_id,
                  key_id,
                  to_bytes(request.certificate_sha256()),
                  algorithm,
                  std::move(digests),
                  to_bytes(request.display_record()),
                  lifetime};
}

// Everything in the record that must be so for a session to open.
Status check_openable(Transaction& transaction, const Wanted& wanted, const Config& config)
{
    TRY_ASSIGN(signer, find_live_signer(transaction, wanted.signer_id));
    TRY_ASSIGN(key, find_key(transaction, wanted.key_id));
    if (key.signer_id != signer.id)
        return fail(ErrorCode::not_found, "the signer has no such key");
    TRY(check_key_usable(config, key, wanted.certificate_sha256, transaction.now()));
    if (!crypto::fits(wanted.algorithm, key.type))
        return fail(ErrorCode::invalid_argument, "the signature algorithm does not fit the key");
    TRY_ASSIGN(bound, live_authenticators(transaction, signer.id));
    if (bound.empty())
        return fail(ErrorCode::conflict, "the signer has no authenticator");
    TRY_ASSIGN(open, transaction.count(Kind::session, signer.id.bytes(), SessionRecord::open));
    if (open >= open_sessions_per_signer)
        return fail(ErrorCode::quota_reached, "the signer has too many open sessions");
    return {};
}

}

Result<proto::sam::OpenSessionReply> Sessions::open(const proto::sam::OpenSessionRequest& request)
{
    TRY_ASSIGN(wanted, parse(request));
    const auto display_hash = crypto::sha256(wanted.display_record);
    SessionRecord session{.input = {SessionId::generate(m_environment.random), m_environment.random.bytes(32),
                                    m_environment.clock.now() + wanted.lifetime, wanted.signer_id,
                                    wanted.key_id, wanted.certificate_sha256, wanted.algorithm,
                                    wanted.digests, display_hash, m_environment.config.get()->rp.rp_id},
                          .display_record = wanted.display_record};
    m_environment.faults.reach("open_not_durable");
    const auto opened = m_environment.record.transact([&](Transaction& transaction) -> Status {
        TRY(check_openable(transaction, wanted, *m_environment.config.get()));
        transaction.event("session-opened", session.input.session_id.bytes());
        return transaction.insert(session.to_row());
    });
    TRY(opened);
    proto::sam::OpenSessionReply reply;
    reply.set_session_id(to_string(session.input.session_id.bytes()));
    reply.set_nonce(to_string(session.input.nonce));
    reply.set_expires_at_unix_ms(to_unix_ms(session.input.expires_at));
    return reply;
}

}
