#include "sam/ceremony.h"

#include "crypto/keys.h"
#include "pki/name.h"
#include "webauthn/client_data.h"

namespace qss::sam {

namespace {

constexpr int officers_max = 16;
constexpr int origins_max = 8;
constexpr int roots_max = 32;
constexpr std::uint32_t pool_max = 256;
constexpr std::uint32_t revocations_max = 1'000'000; // an hour
constexpr std::size_t text_max = 200;

// By the rule that evidence is checked with: an approval from any other origin could never be proven. Outside
// a sandbox TLS alone.
Status check_origin(const std::string& origin, const Config& config)
{
    const auto under = webauthn::check_origin(origin, config.rp.rp_id);
    if (!under || origin.size() > text_max || (!config.is_sandbox() && !origin.starts_with("https://")))
        return fail(ErrorCode::invalid_argument,
                    "origins are https://host[:port], of the relying party or below it: " + origin);
    return {};
}

Status take_relying_party(const proto::sam::InitialiseRequest& request, Config& config)
{
    if (request.rp_id().empty() || request.rp_id().size() > text_max)
        return fail(ErrorCode::invalid_argument, "rp_id");
    if (request.origins().empty() || request.origins_size() > origins_max)
        return fail(ErrorCode::invalid_argument, "origins: 1 to 8");
    config.rp.rp_id = request.rp_id();
    for (const auto& origin : request.origins()) {
        TRY(check_origin(origin, config));
        config.rp.origins.push_back(origin);
    }
    return {};
}

Status take_officers(const proto::sam::InitialiseRequest& request, Config& config)
{
    if (request.officers().empty() || request.officers_size() > officers_max)
        return fail(ErrorCode::invalid_argument, "officers: 1 to 16");
    for (const auto& officer : request.officers()) {
        TRY_ASSIGN(key, crypto::PublicKey::from_spki(as_bytes(officer.spki())));
        if (key.type() != crypto::KeyType::p256)
            return fail(ErrorCode::invalid_argument, "officers sign with P-256");
        if (officer.name().empty() || officer.name().size() > text_max)
            return fail(ErrorCode::invalid_argument, "officer's name");
        config.officers.push_back({officer.name(), key.spki(), {}});
    }
    return {};
}

Status take_roots(const proto::sam::InitialiseRequest& request, Config& config)
{
    if (request.attestation_roots_size() > roots_max)
        return fail(ErrorCode::invalid_argument, "attestation_roots: at most 32");
    if (!config.is_sandbox() && request.attestation_roots().empty())
        return fail(ErrorCode::invalid_argument, "attestation_roots are needed outside a sandbox");
    for (const auto& root : request.attestation_roots()) {
        TRY_ASSIGN(certificate, pki::Certificate::from_der(as_bytes(root)));
        config.attestation_roots.push_back(certificate.der());
    }
    return {};
}

}

Status check_signing_key(const pki::Certificate& certificate, std::string_view purpose)
{
    if (certificate.is_ca() || !certificate.is_only_for(purpose))
        return fail(ErrorCode::verification_failed,
                    "certificate is not for its purpose: " + certificate.subject());
    return {};
}

Result<pki::Certificate> parse_under_root(ByteView der, const pki::Certificate& root, TimePoint now)
{
    TRY_ASSIGN(certificate, pki::Certificate::from_der(der));
    TRY(certificate.check_issued_by(root));
    TRY(pki::check_path(certificate, {}, root, now));
    return certificate;
}

Result<Config> make_config(const proto::sam::InitialiseRequest& request, Vault& vault)
{
    Config config;
    config.mode = role::mode_from(request.sandbox());
    TRY(take_relying_party(request, config));
    TRY(take_officers(request, config));
    TRY(take_roots(request, config));
    if (request.rsa_3072_pool() > pool_max || request.rsa_4096_pool() > pool_max)
        return fail(ErrorCode::invalid_argument, "a pool keeps at most 256 keys");
    if (request.rsa_3072_pool() != 0)
        config.rsa_3072_pool = request.rsa_3072_pool();
    if (request.rsa_4096_pool() != 0)
        config.rsa_4096_pool = request.rsa_4096_pool();
    if (request.revocations_per_hour() > revocations_max)
        return fail(ErrorCode::invalid_argument, "revocations_per_hour: at most a million");
    if (request.revocations_per_hour() != 0)
        config.revocations_per_hour = request.revocations_per_hour();
    TRY_ASSIGN(key, vault.generate(crypto::KeyType::p256));
    config.evidence_blob = std::move(key.blob);
    config.evidence_spki = std::move(key.spki);
    config.state = Config::awaiting_certificate;
    return config;
}

Result<Config> complete_config(Config config, const proto::sam::CompleteRequest& request, TimePoint now)
{
    TRY_ASSIGN(root, pki::Certificate::from_der(as_bytes(request.root_certificate())));
    TRY(root.check_issued_by(root));
    TRY(root.check_valid_at(now));
    TRY_ASSIGN(issuing, parse_under_root(as_bytes(request.issuing_ca_certificate()), root, now));
    if (!root.is_ca() || !issuing.is_ca())
        return fail(ErrorCode::verification_failed, "root and issuing CA must be CA certificates");
    TRY_ASSIGN(evidence, parse_under_root(as_bytes(request.evidence_certificate()), root, now));
    TRY(check_signing_key(evidence, pki::oids::purpose_sam_evidence));
    if (!equal_public(evidence.public_key().spki(), config.evidence_spki))
        return fail(ErrorCode::verification_failed, "the evidence certificate is not for the evidence key");
    if (request.officer_certificates_size() != static_cast<int>(config.officers.size()))
        return fail(ErrorCode::verification_failed, "one certificate for each officer");
    for (const auto& der : request.officer_certificates()) {
        TRY_ASSIGN(certificate, parse_under_root(as_bytes(der), root, now));
        TRY(check_signing_key(certificate, pki::oids::purpose_officer));
        for (auto& officer : config.officers)
            if (equal_public(certificate.public_key().spki(), officer.spki))
                officer.certificate = certificate.der();
    }
    for (const auto& officer : config.officers)
        if (officer.certificate.empty())
            return fail(ErrorCode::verification_failed, "officer " + officer.name + " has no certificate");
    config.root_certificate = root.der();
    config.issuing_ca_certificate = issuing.der();
    config.evidence_certificate = evidence.der();
    config.state = Config::ready;
    return config;
}

}
