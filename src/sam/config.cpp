#include "sam/config.h"

#include <algorithm>

#include "base/canonical.h"
#include "base/limits.h"
#include "crypto/digest.h"

namespace qss::sam {

namespace {

constexpr std::size_t text_size = 300;
constexpr std::size_t blob_size = 8 * 1024;
constexpr std::size_t list_size = 64;
constexpr std::size_t former_size = 256;

Result<std::vector<Officer>> read_officers(CanonicalReader& reader, std::size_t max)
{
    std::vector<Officer> officers;
    TRY_ASSIGN(count, reader.count(max));
    for (std::size_t i = 0; i < count; ++i) {
        TRY_ASSIGN(name, reader.text(text_size));
        TRY_ASSIGN(spki, reader.bytes(limits::spki_size));
        TRY_ASSIGN(certificate, reader.bytes(limits::certificate_size));
        officers.push_back({std::move(name), to_bytes(spki), to_bytes(certificate)});
    }
    return officers;
}

Result<std::vector<Bytes>> read_certificates(CanonicalReader& reader, std::size_t max)
{
    std::vector<Bytes> certificates;
    TRY_ASSIGN(count, reader.count(max));
    for (std::size_t i = 0; i < count; ++i) {
        TRY_ASSIGN(certificate, reader.bytes(limits::certificate_size));
        certificates.push_back(to_bytes(certificate));
    }
    return certificates;
}

void write_officers(CanonicalWriter& writer, const std::vector<Officer>& officers)
{
    writer.u64(officers.size());
    for (const auto& officer : officers)
        writer.text(officer.name).bytes(officer.spki).bytes(officer.certificate);
}

void write_certificates(CanonicalWriter& writer, const std::vector<Bytes>& certificates)
{
    writer.u64(certificates.size());
    for (const auto& certificate : certificates)
        writer.bytes(certificate);
}

Status read_lists(CanonicalReader& reader, Config& config)
{
    TRY_ASSIGN(origins, reader.count(list_size));
    for (std::size_t i = 0; i < origins; ++i) {
        TRY_ASSIGN(origin, reader.text(text_size));
        config.rp.origins.push_back(std::move(origin));
    }
    TRY_ASSIGN(officers, read_officers(reader, list_size));
    config.officers = std::move(officers);
    TRY_ASSIGN(roots, read_certificates(reader, list_size));
    config.attestation_roots = std::move(roots);
    return {};
}

Status read_history(CanonicalReader& reader, Config& config)
{
    TRY_ASSIGN(officers, read_officers(reader, former_size));
    TRY_ASSIGN(evidence, read_certificates(reader, former_size));
    TRY_ASSIGN(issuing, read_certificates(reader, former_size));
    TRY_ASSIGN(next_blob, reader.bytes(blob_size));
    TRY_ASSIGN(next_spki, reader.bytes(limits::spki_size));
    config.former_officers = std::move(officers);
    config.former_evidence_certificates = std::move(evidence);
    config.former_issuing_ca_certificates = std::move(issuing);
    config.next_evidence_blob = to_bytes(next_blob);
    config.next_evidence_spki = to_bytes(next_spki);
    return {};
}

Status read_keys(CanonicalReader& reader, Config& config)
{
    TRY_ASSIGN(pool_3072, reader.u64());
    TRY_ASSIGN(pool_4096, reader.u64());
    config.rsa_3072_pool = static_cast<std::uint32_t>(pool_3072);
    config.rsa_4096_pool = static_cast<std::uint32_t>(pool_4096);
    TRY_ASSIGN(blob, reader.bytes(blob_size));
    TRY_ASSIGN(spki, reader.bytes(limits::spki_size));
    TRY_ASSIGN(evidence, reader.bytes(limits::certificate_size));
    TRY_ASSIGN(issuing, reader.bytes(limits::certificate_size));
    TRY_ASSIGN(root, reader.bytes(limits::certificate_size));
    config.evidence_blob = to_bytes(blob);
    config.evidence_spki = to_bytes(spki);
    config.evidence_certificate = to_bytes(evidence);
    config.issuing_ca_certificate = to_bytes(issuing);
    config.root_certificate = to_bytes(root);
    TRY_ASSIGN(per_hour, reader.u64());
    config.revocations_per_hour = static_cast<std::uint32_t>(per_hour);
    TRY_ASSIGN(revoked, reader.count(list_size));
    for (std::size_t i = 0; i < revoked; ++i) {
        TRY_ASSIGN(key_id, reader.bytes_exactly(32));
        config.revoked_keys.push_back(to_bytes(key_id));
    }
    return {};
}

}

const Officer* Config::find_officer(ByteView key_id) const
{
    for (const auto& officer : officers)
        if (equal_public(crypto::sha256(officer.spki), key_id))
            return &officer;
    return nullptr;
}

bool Config::is_revoked(ByteView key_id) const
{
    return std::any_of(revoked_keys.begin(), revoked_keys.end(),
                       [&](const Bytes& revoked) { return equal_public(revoked, key_id); });
}

const Officer* Config::find_officer_ever(ByteView key_id) const
{
    if (const auto* officer = find_officer(key_id))
        return officer;
    for (const auto& officer : former_officers)
        if (equal_public(crypto::sha256(officer.spki), key_id))
            return &officer;
    return nullptr;
}

std::vector<Bytes> Config::ordering_officers() const
{
    std::vector<Bytes> spkis;
    for (const auto& officer : officers)
        if (!is_revoked(crypto::sha256(officer.spki)))
            spkis.push_back(officer.spki);
    return spkis;
}

Result<pki::Certificate> Config::issuer_of(const pki::Certificate& certificate) const
{
    TRY_ASSIGN(current, pki::Certificate::from_der(issuing_ca_certificate));
    if (former_issuing_ca_certificates.empty() || certificate.check_issued_by(current))
        return current;
    for (auto der = former_issuing_ca_certificates.rbegin(); der != former_issuing_ca_certificates.rend();
         ++der) {
        TRY_ASSIGN(former, pki::Certificate::from_der(*der));
        if (certificate.check_issued_by(former))
            return former;
    }
    return fail(ErrorCode::verification_failed, "the certificate is by no issuing CA of ours");
}

webauthn::AttestationPolicy Config::attestation_policy() const
{
    return {is_sandbox(), attestation_roots};
}

Bytes Config::row_id()
{
    return Bytes(16);
}

Result<Config> Config::from_row(Row row)
{
    Config config;
    if (row.state < awaiting_certificate || row.state > suspended)
        return fail(ErrorCode::malformed, "configuration state");
    config.state = static_cast<State>(row.state);
    TRY_ASSIGN(reader, CanonicalReader::open(row.contents, "config"));
    TRY_ASSIGN(sandbox, reader.u64());
    config.mode = role::mode_from(sandbox != 0);
    TRY_ASSIGN(rp_id, reader.text(text_size));
    config.rp.rp_id = std::move(rp_id);
    TRY(read_lists(reader, config));
    TRY(read_keys(reader, config));
    TRY(read_history(reader, config));
    TRY(reader.finish());
    config.row = std::move(row);
    return config;
}

Row Config::to_row() const
{
    Row out = row;
    out.kind = Kind::config;
    out.id = row_id();
    out.owner = out.id;
    out.state = state;
    CanonicalWriter contents("config");
    contents.u64(is_sandbox() ? 1 : 0).text(rp.rp_id);
    contents.u64(rp.origins.size());
    for (const auto& origin : rp.origins)
        contents.text(origin);
    write_officers(contents, officers);
    write_certificates(contents, attestation_roots);
    contents.u64(rsa_3072_pool).u64(rsa_4096_pool).bytes(evidence_blob).bytes(evidence_spki);
    contents.bytes(evidence_certificate).bytes(issuing_ca_certificate).bytes(root_certificate);
    contents.u64(revocations_per_hour).u64(revoked_keys.size());
    for (const auto& key_id : revoked_keys)
        contents.bytes(key_id);
    write_officers(contents, former_officers);
    write_certificates(contents, former_evidence_certificates);
    write_certificates(contents, former_issuing_ca_certificates);
    contents.bytes(next_evidence_blob).bytes(next_evidence_spki);
    out.contents = contents.take();
    return out;
}

}
