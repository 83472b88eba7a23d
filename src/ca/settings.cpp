#include "ca/settings.h"

#include <algorithm>

#include "base/canonical.h"
#include "base/limits.h"
#include "crypto/keys.h"
#include "pki/name.h"
#include "pki/public_urls.h"
#include "statements/subject_rules.h"

namespace qss::ca {

namespace {

constexpr std::string_view tag = "QSS-CA-SETTINGS-v1";
constexpr std::string_view test_arc = "1.3.6.1.4.1.32473.";
constexpr std::string_view default_test_policy = "1.3.6.1.4.1.32473.1.1";
constexpr std::uint64_t max_server_names = 16;
constexpr std::uint32_t max_revocations_per_hour = 1'000'000;

Status need(bool condition, std::string_view what)
{
    if (!condition)
        return fail(ErrorCode::invalid_argument, std::string(what));
    return {};
}

Result<Bytes> read_p256(std::string_view spki, std::string_view whose)
{
    TRY_ASSIGN(key, crypto::PublicKey::from_spki(as_bytes(spki)));
    TRY(need(key.type() == crypto::KeyType::p256, std::string(whose) + " key is not P-256"));
    return key.spki();
}

Status check_policy(std::string_view oid, Mode mode)
{
    constexpr std::size_t max_size = 64;
    const bool digits = !oid.empty() && oid.size() <= max_size && oid.front() != '.' && oid.back() != '.' &&
                        oid.find_first_not_of("0123456789.") == std::string_view::npos &&
                        oid.find("..") == std::string_view::npos && oid.find('.') != std::string_view::npos;
    TRY(need(digits, "policy is not an OID"));
    return need(oid.starts_with(test_arc) == (mode == Mode::sandbox),
                "a sandbox's policy is under 1.3.6.1.4.1.32473 (RFC 5612), and only a sandbox's");
}

// Lower ids of authorities first.
constexpr std::pair<Authority, std::string_view> default_names[] = {
    {Authority::root, "Root CA"},
    {Authority::issuing, "Qualified Issuing CA"},
    {Authority::access, "Access CA"},
};

constexpr std::size_t max_common_name = 48; // with mark and generation within RFC 5280's 64
constexpr std::uint64_t max_lifetimes = 32;

Status take_lifetimes(const proto::ca::InitialiseRequest& request, Settings& settings)
{
    for (const auto& lifetime : request.lifetimes()) {
        const auto* profile = pki::find_profile(lifetime.profile());
        TRY(need(profile != nullptr, "no profile " + lifetime.profile()));
        const std::chrono::days days(lifetime.days());
        TRY(need(days.count() >= 1 && days <= profile->max_validity,
                 "lifetime of " + lifetime.profile() + " is 1 to " +
                     std::to_string(profile->max_validity.count()) + " days"));
        TRY(need(settings.lifetimes.emplace(profile->id, days).second, "a lifetime twice"));
    }
    const std::chrono::days arl(request.arl_days() == 0 ? 365 : request.arl_days());
    TRY(need(arl.count() >= 1 && arl.count() <= 365, "the root's list lives 1 to 365 days")); // CSS-6.3.9-09
    settings.arl_life = arl;
    return {};
}

Status take_authority_names(const proto::ca::InitialiseRequest& request, Settings& settings)
{
    const std::pair<Authority, const std::string&> given[] = {{Authority::root, request.root_name()},
                                                              {Authority::issuing, request.issuing_name()},
                                                              {Authority::access, request.access_name()}};
    for (const auto& [kind, fallback] : default_names)
        settings.names[kind] = std::string(fallback);
    for (const auto& [kind, name] : given) {
        TRY(need(name.size() <= max_common_name, "an authority's common name is up to 48 bytes"));
        if (!name.empty())
            settings.names[kind] = name;
        TRY(pki::encode_name({{pki::oids::common_name, settings.names[kind]}}));
    }
    return need(settings.names[Authority::root] != settings.names[Authority::issuing] &&
                    settings.names[Authority::root] != settings.names[Authority::access] &&
                    settings.names[Authority::issuing] != settings.names[Authority::access],
                "authorities have different names");
}

void write_officers(CanonicalWriter& writer, const std::vector<Officer>& officers)
{
    writer.u64(officers.size());
    for (const auto& officer : officers)
        writer.text(officer.name).bytes(officer.spki);
}

Result<std::vector<Officer>> read_officers(CanonicalReader& reader, std::uint64_t max)
{
    std::vector<Officer> officers;
    TRY_ASSIGN(count, reader.count(max));
    for (std::uint64_t i = 0; i < count; ++i) {
        TRY_ASSIGN(name, reader.text(limits::name_size));
        TRY_ASSIGN(spki, reader.bytes(limits::spki_size));
        officers.push_back({std::move(name), to_bytes(spki)});
    }
    return officers;
}

Status read_lifetimes(CanonicalReader& reader, Settings& settings)
{
    TRY_ASSIGN(count, reader.count(max_lifetimes));
    for (std::uint64_t i = 0; i < count; ++i) {
        TRY_ASSIGN(name, reader.text(limits::name_size));
        TRY_ASSIGN(days, reader.u64());
        const auto* profile = pki::find_profile(name);
        if (profile == nullptr)
            return fail(ErrorCode::malformed, "a profile's name");
        settings.lifetimes.emplace(profile->id, std::chrono::days(days));
    }
    for (const auto& [kind, fallback] : default_names) {
        TRY_ASSIGN(name, reader.text(limits::name_size));
        settings.names[kind] = std::move(name);
    }
    TRY_ASSIGN(arl_days, reader.u64());
    settings.arl_life = std::chrono::days(arl_days);
    return {};
}

Status check_names(const Settings& settings)
{
    // The issuer's name follows the rules of a legal person's (EN 319 412-2 GEN-4.2.3.1).
    TRY(statements::check_legal_person(settings.country, settings.organisation,
                                       settings.organisation_identifier));
    return pki::check_public_host(settings.public_host);
}

}

Bytes Settings::encode() const
{
    CanonicalWriter writer(tag);
    writer.u64(mode == Mode::sandbox ? 1 : 0);
    writer.text(country).text(organisation).text(organisation_identifier).text(public_host);
    writer.text(crypto::to_string(key_type)).text(crypto::to_string(root_key_type)).text(own_policy);
    writer.bytes(sam_evidence_spki).bytes(ocsp_spki).bytes(tsa_spki).bytes(installation);
    write_officers(writer, officers);
    write_officers(writer, former_officers);
    writer.u64(server_names.size());
    for (const auto& name : server_names)
        writer.text(name);
    writer.u64(revocations_per_hour);
    writer.u64(lifetimes.size());
    for (const auto& [id, days] : lifetimes)
        writer.text(pki::profile(id).name).u64(static_cast<std::uint64_t>(days.count()));
    for (const auto& [kind, name] : names)
        writer.text(name);
    return writer.u64(static_cast<std::uint64_t>(arl_life.count())).u64(crl_shards).take();
}

Result<Settings> Settings::decode(ByteView encoding)
{
    TRY_ASSIGN(reader, CanonicalReader::open(encoding, tag));
    Settings settings;
    TRY_ASSIGN(sandbox, reader.u64());
    settings.mode = role::mode_from(sandbox == 1);
    for (auto* field : {&settings.country, &settings.organisation, &settings.organisation_identifier,
                        &settings.public_host}) {
        TRY_ASSIGN(text, reader.text(limits::name_size));
        *field = std::move(text);
    }
    for (auto* field : {&settings.key_type, &settings.root_key_type}) {
        TRY_ASSIGN(type_name, reader.text(limits::name_size));
        TRY_ASSIGN(type, crypto::key_type_from_string(type_name));
        *field = type;
    }
    TRY_ASSIGN(policy, reader.text(limits::name_size));
    settings.own_policy = std::move(policy);
    for (auto* field :
         {&settings.sam_evidence_spki, &settings.ocsp_spki, &settings.tsa_spki, &settings.installation}) {
        TRY_ASSIGN(spki, reader.bytes(limits::spki_size));
        *field = to_bytes(spki);
    }
    TRY_ASSIGN(officers, read_officers(reader, max_officers));
    TRY_ASSIGN(former_officers, read_officers(reader, max_former_officers));
    settings.officers = std::move(officers);
    settings.former_officers = std::move(former_officers);
    TRY_ASSIGN(name_count, reader.count(max_server_names));
    for (std::uint64_t i = 0; i < name_count; ++i) {
        TRY_ASSIGN(name, reader.text(limits::email_size));
        settings.server_names.push_back(std::move(name));
    }
    TRY_ASSIGN(per_hour, reader.u64());
    settings.revocations_per_hour = static_cast<std::uint32_t>(per_hour);
    TRY(read_lifetimes(reader, settings));
    TRY_ASSIGN(shards, reader.u64());
    if (shards < 1 || shards > limits::crl_shards)
        return fail(ErrorCode::malformed, "number of CRL shards");
    settings.crl_shards = static_cast<std::uint32_t>(shards);
    TRY(reader.finish());
    return settings;
}

Result<Settings> Settings::from_request(const proto::ca::InitialiseRequest& request)
{
    Settings settings;
    settings.mode = role::mode_from(request.sandbox());
    const bool sandbox = settings.mode == Mode::sandbox;
    settings.country = request.country();
    settings.organisation = request.organisation();
    settings.organisation_identifier = request.organisation_identifier();
    settings.public_host =
        request.public_url().empty() ? std::string(pki::default_public_host) : request.public_url();
    settings.own_policy = request.own_policy_oid().empty() && sandbox ? std::string(default_test_policy)
                                                                      : request.own_policy_oid();
    TRY(check_names(settings));
    TRY(check_policy(settings.own_policy, settings.mode));
    TRY_ASSIGN(type, authority_key_type(request.key_type().empty() ? "P-256" : request.key_type()));
    settings.key_type = settings.root_key_type = type;
    if (!request.root_key_type().empty()) {
        TRY_ASSIGN(root_type, authority_key_type(request.root_key_type()));
        settings.root_key_type = root_type;
    }
    TRY(take_lifetimes(request, settings));
    settings.crl_shards = std::max(request.crl_shards(), 1U);
    TRY(need(settings.crl_shards <= limits::crl_shards, "an issuing CA has up to 64 lists"));
    TRY(take_authority_names(request, settings));
    TRY_ASSIGN(evidence, read_p256(request.sam_evidence_spki(), "SAM evidence"));
    TRY_ASSIGN(ocsp, read_p256(request.ocsp_spki(), "OCSP"));
    settings.sam_evidence_spki = std::move(evidence);
    settings.ocsp_spki = std::move(ocsp);
    if (!request.tsa_spki().empty()) {
        TRY_ASSIGN(tsa, crypto::PublicKey::from_spki(as_bytes(request.tsa_spki())));
        settings.tsa_spki = tsa.spki();
    }
    const auto officers = static_cast<std::uint64_t>(request.officers_size());
    TRY(need(officers >= (sandbox ? 1U : 2U) && officers <= max_officers, "number of officers"));
    for (const auto& officer : request.officers()) {
        TRY_ASSIGN(read, Officer::make(officer.name(), as_bytes(officer.spki())));
        const auto is_same = [&](const Officer& other) { return equal_public(other.spki, read.spki); };
        TRY(need(std::none_of(settings.officers.begin(), settings.officers.end(), is_same),
                 "an officer's key twice"));
        settings.officers.push_back(std::move(read));
    }
    TRY(need(static_cast<std::uint64_t>(request.server_names_size()) <= max_server_names,
             "number of server names"));
    TRY(need(sandbox || request.server_names_size() == 0, "server names are a sandbox's"));
    settings.server_names.assign(request.server_names().begin(), request.server_names().end());
    TRY(need(request.revocations_per_hour() <= max_revocations_per_hour,
             "revocations_per_hour: at most a million"));
    if (request.revocations_per_hour() != 0)
        settings.revocations_per_hour = request.revocations_per_hour();
    return settings;
}

Result<Officer> Officer::make(std::string name, ByteView spki)
{
    TRY(need(!name.empty() && name.size() <= limits::name_size, "officer's name"));
    TRY_ASSIGN(key, read_p256(as_text(spki), "officer's"));
    return Officer{std::move(name), std::move(key)};
}

Result<crypto::KeyType> authority_key_type(std::string_view name)
{
    TRY_ASSIGN(type, crypto::key_type_from_string(name));
    TRY(need(type != crypto::KeyType::rsa2048, "a CA lives beyond RSA-2048"));
    return type;
}

std::chrono::days Settings::lifetime(pki::ProfileId profile) const
{
    const auto found = lifetimes.find(profile);
    return found == lifetimes.end() ? pki::profile(profile).max_validity : found->second;
}

std::string Settings::name_of(const AuthorityId& authority) const
{
    const auto& name = names.at(authority.kind);
    return authority.generation == 1 ? name : name + " G" + std::to_string(authority.generation);
}

std::uint32_t Settings::lists_of(Authority kind) const
{
    switch (kind) {
    case Authority::root: return 1;
    case Authority::issuing: return crl_shards;
    case Authority::access: break;
    }
    return 0;
}

ListId Settings::list_of(const AuthorityId& authority, ByteView serial) const
{
    return {authority, pki::shard_of(serial, std::max(lists_of(authority.kind), 1U))};
}

std::string Settings::distribution_point(const ListId& list) const
{
    return list.shard.count == 1 ? std::string() : pki::http_url(public_host, list.path());
}

const Officer* Settings::find_officer(ByteView key_id) const
{
    for (const auto& officer : officers)
        if (equal_public(crypto::sha256(officer.spki), key_id))
            return &officer;
    return nullptr;
}

std::string Settings::marked(std::string_view name) const
{
    return (mode == Mode::sandbox ? "TEST " : "") + std::string(name);
}

}
