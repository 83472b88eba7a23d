#include "ocsp/service.h"

#include <algorithm>

#include <openssl/x509v3.h>

#include "base/limits.h"
#include "base/log.h"

namespace qss::ocsp {

namespace {

constexpr std::size_t max_authorities = 16;
constexpr std::size_t max_shown = 10'000; // 150 bytes each

}

Result<std::unique_ptr<Service>> Service::open(ServiceOptions options)
{
    std::unique_ptr<Service> service(new Service(std::move(options)));
    const auto loaded = service->load();
    if (!loaded && loaded.error().code != ErrorCode::tampered)
        return fail(loaded.error());
    if (!loaded) {
        log::alarm("the responder's record was altered; suspended", {{"detail", loaded.error().detail}});
        service->m_state = role::State::SUSPENDED;
    }
    return service;
}

Status Service::load()
{
    TRY_ASSIGN(key, m_options.writer.write_returning([&](sqlite::Database& database) {
        return Transaction(database).key(KeySlot::current, m_options.keys);
    }));
    if (!key)
        return {};
    TRY_ASSIGN(next, m_options.writer.write_returning([&](sqlite::Database& database) {
        return Transaction(database).key(KeySlot::next, m_options.keys);
    }));
    if (next) {
        TRY_ASSIGN(loaded, m_options.keys.load(next->key.blob, next->key.spki));
        m_next = std::move(loaded);
    }
    TRY(m_options.check_mode(role::mode_from(key->sandbox)));
    TRY_ASSIGN(signer, m_options.keys.load(key->key.blob, key->key.spki));
    TRY_ASSIGN(rows, m_options.writer.write_returning([&](sqlite::Database& database) {
        return Transaction(database).authorities(m_options.keys);
    }));
    for (const auto& row : rows) {
        TRY_ASSIGN(authority, read_authority(row));
        m_authorities.push_back(std::move(authority));
    }
    m_signer = std::move(signer);
    m_sandbox = key->sandbox;
    m_state = m_authorities.empty() ? role::State::AWAITING_CERTIFICATE : role::State::READY;
    return {};
}

Result<Service::Authority> Service::read_authority(const AuthorityRow& row)
{
    TRY_ASSIGN(issuer, pki::Certificate::from_der(row.issuer));
    TRY_ASSIGN(responder, pki::Certificate::from_der(row.responder));
    TRY_ASSIGN(encoded, pki::OcspAuthority::make(issuer, responder));
    Authority authority{std::move(issuer), std::move(responder), std::move(encoded), {}};
    for (const auto& stored : row.crls) {
        TRY_ASSIGN(crl, pki::Crl::from_der(stored.crl));
        const auto signed_by = crl.check_signed_by(authority.issuer);
        if (!signed_by || crl.number() != stored.number ||
            crl.distribution_point() != stored.distribution_point)
            return fail(ErrorCode::tampered, "stored CRL is not the one that was stored");
        authority.crls.emplace(stored.distribution_point, std::move(crl));
    }
    return authority;
}

AuthorityRow Service::row_of(const Authority& authority)
{
    AuthorityRow row{authority.issuer.der(), authority.responder.der(), {}};
    for (const auto& [distribution_point, crl] : authority.crls)
        row.crls.push_back({distribution_point, crl.der(), crl.number()});
    return row;
}

Result<proto::StatusReply> Service::status(const proto::StatusRequest&)
{
    proto::StatusReply reply;
    reply.set_state(m_state.load());
    reply.set_sandbox(m_sandbox.load());
    return reply;
}

Result<proto::ocsp::InitialiseReply> Service::initialise(const proto::ocsp::InitialiseRequest& request)
{
    TRY(m_options.check_mode(role::mode_from(request.sandbox())));
    const std::lock_guard lock(m_mutex);
    if (m_state != role::State::UNINITIALISED)
        return fail(ErrorCode::conflict, "the responder has its key");
    TRY_ASSIGN(generated, m_options.keys.generate(crypto::KeyType::p256));
    TRY_ASSIGN(signer, m_options.keys.load(generated.blob, generated.spki));
    TRY(m_options.writer.write([&](sqlite::Database& database) {
        return Transaction(database).store_key(KeySlot::current, {generated, request.sandbox()},
                                               m_options.keys);
    }));
    m_signer = std::move(signer);
    m_sandbox = request.sandbox();
    m_state = role::State::AWAITING_CERTIFICATE;
    proto::ocsp::InitialiseReply reply;
    reply.set_spki(to_string(ByteView(generated.spki)));
    return reply;
}

// RFC 6960 4.2.2.2: issued by the authority itself, to our key, for OCSP signing.
Status Service::check_authority(const Authority& authority, const crypto::Signer& key, TimePoint now)
{
    TRY(authority.responder.check_issued_by(authority.issuer));
    TRY(authority.responder.check_valid_at(now));
    if (!authority.issuer.is_ca())
        return fail(ErrorCode::invalid_argument, "issuer is no CA");
    if (!equal_public(authority.responder.public_key().spki(), key.public_key().spki()))
        return fail(ErrorCode::invalid_argument, "responder's certificate is for another key");
    if (X509_get_extended_key_usage(authority.responder.handle()) != XKU_OCSP_SIGN)
        return fail(ErrorCode::invalid_argument, "responder's certificate is not for OCSP signing");
    return {};
}

Result<std::vector<Service::Authority>> Service::read_authorities(const proto::ocsp::CompleteRequest& request,
                                                                  const crypto::Signer& key) const
{
    if (request.authorities_size() < 1 ||
        static_cast<std::size_t>(request.authorities_size()) > max_authorities)
        return fail(ErrorCode::invalid_argument, "number of authorities");
    const auto now = m_options.clock.now();
    std::vector<Authority> authorities;
    for (const auto& entry : request.authorities()) {
        TRY_ASSIGN(authority,
                   read_authority(
                       {to_bytes(entry.issuer_certificate()), to_bytes(entry.responder_certificate()), {}}));
        TRY(check_authority(authority, key, now));
        authorities.push_back(std::move(authority));
    }
    return authorities;
}

bool Service::is_for_next_key(const proto::ocsp::CompleteRequest& request) const
{
    if (!m_next || request.authorities().empty())
        return false;
    const auto first = pki::Certificate::from_der(as_bytes(request.authorities(0).responder_certificate()));
    return first && equal_public(first->public_key().spki(), m_next->public_key().spki());
}

Result<proto::ocsp::NextKeyReply> Service::next_key(const proto::ocsp::NextKeyRequest&)
{
    const std::lock_guard lock(m_mutex);
    if (!m_next) {
        TRY_ASSIGN(generated, m_options.keys.generate(crypto::KeyType::p256));
        TRY_ASSIGN(signer, m_options.keys.load(generated.blob, generated.spki));
        TRY(m_options.writer.write([&](sqlite::Database& database) {
            return Transaction(database).store_key(KeySlot::next, {generated, m_sandbox.load()},
                                                   m_options.keys);
        }));
        m_next = std::move(signer);
    }
    proto::ocsp::NextKeyReply reply;
    reply.set_spki(to_string(m_next->public_key().spki()));
    return reply;
}

Result<proto::ocsp::CompleteReply> Service::complete(const proto::ocsp::CompleteRequest& request)
{
    const std::lock_guard lock(m_mutex);
    const bool for_next_key = is_for_next_key(request);
    const auto& key = for_next_key ? m_next : m_signer;
    TRY_ASSIGN(authorities, read_authorities(request, *key));
    if (!m_authorities.empty()) {
        TRY(check_known(request));
        TRY_ASSIGN(merged, merge(std::move(authorities), for_next_key));
        authorities = std::move(merged);
    }
    const auto stored = m_options.writer.write([&](sqlite::Database& database) -> Status {
        Transaction transaction(database);
        for (const auto& authority : authorities)
            TRY(transaction.store_authority(row_of(authority), m_options.keys));
        return for_next_key ? transaction.next_key_becomes_current() : Status{};
    });
    TRY(stored);
    if (for_next_key)
        m_signer = std::move(m_next);
    m_authorities = std::move(authorities);
    const std::lock_guard shown_lock(m_shown_mutex);
    m_shown.clear(); // it holds indexes
    m_state = role::State::READY;
    return proto::ocsp::CompleteReply();
}

// After the ceremony: authorities that it has, and further ones that one of these certified, which a CA does
// on officers' orders alone (a renewal, a re-key); a new root by a cross-certificate.
Status Service::check_known(const proto::ocsp::CompleteRequest& request) const
{
    for (const auto& entry : request.authorities()) {
        TRY_ASSIGN(issuer, pki::Certificate::from_der(as_bytes(entry.issuer_certificate())));
        const auto& proof =
            entry.cross_certificate().empty() ? entry.issuer_certificate() : entry.cross_certificate();
        TRY_ASSIGN(certified, pki::Certificate::from_der(as_bytes(proof)));
        const bool is_of_issuer = equal_public(certified.subject_der(), issuer.subject_der()) &&
                                  equal_public(certified.public_key().spki(), issuer.public_key().spki());
        const auto believed = [&](const Authority& known) {
            return equal_public(known.issuer.der(), certified.der()) ||
                   certified.check_issued_by(known.issuer).has_value();
        };
        if (!is_of_issuer || std::none_of(m_authorities.begin(), m_authorities.end(), believed))
            return fail(ErrorCode::forbidden, "the authorities were fixed at the ceremony");
    }
    return {};
}

Result<std::vector<Service::Authority>> Service::merge(std::vector<Authority> authorities,
                                                       bool for_next_key) const
{
    for (const auto& known : m_authorities) {
        const auto is_same = [&](const Authority& authority) {
            return equal_public(known.issuer.subject_der(), authority.issuer.subject_der()) &&
                   equal_public(known.issuer.public_key().spki(), authority.issuer.public_key().spki());
        };
        const auto given = std::find_if(authorities.begin(), authorities.end(), is_same);
        if (given != authorities.end()) {
            given->crls = known.crls;
            continue;
        }
        if (for_next_key)
            return fail(ErrorCode::conflict, "the next key needs a certificate of every authority");
        TRY_ASSIGN(kept, read_authority(row_of(known)));
        authorities.push_back(std::move(kept));
    }
    if (authorities.size() > max_authorities)
        return fail(ErrorCode::conflict, "too many authorities");
    return authorities;
}

Result<proto::ocsp::UpdateCrlReply> Service::update_crl(const proto::ocsp::UpdateCrlRequest& request)
{
    TRY_ASSIGN(crl, pki::Crl::from_der(as_bytes(request.crl())));
    const std::lock_guard lock(m_mutex);
    const auto authority = std::find_if(m_authorities.begin(), m_authorities.end(),
                                        [&](const Authority& known) { return crl.is_named(known.issuer); });
    if (authority == m_authorities.end())
        return fail(ErrorCode::not_found, "CRL is of none of the authorities");
    TRY(crl.check_signed_by(authority->issuer));
    auto& crls = authority->crls;
    if (!crls.contains(crl.distribution_point()) && crls.size() == limits::crl_shards)
        return fail(ErrorCode::invalid_argument, "an authority has up to 64 lists");
    TRY(m_options.writer.write(
        [&](sqlite::Database& database) { return Transaction(database).store_crl(authority->issuer, crl); }));
    crls.insert_or_assign(crl.distribution_point(), std::move(crl));
    return proto::ocsp::UpdateCrlReply();
}

// Parsing and checking cost several times what signing does, and popular certificates come again: what
// was checked is remembered by the hash of all of its bytes, the signature included.
Result<std::optional<Service::Shown>> Service::look_up(ByteView certificate)
{
    const auto hash = to_string(ByteView(crypto::sha256(certificate)));
    {
        const std::lock_guard lock(m_shown_mutex);
        if (const auto known = m_shown.find(hash); known != m_shown.end())
            return std::optional(known->second);
    }
    TRY_ASSIGN(parsed, pki::Certificate::from_der(certificate));
    const auto issuer =
        std::find_if(m_authorities.begin(), m_authorities.end(), [&](const Authority& authority) {
            return parsed.check_issued_by(authority.issuer).has_value();
        });
    if (issuer == m_authorities.end())
        return std::optional<Shown>();
    Shown shown{static_cast<std::size_t>(issuer - m_authorities.begin()), parsed.serial(), parsed.crl_url()};
    const std::lock_guard lock(m_shown_mutex);
    if (m_shown.size() >= max_shown)
        m_shown.clear();
    m_shown.emplace(hash, shown);
    return std::optional(std::move(shown));
}

// Nothing: none of our authorities' (it says so, or the certificate is not by one of them).
Result<std::optional<Service::Asked>> Service::read_single(const proto::ocsp::Single& single)
{
    std::optional<Shown> shown;
    if (!single.certificate().empty()) {
        TRY_ASSIGN(found, look_up(as_bytes(single.certificate())));
        shown = std::move(found);
    }
    if (single.cert_id().empty()) {
        if (!shown)
            return std::optional<Asked>();
        const auto& authority = m_authorities[shown->authority].encoded;
        return std::optional(
            Asked{shown->authority, authority.cert_id(shown->serial), shown->serial, std::move(shown)});
    }
    TRY_ASSIGN(id, pki::CertId::from_der(as_bytes(single.cert_id())));
    const auto issuer =
        std::find_if(m_authorities.begin(), m_authorities.end(),
                     [&](const Authority& authority) { return authority.encoded.is_issuer_in(id); });
    if (issuer == m_authorities.end())
        return std::optional<Asked>();
    const auto index = static_cast<std::size_t>(issuer - m_authorities.begin());
    // Another certificate than the one asked about proves nothing about it.
    const bool proven = shown && shown->authority == index && equal_public(shown->serial, id.serial);
    return std::optional(Asked{index, std::move(id.der), std::move(id.serial),
                               proven ? std::move(shown) : std::optional<Shown>()});
}

// Which list covers a certificate, the certificate itself says, since the CA signed both (RFC 5280 6.3.3
// (b)(2)): the list of the place that it names, or one for all. A serial number that came alone says nothing:
// it is looked up in every list.
Status Service::add_status(const Asked& asked, TimePoint now, pki::OcspResponseContents& response) const
{
    const auto& crls = m_authorities[asked.authority].crls;
    auto covering = asked.shown ? crls.find(asked.shown->crl_url) : crls.end();
    if (asked.shown && covering == crls.end())
        covering = crls.find("");
    const bool names_a_list = asked.shown && !asked.shown->crl_url.empty();
    const bool is_covered = covering != crls.end();
    if (crls.empty() || (names_a_list && !is_covered))
        return fail(ErrorCode::unavailable, "the list has not been seen");
    std::optional<pki::Revocation> revocation;
    for (auto list = is_covered ? covering : crls.begin(); list != crls.end(); ++list) {
        const auto& crl = list->second;
        if (crl.this_update() > now || now >= believed_until(crl))
            return fail(ErrorCode::unavailable, "the list is not of now");
        response.this_update = std::min(response.this_update, crl.this_update());
        response.next_update = std::min(response.next_update, believed_until(crl));
        if (!revocation)
            revocation = crl.find(asked.serial);
        if (is_covered)
            break;
    }
    const auto otherwise = is_covered ? pki::OcspStatus::good() : pki::OcspStatus::unknown();
    response.singles.push_back(
        {asked.cert_id, revocation ? pki::OcspStatus::revoked(*revocation) : otherwise});
    return {};
}

Result<proto::ocsp::RespondReply> Service::respond(const proto::ocsp::RespondRequest& request)
{
    proto::ocsp::RespondReply reply;
    const auto now = m_options.clock.now();
    reply.set_produced_at_unix_ms(to_unix_ms(now));
    const auto refuse = [&reply](pki::OcspError error) {
        reply.set_try_later(error == pki::OcspError::try_later);
        reply.set_response(to_string(ByteView(pki::encode_ocsp_error(error))));
        return reply;
    };
    const auto count = static_cast<std::size_t>(request.singles_size());
    if (request.nonce().size() > pki::ocsp_nonce_max_size || count < 1 || count > pki::ocsp_singles_max)
        return refuse(pki::OcspError::malformed_request);
    const std::shared_lock lock(m_mutex);
    std::vector<Asked> all;
    for (const auto& single : request.singles()) {
        TRY_ASSIGN(asked, read_single(single));
        // Not one of ours, whatever it says; and one signature speaks for one issuer.
        if (!asked || (!all.empty() && asked->authority != all.front().authority))
            return refuse(pki::OcspError::unauthorized);
        all.push_back(std::move(*asked));
    }
    const auto& authority = m_authorities[all.front().authority];
    if (!authority.responder.check_valid_at(now))
        return refuse(pki::OcspError::try_later);
    // What is said was true at the time of the oldest list, and holds while each of them may be used.
    pki::OcspResponseContents contents{authority.encoded,        {}, now, now, pki::no_next_update,
                                       as_bytes(request.nonce())};
    for (const auto& asked : all)
        if (!add_status(asked, now, contents))
            return refuse(pki::OcspError::try_later);
    TRY_ASSIGN(response, pki::sign_ocsp_response(contents, *m_signer));
    reply.set_response(to_string(ByteView(response)));
    reply.set_holds_until_unix_ms(to_unix_ms(contents.next_update));
    return reply;
}

TimePoint believed_until(const pki::Crl& crl)
{
    const bool offline = crl.next_update() - crl.this_update() > online_crl_max_life;
    return offline ? crl.next_update() : crl.this_update() + crl_max_age;
}

}
