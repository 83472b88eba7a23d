#include "ca/service.h"

#include "base/encoding.h"
#include "base/limits.h"
#include "base/log.h"
#include "pki/csr.h"
#include "pki/public_urls.h"
#include "statements/revocation_order.h"

namespace qss::ca {

namespace {

using std::chrono::days;

constexpr std::uint32_t default_days = 365;
constexpr std::size_t max_common_name = 64; // RFC 5280 A.1: ub-common-name
constexpr std::size_t crls_size = limits::wire_message_size - 1024; // of lists in one message
static_assert(limits::crl_size + limits::url_size < crls_size);

Result<days> lifetime_from(std::uint32_t requested, const pki::Profile& profile)
{
    const days lifetime(requested == 0 ? default_days : requested);
    if (lifetime > profile.max_validity)
        return fail(ErrorCode::invalid_argument,
                    "lifetime is at most " + std::to_string(profile.max_validity.count()) + " days");
    return lifetime;
}

Status check_not_retired(Transaction& transaction, ByteView spki, std::string_view what)
{
    TRY_ASSIGN(is_retired, transaction.is_retired(spki));
    if (is_retired)
        return fail(ErrorCode::gone, std::string(what));
    return {};
}

// A list that is missing would leave its certificates to another one, which no validator looks at.
Result<Authorities> load_authorities(Transaction& transaction, const Settings& settings,
                                     keystore::KeyStore& keys)
{
    TRY_ASSIGN(authorities, Authorities::load(transaction, keys));
    for (const auto& authority : authorities.all()) {
        TRY_ASSIGN(count, transaction.list_count(authority.id));
        if (count != settings.lists_of(authority.id.kind))
            return fail(ErrorCode::tampered, "lists of the " + authority.id.name() + " CA are missing");
    }
    return authorities;
}

}

Service::Service(ServiceOptions options)
    : m_options(std::move(options)),
      m_orders(
          "ca",
          [this] {
              std::vector<role::OrderAction> actions{
                  {statements::revoke_action, 2, role::only_ready,
                   [this](const auto& order) { return revoke_by_order(order); }}};
              for (const auto& act : order_acts())
                  actions.push_back({act.name, 2, role::only_ready,
                                     [this, &act](const auto& order) { return carry(act, order); }});
              return actions;
          }(),
          [this] { return order_authority(); }, [this] { return m_state.load(); }, m_options.clock)
{
}

void Service::reach(std::string_view point) const
{
    if (m_options.crash_points != nullptr)
        m_options.crash_points->reach(point);
}

Result<std::unique_ptr<Service>> Service::open(ServiceOptions options)
{
    std::unique_ptr<Service> service(new Service(std::move(options)));
    const auto loaded = service->load();
    if (!loaded && loaded.error().code != ErrorCode::tampered)
        return fail(loaded.error());
    if (!loaded) {
        log::alarm("the CA's record was altered; suspended", {{"detail", loaded.error().detail}});
        service->m_state = role::State::SUSPENDED;
    }
    return service;
}

Status Service::load()
{
    TRY(m_options.writer.write(check_record));
    return read_settings();
}

Status Service::read_settings()
{
    TRY_ASSIGN(settings, m_options.writer.write_returning([&](sqlite::Database& database) {
        return Transaction(database).settings(m_options.keys);
    }));
    if (!settings)
        return {};
    TRY(m_options.check_mode(settings->mode));
    TRY_ASSIGN(authorities, m_options.writer.write_returning([&](sqlite::Database& database) {
        Transaction transaction(database);
        return load_authorities(transaction, *settings, m_options.keys);
    }));
    m_settings = std::move(settings);
    m_authorities.emplace(std::move(authorities));
    m_state = role::State::READY;
    return {};
}

Result<proto::StatusReply> Service::status(const proto::StatusRequest&)
{
    const std::lock_guard lock(m_mutex);
    proto::StatusReply reply;
    reply.set_state(m_state.load());
    reply.set_sandbox(m_settings && m_settings->mode == Mode::sandbox);
    if (!m_authorities)
        return reply;
    TRY_ASSIGN(is_revoked, m_options.writer.write_returning([&](sqlite::Database& database) {
        return Transaction(database).is_retired(
            m_authorities->of(Authority::issuing).certificate.public_key().spki());
    }));
    if (is_revoked)
        reply.set_detail("the issuing CA is revoked: nothing is issued");
    return reply;
}

Result<proto::ca::InitialiseReply> Service::initialise(const proto::ca::InitialiseRequest& request)
{
    TRY_ASSIGN(settings, Settings::from_request(request));
    TRY(m_options.check_mode(settings.mode));
    const std::lock_guard lock(m_mutex);
    if (m_state != role::State::UNINITIALISED)
        return fail(ErrorCode::conflict, "the ceremony is over");
    const IssuanceInput input{settings, m_options.keys, m_throw_away, m_options.clock.now(),
                              m_options.random};
    TRY_ASSIGN(result, run_ceremony(input, m_options.writer));
    m_settings.emplace(std::move(result.settings));
    m_authorities.emplace(std::move(result.authorities));
    m_state = role::State::READY;
    log::info("ceremony done");
    return std::move(result.reply);
}

Result<proto::ca::GetNonceReply> Service::get_nonce(const proto::ca::GetNonceRequest&)
{
    const auto nonce = m_options.random.bytes(32);
    const auto now = m_options.clock.now();
    TRY(m_options.writer.write(
        [&](sqlite::Database& database) { return Transaction(database).store_nonce(nonce, now); }));
    proto::ca::GetNonceReply reply;
    reply.set_nonce(to_string(ByteView(nonce)));
    return reply;
}

Result<proto::ca::IssueIdentityReply> Service::issue_identity(const proto::ca::IssueIdentityRequest& request)
{
    TRY_ASSIGN(lifetime,
               lifetime_from(request.lifetime_days(), pki::profile(pki::ProfileId::natural_person_esign)));
    const std::lock_guard lock(m_mutex);
    TRY_ASSIGN(verified, verify_identity_request(*m_settings, as_bytes(request.key_attestation()),
                                                 as_bytes(request.registration_statement())));
    const auto now = m_options.clock.now();
    TRY_ASSIGN(begun, m_options.writer.write_returning([&](sqlite::Database& database) {
        Transaction transaction(database);
        return begin_identity(transaction, verified, lifetime, now);
    }));
    if (begun.order) {
        reach("intended_not_signed");
        TRY_ASSIGN(certificate, finish(std::move(*begun.order)));
        begun.certificate = certificate.der();
    }
    proto::ca::IssueIdentityReply reply;
    reply.set_certificate(to_string(ByteView(begun.certificate)));
    return reply;
}

Result<Service::Begun> Service::begin_identity(Transaction& transaction, const IdentityRequest& request,
                                               days lifetime, TimePoint now)
{
    TRY_ASSIGN(existing, transaction.identity(request.attestation_hash));
    if (existing && !existing->certificate.empty())
        return Begun{existing->certificate, std::nullopt};
    if (existing) { // a crash came between intent and signature: the same bytes are signed
        TRY(transaction.claim_key(request.key.spki(), request.attestation.signer_id));
        TRY_ASSIGN(order, transaction.reopen_intent(existing->serial));
        return Begun{{}, std::move(order)};
    }
    TRY(check_not_retired(transaction, m_authorities->of(Authority::issuing).certificate.public_key().spki(),
                          "the issuing CA was revoked"));
    TRY(check_not_retired(transaction, m_settings->sam_evidence_spki, "the SAM's evidence key was revoked"));
    TRY(check_not_retired(transaction, request.officer_spki, "the statement's officer was revoked"));
    TRY(crypto::check_may_issue(request.key.type(), now));
    if (crypto::is_certified_once(request.key.type()))
        TRY(transaction.check_never_certified(request.key.spki()));
    TRY(transaction.consume_nonce(request.attestation.ca_nonce, request.attestation_hash, now));
    const auto& signer = request.attestation.signer_id;
    TRY(transaction.claim_key(request.key.spki(), signer));
    TRY_ASSIGN(serial_number, subject_serial(transaction, request));
    const auto contents = identity_contents(request, *m_settings, m_authorities->of(Authority::issuing),
                                            serial_number, now, lifetime, m_options.random);
    TRY_ASSIGN(draft, make_draft(m_authorities->of(Authority::issuing), pki::ProfileId::natural_person_esign,
                                 contents));
    TRY_ASSIGN(order, transaction.store_intent(std::move(draft), now));
    TRY(transaction.store_identity(request.attestation_hash, signer, order.serial()));
    return Begun{{}, std::move(order)};
}

// A signer's statements follow each other: an earlier one than the last that was used is void, and
// two of one number are a contradiction. The number of ours stays with the signer.
Result<std::string> Service::subject_serial(Transaction& transaction, const IdentityRequest& request)
{
    const auto& statement = request.statement;
    TRY_ASSIGN(known, transaction.signer(statement.signer_id));
    const auto row = known.value_or(SignerRow{});
    if (known && statement.sequence < row.sequence)
        return fail(ErrorCode::forbidden, "a later statement of this signer superseded this one");
    if (known && statement.sequence == row.sequence &&
        !equal_public(row.statement_hash, request.attestation.statement_hash))
        return fail(ErrorCode::forbidden, "another statement of this signer has the same number");
    if (request.by_former_officer && (!known || statement.sequence != row.sequence))
        return fail(ErrorCode::forbidden, "who signed this statement is no officer any more");
    SignerRow next{statement.sequence, request.attestation.statement_hash, row.serial_number};
    if (next.serial_number.empty())
        next.serial_number = hex_encode_upper(m_options.random.bytes(10));
    TRY(transaction.store_signer(statement.signer_id, next));
    return statement.identity_number.empty() ? next.serial_number : statement.identity_number;
}

Result<Draft> Service::make_draft(const AuthorityState& issuer, pki::ProfileId id,
                                  const pki::CertificateContents& contents)
{
    TRY(issuer.key.check_here());
    TRY_ASSIGN(throw_away, m_throw_away.of(issuer.certificate.public_key().type()));
    return Draft::make(issuer.id, pki::profile(id), contents, *throw_away);
}

Result<pki::Certificate> Service::finish(IssuanceOrder order)
{
    const auto& issuer = m_authorities->at(order.authority());
    TRY_ASSIGN(certificate, issuer.key.issue(std::move(order)));
    TRY(certificate.check_issued_by(issuer.certificate));
    reach("signed_not_stored");
    const auto now = m_options.clock.now();
    TRY(m_options.writer.write([&](sqlite::Database& database) {
        return Transaction(database).store_certificate(certificate, now);
    }));
    return certificate;
}

Result<pki::Certificate> Service::issue(const AuthorityState& issuer, pki::ProfileId id,
                                        const pki::CertificateContents& contents)
{
    TRY_ASSIGN(draft, make_draft(issuer, id, contents));
    const auto now = m_options.clock.now();
    TRY_ASSIGN(order, m_options.writer.write_returning([&](sqlite::Database& database) {
        return Transaction(database).store_intent(std::move(draft), now);
    }));
    return finish(std::move(order));
}

Result<proto::ca::RevokeReply> Service::revoke(const proto::ca::RevokeRequest& request)
{
    TRY(pki::check_revocation_reason(request.reason()));
    const auto serial = to_bytes(request.serial());
    const std::lock_guard lock(m_mutex);
    const auto now = m_options.clock.now();
    const RevocationRequest wanted{
        request.reason(), request.requested_by().empty() ? std::string("qss-api") : request.requested_by(),
        request.requested_at_unix_ms() == 0 ? now : from_unix_ms(request.requested_at_unix_ms()),
        m_settings->revocations_per_hour};
    TRY(statements::check_requester(wanted.requested_by, wanted.requested_at, now));
    TRY_ASSIGN(authority,
               m_options.writer.write_returning([&](sqlite::Database& database) -> Result<AuthorityId> {
                   Transaction transaction(database);
                   TRY_ASSIGN(row, transaction.certificate(serial));
                   if (!row || row->certificate.empty())
                       return fail(ErrorCode::not_found, "no certificate of ours has this serial number");
                   if (row->profile != pki::ProfileId::natural_person_esign)
                       return fail(ErrorCode::forbidden, "only signers' certificates are revoked this way");
                   TRY(transaction.revoke(serial, wanted, now));
                   return row->authority;
               }));
    reach("revoked_not_listed");
    TRY_ASSIGN(crl, fresh_crl(m_settings->list_of(authority, serial)));
    proto::ca::RevokeReply reply;
    reply.set_crl(to_string(ByteView(crl)));
    return reply;
}

Result<Bytes> Service::fresh_crl(const ListId& list)
{
    const auto& issuer = m_authorities->at(list.authority);
    const auto now = m_options.clock.now();
    TRY_ASSIGN(current, m_options.writer.write_returning([&](sqlite::Database& database) {
        Transaction transaction(database);
        // While its key is offline the list that it left behind is the one.
        return issuer.key.is_away() ? transaction.stored_crl(list) : transaction.current_crl(list, now);
    }));
    if (!current)
        TRY(issuer.key.check_here());
    if (current)
        return std::move(*current);
    TRY_ASSIGN(order, m_options.writer.write_returning([&](sqlite::Database& database) {
        return Transaction(database).crl_order(list, issuer.certificate, m_settings->distribution_point(list),
                                               now);
    }));
    TRY_ASSIGN(crl, issuer.key.issue(std::move(order)));
    TRY(crl.check_signed_by(issuer.certificate));
    reach("listed_not_stored");
    TRY(m_options.writer.write(
        [&](sqlite::Database& database) { return Transaction(database).store_crl(list, crl); }));
    return crl.der();
}

// The current generations' first.
std::vector<ListId> Service::lists() const
{
    std::vector<ListId> all;
    const auto add = [&](const AuthorityId& authority) {
        const auto count = m_settings->lists_of(authority.kind);
        for (std::uint32_t shard = 0; shard < count; ++shard)
            all.push_back({authority, {shard, count}});
    };
    for (const auto kind : {Authority::issuing, Authority::root})
        add(m_authorities->of(kind).id);
    for (const auto& authority : m_authorities->all())
        if (authority.id != m_authorities->of(authority.id.kind).id)
            add(authority.id);
    return all;
}

Result<proto::ca::CurrentCrlsReply> Service::current_crls(const proto::ca::CurrentCrlsRequest& request)
{
    const std::lock_guard lock(m_mutex);
    const auto all = lists();
    proto::ca::CurrentCrlsReply reply;
    for (std::size_t i = request.from(); i < all.size(); ++i) {
        TRY_ASSIGN(crl, fresh_crl(all[i]));
        if (reply.crls_size() > 0 && reply.ByteSizeLong() + crl.size() + limits::url_size > crls_size) {
            reply.set_next(static_cast<std::uint32_t>(i));
            break;
        }
        reply.add_crls(to_string(ByteView(crl)));
        reply.add_authorities(all[i].authority.name());
        reply.add_paths(all[i].path());
    }
    return reply;
}

Result<proto::ca::IssueAccessReply> Service::issue_access(const proto::ca::IssueAccessRequest& request)
{
    const bool server = request.kind() == proto::ca::SERVER;
    if (!server && request.kind() != proto::ca::CLIENT)
        return fail(ErrorCode::invalid_argument, "kind of access certificate");
    const auto id = server ? pki::ProfileId::server : pki::ProfileId::client;
    TRY_ASSIGN(lifetime, lifetime_from(request.lifetime_days(), pki::profile(id)));
    TRY_ASSIGN(csr, pki::Csr::from_der(as_bytes(request.csr())));
    if (request.common_name().empty() || request.common_name().size() > max_common_name)
        return fail(ErrorCode::invalid_argument, "common name is 1 to 64 bytes");
    const std::lock_guard lock(m_mutex);
    if (server && m_settings->mode != Mode::sandbox)
        return fail(ErrorCode::forbidden, "server certificates are made in a sandbox alone");
    const auto now = m_options.clock.now();
    TRY(crypto::check_may_issue(csr.public_key().type(), now));
    const auto& issuer = m_authorities->of(Authority::access);
    auto contents =
        contents_under(issuer.id, &issuer.certificate, *m_settings, now, lifetime, m_options.random);
    contents.subject = {{pki::oids::organisation, m_settings->marked(m_settings->organisation)},
                        {pki::oids::common_name, request.common_name()}};
    contents.spki = csr.public_key().spki();
    contents.alt_names = m_settings->server_names;
    TRY_ASSIGN(certificate, issue(issuer, id, contents));
    proto::ca::IssueAccessReply reply;
    reply.set_certificate(to_string(ByteView(certificate.der())));
    return reply;
}

Result<proto::ca::ChainReply> Service::chain(const proto::ca::ChainRequest&)
{
    const std::lock_guard lock(m_mutex);
    const auto current = [this](Authority kind) {
        return to_string(ByteView(m_authorities->of(kind).certificate.der()));
    };
    TRY_ASSIGN(crosses, m_options.writer.write_returning([&](sqlite::Database& database) {
        return Transaction(database).cross_certificates();
    }));
    proto::ca::ChainReply reply;
    reply.set_root_certificate(current(Authority::root));
    reply.set_issuing_certificate(current(Authority::issuing));
    reply.set_access_ca_certificate(current(Authority::access));
    for (const auto& authority : m_authorities->all()) {
        auto* entry = reply.add_authorities();
        entry->set_name(authority.id.name());
        entry->set_certificate(to_string(ByteView(authority.certificate.der())));
        entry->set_key_is_away(authority.key.is_away());
    }
    for (const auto& cross : crosses)
        reply.add_cross_certificates(to_string(ByteView(cross)));
    return reply;
}

Result<proto::ca::CertificatesReply> Service::certificates(const proto::ca::CertificatesRequest&)
{
    const std::lock_guard lock(m_mutex);
    TRY_ASSIGN(services, m_options.writer.write_returning([](sqlite::Database& database) {
        return Transaction(database).service_certificates();
    }));
    proto::ca::CertificatesReply reply;
    const auto add = [&reply](std::string_view path, const pki::Certificate& certificate) {
        auto* authority = reply.add_authorities();
        authority->set_path(std::string(path));
        authority->set_certificate(to_string(ByteView(certificate.der())));
    };
    for (const auto& authority : m_authorities->all())
        if (authority.id.kind != Authority::access)
            add(pki::certificate_path(authority.id.name()), authority.certificate);
    for (const auto& der : services)
        reply.add_services(to_string(ByteView(der)));
    return reply;
}

Result<proto::ca::RenewOcspReply> Service::renew_ocsp(const proto::ca::RenewOcspRequest&)
{
    const std::lock_guard lock(m_mutex);
    TRY(m_options.writer.write([&](sqlite::Database& database) {
        Transaction transaction(database);
        return check_not_retired(transaction, m_settings->ocsp_spki, "the responder's key was revoked");
    }));
    proto::ca::RenewOcspReply reply;
    for (const auto& authority : m_authorities->all()) {
        TRY_ASSIGN(closed, m_options.writer.write_returning([&](sqlite::Database& database) {
            return Transaction(database).is_closed(authority.id);
        }));
        if (authority.id.kind == Authority::access || authority.key.is_away() || closed)
            continue;
        const auto contents = responder_contents(authority.id, authority.certificate, *m_settings,
                                                 m_options.clock.now(), m_options.random);
        TRY_ASSIGN(certificate, issue(authority, pki::ProfileId::ocsp_responder, contents));
        auto* entry = reply.add_responders();
        entry->set_issuer_certificate(to_string(ByteView(authority.certificate.der())));
        entry->set_responder_certificate(to_string(ByteView(certificate.der())));
    }
    return reply;
}

}
