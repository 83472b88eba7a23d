#include "ca/settings.h"

#include <algorithm>

#include "base/canonical.h"
#include "base/limits.h"
#include "crypto/keys.h"
#include "pki/name.h"
#include "pki/public_urls.h"

namespace qss::ca {

namespace {

constexpr std::string_view tag = "QSS-CA-SETTINGS-v1";
constexpr std::string_view test_arc = "1.3.6.1.4.1.32473.";
constexpr std::string_view default_test_policy = "1.3.6.1.4.1.32473.1.1";
constexpr std::uint64_t max_officers = 16;
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

Status check_names(const Settings& settings)
{
    TRY(pki::encode_name(
        {{pki::oids::country, settings.country}, {pki::oids::organisation, settings.organisation}}));
    TRY(need(settings.organisation.size() <= limits::name_size, "organisation is too long"));
    const auto& id = settings.organisation_identifier;
    const std::string_view schemes[] = {"VAT", "NTR", "PSD", "LEI"};
    const bool scheme =
        std::find(std::begin(schemes), std::end(schemes), id.substr(0, 3)) != std::end(schemes);
    // EN 319 412-1 5.1.4; it differs from the name (412-2 GEN-4.2.3.1-3).
    TRY(need(scheme && id.size() > 6 && id.size() <= limits::name_size && id[5] == '-' &&
                 id != settings.organisation,
             "organisation_identifier is not like NTRLV-40003000000"));
    return pki::check_public_host(settings.public_host);
}

}

Bytes Settings::encode() const
{
    CanonicalWriter writer(tag);
    writer.u64(mode == Mode::sandbox ? 1 : 0);
    writer.text(country).text(organisation).text(organisation_identifier).text(public_host);
    writer.text(crypto::to_string(key_type)).text(own_policy).bytes(sam_evidence_spki).bytes(ocsp_spki);
    writer.u64(officers.size());
    for (const auto& officer : officers)
        writer.text(officer.name).bytes(officer.spki);
    writer.u64(server_names.size());
    for (const auto& name : server_names)
        writer.text(name);
    writer.u64(revocations_per_hour);
    return writer.take();
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
    TRY_ASSIGN(type_name, reader.text(limits::name_size));
    TRY_ASSIGN(type, crypto::key_type_from_string(type_name));
    settings.key_type = type;
    TRY_ASSIGN(policy, reader.text(limits::name_size));
    settings.own_policy = std::move(policy);
    for (auto* field : {&settings.sam_evidence_spki, &settings.ocsp_spki}) {
        TRY_ASSIGN(spki, reader.bytes(limits::spki_size));
        *field = to_bytes(spki);
    }
    TRY_ASSIGN(officer_count, reader.count(max_officers));
    for (std::uint64_t i = 0; i < officer_count; ++i) {
        TRY_ASSIGN(name, reader.text(limits::name_size));
        TRY_ASSIGN(spki, reader.bytes(limits::spki_size));
        settings.officers.push_back({std::move(name), to_bytes(spki)});
    }
    TRY_ASSIGN(name_count, reader.count(max_server_names));
    for (std::uint64_t i = 0; i < name_count; ++i) {
        TRY_ASSIGN(name, reader.text(limits::email_size));
        settings.server_names.push_back(std::move(name));
    }
    TRY_ASSIGN(per_hour, reader.u64());
    settings.revocations_per_hour = static_cast<std::uint32_t>(per_hour);
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
    TRY_ASSIGN(type, crypto::key_type_from_string(request.key_type().empty() ? "P-256" : request.key_type()));
    TRY(need(type != crypto::KeyType::rsa2048, "a CA lives beyond RSA-2048"));
    settings.key_type = type;
    TRY_ASSIGN(evidence, read_p256(request.sam_evidence_spki(), "SAM evidence"));
    TRY_ASSIGN(ocsp, read_p256(request.ocsp_spki(), "OCSP"));
    settings.sam_evidence_spki = std::move(evidence);
    settings.ocsp_spki = std::move(ocsp);
    const auto officers = static_cast<std::uint64_t>(request.officers_size());
    TRY(need(officers >= (sandbox ? 1U : 2U) && officers <= max_officers, "number of officers"));
    for (const auto& officer : request.officers()) {
        TRY(need(!officer.name().empty() && officer.name().size() <= limits::name_size, "officer's name"));
        TRY_ASSIGN(spki, read_p256(officer.spki(), "officer's"));
        settings.officers.push_back({officer.name(), std::move(spki)});
    }
    TRY(need(static_cast<std::uint64_t>(request.server_names_size()) <= max_server_names,
             "number of server names"));
    TRY(need(sandbox || request.server_names_size() == 0, "server names are a sandbox's"));
    settings.server_names.assign(request.server_names().begin(), request.server_names().end());
    TRY(need(request.revocations_per_hour() <= max_revocations_per_hour, "revocations_per_hour: at most a million"));
    if (request.revocations_per_hour() != 0)
        settings.revocations_per_hour = request.revocations_per_hour();
    return settings;
}

std::string Settings::marked(std::string_view name) const
{
    return (mode == Mode::sandbox ? "TEST " : "") + std::string(name);
}

}
