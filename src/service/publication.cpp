#include "service/publication.h"

#include "base/encoding.h"
#include "base/log.h"
#include "crypto/digest.h"
#include "pki/certificate.h"
#include "pki/crl.h"
#include "pki/ocsp.h"
#include "store/identities.h"

namespace qss::service {

namespace {

constexpr std::chrono::minutes look_again{5};
constexpr std::chrono::seconds look_again_after_failure{1};
// An answer under the list of an issuer that is offline, or under a last list, holds for a year and more; a
// cache that kept it so long would hide a revocation. Online lists hold no longer than this.
constexpr std::chrono::minutes others_keep_at_most{60};
constexpr std::size_t max_kept = 20'000; // about 1 KiB each
constexpr std::size_t max_kept_request = 256; // a plain one for one certificate: about 100

std::string tag_of(ByteView content)
{
    return hex_encode(crypto::sha256(content));
}

}

Status Publication::refresh()
{
    const std::lock_guard one(m_refreshing);
    auto lists = read_lists();
    auto certificates = lists ? read_certificates() : Result<Files>(fail(lists.error()));
    const std::lock_guard lock(m_mutex);
    const auto now = m.clock.now();
    m_stale = !certificates;
    m_refreshed = now;
    if (!certificates) {
        m_next_refresh = now + look_again_after_failure;
        return fail(certificates.error());
    }
    m_next_refresh = now + (m_all_shown ? Milliseconds(look_again) : Milliseconds(look_again_after_failure));
    bool changed = false;
    for (auto& [path, list] : *lists) {
        auto& published = m_files[path];
        changed = changed || !published || published->tag != list->tag;
        published = std::move(list);
    }
    for (auto& [path, certificate] : *certificates)
        m_files[path] = std::move(certificate);
    if (changed) {
        ++m_generation;
        m_kept.clear();
    }
    return {};
}

// Each list that is new has been shown to the responder when this returns, or m_all_shown says that it could
// not be.
Result<Publication::Files> Publication::read_lists()
{
    TRY_ASSIGN(lists, m.ca.current_crls());
    m_all_shown = true;
    Files files;
    for (auto& list : lists) {
        TRY_ASSIGN(crl, pki::Crl::from_der(list.der));
        auto file = std::make_shared<PublishedFile>(
            PublishedFile{std::move(list.der), {}, crl.this_update(), crl.next_update()});
        file->tag = tag_of(file->content);
        if (m_shown[list.path] != file->tag && !show(list.path, *file))
            continue;
        files.emplace(std::move(list.path), std::move(file));
    }
    return files;
}

// False: it is not to be published, since nobody shall hear what the responder would not say.
bool Publication::show(const std::string& path, const PublishedFile& list)
{
    const auto shown = m.ocsp.update_crl(list.content);
    if (shown) {
        m_shown[path] = list.tag;
        return true;
    }
    if (shown.error().code == ErrorCode::conflict) {
        log::warning("the CA's list is older than the one that the OCSP responder has", {{"list", path}});
        return false;
    }
    log::warning("the OCSP responder has not taken a list; it is not asked before it has",
                 {{"list", path}, {"detail", shown.error().detail}});
    m_all_shown = false;
    return true;
}

Result<Publication::Files> Publication::read_certificates()
{
    TRY_ASSIGN(certificates, m.ca.certificates());
    Files files;
    for (auto& [path, der] : certificates.authorities) {
        TRY_ASSIGN(certificate, pki::Certificate::from_der(der));
        auto tag = tag_of(der);
        files.emplace(path, std::make_shared<PublishedFile>(PublishedFile{std::move(der), std::move(tag),
                                                                          certificate.not_before(),
                                                                          certificate.not_after()}));
    }
    std::unordered_map<std::string, Bytes> services;
    for (auto& der : certificates.services) {
        TRY_ASSIGN(certificate, pki::Certificate::from_der(der));
        services.emplace(to_string(ByteView(certificate.serial())), std::move(der));
    }
    const std::lock_guard lock(m_mutex);
    m_services = std::move(services);
    return files;
}

Status Publication::refresh_if_due()
{
    {
        const std::lock_guard lock(m_mutex);
        if (m.clock.now() < m_next_refresh)
            return {};
    }
    return refresh();
}

Result<PublishedFilePtr> Publication::file(const std::string& path)
{
    const auto find = [&]() -> PublishedFilePtr {
        const std::lock_guard lock(m_mutex);
        const auto found = m_files.find(path);
        return found == m_files.end() ? nullptr : found->second;
    };
    const auto refreshed = refresh_if_due();
    (void)refreshed; // the CA may be away: a list says itself until when it holds
    if (auto file = find())
        return file;
    {
        // It may be of an authority that was made just now. Strangers ask too: no more often than that.
        const std::lock_guard lock(m_mutex);
        if (!m_stale && m.clock.now() < m_refreshed + look_again_after_failure)
            return PublishedFilePtr();
    }
    TRY(refresh()); // without its answer nobody knows that there is no such file
    return find();
}

std::vector<PublishedFilePtr> Publication::lists()
{
    const std::lock_guard lock(m_mutex);
    std::vector<PublishedFilePtr> found;
    for (const auto& [path, file] : m_files)
        if (path.starts_with("/crl/"))
            found.push_back(file);
    return found;
}

PublishedStatusPtr Publication::kept(ByteView request)
{
    const std::lock_guard lock(m_mutex);
    const auto now = m.clock.now();
    const auto found = m_kept.find(to_string(request));
    if (now >= m_next_refresh || found == m_kept.end() || now >= *found->second->until)
        return nullptr;
    return found->second;
}

PublishedStatusPtr Publication::answer(ByteView request)
{
    const auto asked = pki::OcspRequest::from_der(request);
    auto answered = asked ? answer_parsed(request, *asked) : Result<PublishedStatusPtr>(fail(asked.error()));
    if (answered)
        return std::move(*answered);
    const auto code = answered.error().code;
    const auto error = !asked                     ? pki::OcspError::malformed_request
                       : is_outcome_unknown(code) ? pki::OcspError::try_later
                                                  : pki::OcspError::internal_error;
    return std::make_shared<PublishedStatus>(
        PublishedStatus{pki::encode_ocsp_error(error), {}, m.clock.now(), std::nullopt});
}

Result<PublishedStatusPtr> Publication::answer_parsed(ByteView der, const pki::OcspRequest& request)
{
    // What cannot be refreshed is asked all the same: the responder knows whether its list still holds.
    const auto refreshed = refresh_if_due();
    (void)refreshed;
    if (auto known = kept(der))
        return known;
    std::vector<StatusQuestion> questions;
    bool all_found = true;
    for (const auto& id : request.ids()) {
        TRY_ASSIGN(certificate, find_certificate(id.serial));
        all_found = all_found && !certificate.empty();
        questions.push_back({id.der, std::move(certificate)});
    }
    std::uint64_t generation = 0;
    {
        const std::lock_guard lock(m_mutex);
        generation = m_generation;
    }
    TRY_ASSIGN(answered, ask(questions, request.nonce()));
    auto tag = tag_of(answered.response);
    auto status = std::make_shared<PublishedStatus>(
        PublishedStatus{std::move(answered.response), std::move(tag), answered.produced_at, std::nullopt});
    if (!answered.holds_until || !request.nonce().empty())
        return PublishedStatusPtr(status);
    status->until = std::min(*answered.holds_until, m.clock.now() + others_keep_at_most);
    // Serial numbers that nobody issued are without end: what is said of them is not kept.
    const std::lock_guard lock(m_mutex);
    if (all_found && generation == m_generation && der.size() <= max_kept_request) {
        if (m_kept.size() >= max_kept)
            m_kept.clear();
        m_kept.insert_or_assign(to_string(der), status);
    }
    return PublishedStatusPtr(status);
}

// Empty: we know none. The responder checks that it is the one asked about, and by whom it was issued.
Result<Bytes> Publication::find_certificate(ByteView serial)
{
    {
        const std::lock_guard lock(m_mutex);
        if (const auto found = m_services.find(to_string(serial)); found != m_services.end())
            return found->second;
    }
    TRY_ASSIGN(identity, m.store.read([&](sqlite::Database& db) {
        return store::IdentityTable(db).by_serial(serial);
    }));
    return identity ? std::move(identity->certificate) : Bytes();
}

Result<Bytes> Publication::status_of(ByteView certificate)
{
    TRY(refresh_if_due());
    TRY_ASSIGN(answered, ask({{{}, to_bytes(certificate)}}, {}));
    if (!answered.holds_until)
        return fail(ErrorCode::unavailable, "the OCSP responder has no current list");
    return std::move(answered.response);
}

// The responder may have lost its lists, or they have grown old: shown again, once.
Result<StatusAnswer> Publication::ask(const std::vector<StatusQuestion>& questions, ByteView nonce)
{
    if (!m_all_shown) {
        TRY(refresh());
        if (!m_all_shown) // it would speak of an older list than the one that is published
            return fail(ErrorCode::unavailable, "the OCSP responder has not taken the current list");
    }
    TRY_ASSIGN(first, m.ocsp.answer(questions, nonce));
    if (!first.is_try_later)
        return first;
    {
        const std::lock_guard one(m_refreshing);
        const std::lock_guard lock(m_mutex);
        // Strangers ask too: no more often than that.
        if (m.clock.now() < m_forget_at)
            return first;
        m_forget_at = m.clock.now() + look_again_after_failure;
        m_shown.clear();
    }
    TRY(refresh());
    return m.ocsp.answer(questions, nonce);
}

}
