#include "tsa/service.h"

#include "base/encoding.h"
#include "base/limits.h"
#include "base/log.h"

namespace qss::tsa {

namespace {

using pki::TimestampFailure;

constexpr std::string_view test_arc = "1.3.6.1.4.1.32473."; // RFC 5612: for examples
constexpr std::string_view test_policy = "1.3.6.1.4.1.32473.1.2";
constexpr std::string_view best_practices = "0.4.0.2023.1.1"; // EN 319 421 5.2: BTSP
constexpr std::uint32_t default_accuracy_ms = 500;
constexpr std::string_view default_key_type = "RSA-3072";

std::string_view text_of(TimestampFailure failure)
{
    switch (failure) {
    case TimestampFailure::bad_algorithm: return "the hash is SHA-256, SHA-384 or SHA-512";
    case TimestampFailure::bad_request: return "version 1 alone";
    case TimestampFailure::bad_data_format: return "not a TimeStampReq in DER, or the digest's length";
    case TimestampFailure::time_not_available: return "the clock cannot be trusted now";
    case TimestampFailure::unaccepted_policy: return "another policy is wanted than this unit's";
    case TimestampFailure::unaccepted_extension: return "extensions are not taken";
    case TimestampFailure::system_failure: break;
    }
    return "no time-stamp can be made";
}

Bytes response_to(const Error& error)
{
    if (error.code == ErrorCode::gone)
        return pki::revoked_timestamp();
    const auto failure = error.code == ErrorCode::unavailable ? TimestampFailure::time_not_available
                                                              : TimestampFailure::system_failure;
    return pki::refused_timestamp(failure, text_of(failure));
}

bool is_oid(std::string_view text)
{
    constexpr std::size_t max_size = 64;
    return text.size() <= max_size && text.find('.') != std::string_view::npos && text.front() != '.' &&
           text.back() != '.' && text.find("..") == std::string_view::npos &&
           text.find_first_not_of("0123456789.") == std::string_view::npos;
}

Result<SettingsRow> settings_from(const proto::tsa::InitialiseRequest& request)
{
    SettingsRow row;
    row.sandbox = request.sandbox();
    const auto& name = request.key_type();
    TRY_ASSIGN(type, crypto::key_type_from_string(name.empty() ? default_key_type : std::string_view(name)));
    if (type == crypto::KeyType::rsa2048) // EN 319 422: long-lived
        return fail(ErrorCode::invalid_argument, "the unit's key is RSA-3072, RSA-4096, P-256 or P-384");
    row.key_type = type;
    row.policy = !request.policy_oid().empty() ? request.policy_oid()
                 : request.sandbox()           ? std::string(test_policy)
                                               : std::string(best_practices);
    if (!is_oid(row.policy) || row.policy.starts_with(test_arc) != request.sandbox())
        return fail(ErrorCode::invalid_argument,
                    "policy: an OID, under 1.3.6.1.4.1.32473 (RFC 5612) in a sandbox and nowhere else");
    row.accuracy = Milliseconds(request.accuracy_ms() == 0 ? default_accuracy_ms : request.accuracy_ms());
    if (row.accuracy > Milliseconds(1000))
        return fail(ErrorCode::invalid_argument, "accuracy_ms: at most 1000 (EN 319 421 TIS-7.7.2-03)");
    return row;
}

}

Result<std::unique_ptr<Service>> Service::open(ServiceOptions options)
{
    std::unique_ptr<Service> service(new Service(std::move(options)));
    const auto loaded = service->load();
    if (!loaded && loaded.error().code != ErrorCode::tampered)
        return fail(loaded.error());
    if (!loaded) {
        log::alarm("the unit's record was altered; suspended", {{"detail", loaded.error().detail}});
        service->m_state = role::State::SUSPENDED;
    }
    return service;
}

Status Service::load()
{
    std::optional<SettingsRow> settings;
    std::optional<KeyRow> used;
    TimePoint last_token;
    const auto read = m_options.writer.write([&](sqlite::Database& database) -> Status {
        TRY(check_record(database));
        Transaction transaction(database);
        TRY_ASSIGN(found, transaction.settings(m_options.keys));
        TRY_ASSIGN(in_use, transaction.key_in_use(m_options.keys));
        TRY_ASSIGN(following, transaction.key_to_follow(m_options.keys));
        TRY_ASSIGN(last, transaction.last_token_time());
        settings = std::move(found);
        used = std::move(in_use);
        m_following = std::move(following);
        last_token = last;
        return {};
    });
    TRY(read);
    if (!settings)
        return {};
    TRY(m_options.check_mode(role::mode_from(settings->sandbox)));
    start(std::move(*settings), last_token);
    if (!used)
        return {};
    TRY_ASSIGN(unit, make_unit(std::move(*used)));
    use(std::move(unit));
    return {};
}

void Service::start(SettingsRow settings, TimePoint last_token)
{
    m_settings = std::move(settings);
    m_clock = std::make_unique<TrustedClock>(
        m_options.clock, m_options.clock_source, m_settings->accuracy, last_token,
        [this](const TrustedClock::Change& change) { note_clock(change); });
    m_state = role::State::AWAITING_CERTIFICATE;
}

Result<KeyRow> Service::make_key(std::int64_t number, const SettingsRow& settings)
{
    TRY(crypto::check_may_issue(settings.key_type, m_options.clock.now()));
    TRY_ASSIGN(generated, m_options.keys.generate(settings.key_type));
    return KeyRow{number, std::move(generated), {}, {}, {}, std::nullopt};
}

Status Service::store(const KeyRow& row, std::string_view event, ByteView subject)
{
    return m_options.writer.write([&](sqlite::Database& database) -> Status {
        Transaction transaction(database);
        TRY(transaction.store_key(row, m_options.keys));
        return transaction.append_event(m_options.clock.now(), event, hex_encode(crypto::sha256(subject)));
    });
}

Result<Unit> Service::make_unit(KeyRow row)
{
    TRY_ASSIGN(signer, m_options.keys.load(row.key.blob, row.key.spki));
    return Unit::make(std::move(row), std::move(signer), *m_settings);
}

void Service::use(Unit unit)
{
    m_unit = std::make_unique<const Unit>(std::move(unit));
    m_state = role::State::READY;
}

Result<proto::StatusReply> Service::status(const proto::StatusRequest&)
{
    const std::shared_lock lock(m_mutex);
    proto::StatusReply reply;
    reply.set_state(m_state.load());
    reply.set_sandbox(m_settings && m_settings->sandbox);
    if (!m_unit)
        return reply;
    const auto now = m_clock->now();
    const auto usable = now ? m_unit->check_may_stamp(now->time) : Status(fail(now.error()));
    if (!usable)
        reply.set_detail(usable.error().detail);
    return reply;
}

Result<proto::tsa::InitialiseReply> Service::initialise(const proto::tsa::InitialiseRequest& request)
{
    TRY(m_options.check_mode(role::mode_from(request.sandbox())));
    TRY_ASSIGN(settings, settings_from(request));
    const std::lock_guard lock(m_mutex);
    if (m_state != role::State::UNINITIALISED)
        return fail(ErrorCode::conflict, "the unit has its key");
    TRY_ASSIGN(key, make_key(1, settings));
    const auto stored = m_options.writer.write([&](sqlite::Database& database) -> Status {
        Transaction transaction(database);
        TRY(transaction.store_settings(settings, m_options.keys));
        TRY(transaction.store_key(key, m_options.keys));
        return transaction.append_event(m_options.clock.now(), "initialised",
                                        hex_encode(crypto::sha256(key.key.spki)));
    });
    TRY(stored);
    proto::tsa::InitialiseReply reply;
    reply.set_spki(to_string(ByteView(key.key.spki)));
    m_following = std::move(key);
    start(std::move(settings), from_unix_ms(0));
    return reply;
}

Result<proto::tsa::NextKeyReply> Service::next_key(const proto::tsa::NextKeyRequest&)
{
    const std::lock_guard lock(m_mutex);
    if (!m_following) {
        TRY_ASSIGN(key, make_key(m_unit->row().number + 1, *m_settings));
        TRY(store(key, "key_made", key.key.spki));
        m_following = std::move(key);
    }
    proto::tsa::NextKeyReply reply;
    reply.set_spki(to_string(ByteView(m_following->key.spki)));
    return reply;
}

// The first one is pinned. Afterwards: the same name and key (renewed), or certified by the one before, which
// happens on officers' orders alone.
Status Service::check_root(const pki::Certificate& root) const
{
    if (!m_unit)
        return root.check_issued_by(root);
    TRY_ASSIGN(pinned, pki::Certificate::from_der(m_unit->row().root));
    const bool same = equal_public(pinned.public_key().spki(), root.public_key().spki()) &&
                      equal_public(pinned.subject_der(), root.subject_der());
    if (!same && !root.check_issued_by(pinned))
        return fail(ErrorCode::forbidden, "the root was fixed at the ceremony");
    return {};
}

Result<proto::tsa::CompleteReply> Service::complete(const proto::tsa::CompleteRequest& request)
{
    TRY_ASSIGN(certificate, pki::Certificate::from_der(as_bytes(request.certificate())));
    TRY_ASSIGN(issuer, pki::Certificate::from_der(as_bytes(request.issuer_certificate())));
    TRY_ASSIGN(root, pki::Certificate::from_der(as_bytes(request.root_certificate())));
    const std::lock_guard lock(m_mutex);
    TRY(check_root(root));
    TRY(pki::check_path(certificate, {&issuer, 1}, root, m_options.clock.now()));
    const auto& spki = certificate.public_key().spki();
    const bool follows = m_following && equal_public(spki, m_following->key.spki);
    if (!follows && !(m_unit && equal_public(spki, m_unit->row().key.spki)))
        return fail(ErrorCode::invalid_argument, "the certificate is for another key");
    auto row = follows ? *m_following : m_unit->row();
    row.certificate = certificate.der();
    row.issuer = issuer.der();
    row.root = root.der();
    TRY_ASSIGN(unit, make_unit(row));
    TRY(unit.check_may_stamp(m_options.clock.now())); // a key once revoked stays so, whatever its certificate
    TRY(store(row, "certified", row.certificate));
    if (follows)
        m_following.reset();
    use(std::move(unit));
    return proto::tsa::CompleteReply();
}

Result<proto::tsa::UpdateCrlReply> Service::update_crl(const proto::tsa::UpdateCrlRequest& request)
{
    TRY_ASSIGN(crl, pki::Crl::from_der(as_bytes(request.crl())));
    const std::lock_guard lock(m_mutex);
    if (!crl.is_named(m_unit->issuer()))
        return fail(ErrorCode::not_found, "CRL is not of the unit's issuer");
    TRY(crl.check_signed_by(m_unit->issuer()));
    const auto revocation = crl.find(m_unit->certificate().serial());
    if (!revocation || m_unit->row().revoked_at)
        return proto::tsa::UpdateCrlReply();
    auto row = m_unit->row();
    row.revoked_at = revocation->revoked_at;
    TRY_ASSIGN(unit, make_unit(row));
    log::alarm("the unit's certificate was revoked: no more time-stamps");
    use(std::move(unit)); // even when it cannot be written down
    TRY(store(row, "revoked", row.certificate));
    return proto::tsa::UpdateCrlReply();
}

Result<proto::tsa::StampReply> Service::stamp(const proto::tsa::StampRequest& request)
{
    const auto count = static_cast<std::size_t>(request.requests_size());
    if (count < 1 || count > limits::timestamps_per_message)
        return fail(ErrorCode::invalid_argument, "1 to 64 requests");
    const std::shared_lock lock(m_mutex);
    std::vector<pki::TimestampRequest> taken;
    std::vector<std::optional<TimestampFailure>> refused; // of each request
    for (const auto& der : request.requests()) {
        auto parsed = pki::parse_timestamp_request(as_bytes(der));
        if (!parsed)
            refused.emplace_back(parsed.error());
        else if (!parsed->policy.empty() && !equal_public(parsed->policy, m_unit->encoded().policy()))
            refused.emplace_back(TimestampFailure::unaccepted_policy);
        else {
            refused.emplace_back(std::nullopt);
            taken.push_back(std::move(*parsed));
        }
    }
    const auto tokens = give(taken);
    proto::tsa::StampReply reply;
    auto next = tokens.begin();
    for (const auto& failure : refused) {
        const auto response = failure ? pki::refused_timestamp(*failure, text_of(*failure))
                              : *next ? pki::granted_timestamp(**next)
                                      : response_to(next->error());
        if (!failure)
            ++next;
        reply.add_responses(to_string(ByteView(response)));
    }
    return reply;
}

Result<proto::tsa::StampDigestReply> Service::stamp_digest(const proto::tsa::StampDigestRequest& request)
{
    using crypto::HashAlgorithm;
    for (const auto algorithm : {HashAlgorithm::sha256, HashAlgorithm::sha384, HashAlgorithm::sha512}) {
        if (crypto::to_string(algorithm) != request.algorithm())
            continue;
        TRY_ASSIGN(digest, crypto::Digest::from_bytes(algorithm, as_bytes(request.digest())));
        const std::shared_lock lock(m_mutex);
        const auto wanted = pki::TimestampRequest::of(std::move(digest));
        TRY_ASSIGN(token, give({&wanted, 1}).front());
        proto::tsa::StampDigestReply reply;
        reply.set_token(to_string(ByteView(token)));
        return reply;
    }
    return fail(ErrorCode::unsupported, "the hash is SHA-256, SHA-384 or SHA-512");
}

// Signed, then recorded, then given (docs/invariants.md 14). The row is what makes a serial number one's own.
std::vector<Result<Bytes>> Service::give(std::span<const pki::TimestampRequest> requests)
{
    const auto refuse_all = [&](const Error& error) {
        return std::vector<Result<Bytes>>(requests.size(), fail(error));
    };
    const auto when = m_clock->now();
    if (!when)
        return refuse_all(when.error());
    if (const auto may = m_unit->check_may_stamp(when->time); !may)
        return refuse_all(may.error());
    std::vector<Bytes> serials;
    std::vector<pki::TimestampDraft> drafts;
    serials.reserve(requests.size()); // drafts look at them
    for (const auto& request : requests) {
        serials.push_back(pki::timestamp_serial(when->time, m_options.random));
        drafts.push_back({request, {serials.back(), when->time}});
    }
    auto tokens = pki::sign_timestamps(m_unit->encoded(), drafts, m_unit->signer());
    if (!tokens) {
        log::error("time-stamps could not be signed", {{"detail", tokens.error().detail}});
        return refuse_all({ErrorCode::internal, tokens.error().detail}); // no other code: it is not the clock
    }
    const auto stored = m_options.writer.write([&](sqlite::Database& database) -> Status {
        Transaction transaction(database);
        for (const auto& draft : drafts)
            TRY(transaction.store_token(
                {draft.facts.serial, draft.request.digest, m_settings->policy, *when}));
        return {};
    });
    if (!stored) {
        log::error("time-stamps could not be recorded", {{"detail", stored.error().detail}});
        return refuse_all({ErrorCode::internal, stored.error().detail});
    }
    return {std::make_move_iterator(tokens->begin()), std::make_move_iterator(tokens->end())};
}

void Service::watch_clock()
{
    const std::shared_lock lock(m_mutex);
    if (m_state == role::State::READY)
        m_clock->watch();
}

void Service::note_clock(const TrustedClock::Change& change)
{
    std::string detail = change.reason;
    if (change.state)
        detail += (detail.empty() ? "offset_us=" : "; offset_us=") +
                  std::to_string(change.state->offset.count()) +
                  " uncertainty_us=" + std::to_string(change.state->uncertainty.count()) +
                  " leap=" + std::string(name_of(change.state->leap));
    if (change.reason.empty())
        log::info("the clock", {{"event", change.kind}, {"detail", detail}});
    else
        log::alarm("the clock cannot be trusted: no time-stamps",
                   {{"event", change.kind}, {"detail", detail}});
    note(change.kind, detail);
}

void Service::note(std::string_view kind, std::string_view detail)
{
    m_options.writer.write_async(
        [now = m_options.clock.now(), kind = std::string(kind), detail = std::string(detail)](
            sqlite::Database& database) { return Transaction(database).append_event(now, kind, detail); },
        [](const Status& stored) {
            if (!stored)
                log::error("an event could not be recorded", {{"detail", stored.error().detail}});
        });
}

}
