// What the ceremony fixed (INITIALISE, COMPLETE), as the first sealed row of the record: relying party,
// officers, attestation roots, evidence key, and the certificates above everything. Immutable once
// complete; a Config is a value.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "pki/certificate.h"
#include "role/role_main.h"
#include "sam/row.h"
#include "webauthn/attestation.h"

namespace qss::sam {

struct Officer {
    std::string name;
    Bytes spki;
    Bytes certificate; // DER, under the root; empty until complete
};

struct Config {
    enum State : std::int64_t { awaiting_certificate = 1, ready = 2, suspended = 3 };

    role::Mode mode = role::Mode::production;
    webauthn::RelyingParty rp;
    std::vector<Officer> officers;
    std::vector<Bytes> attestation_roots; // DER
    std::uint32_t rsa_3072_pool = 16;
    std::uint32_t rsa_4096_pool = 2;
    Bytes evidence_blob;
    Bytes evidence_spki;
    Bytes evidence_certificate;           // DER; this and the next two empty until complete
    Bytes issuing_ca_certificate;
    Bytes root_certificate;
    std::uint32_t revocations_per_hour = 100; // that qss-api may ask for; officers order the rest
    std::vector<Bytes> revoked_keys;      // SHA-256 of SPKIs, of issuing CAs and officers: believed no more
    // What officers' orders replaced: evidence, keys and checkpoints of that time go on being made or checked
    // with them.
    std::vector<Officer> former_officers;
    std::vector<Bytes> former_evidence_certificates;
    std::vector<Bytes> former_issuing_ca_certificates;
    Bytes next_evidence_blob; // a key that waits for its certificate; empty: none
    Bytes next_evidence_spki;
    State state = awaiting_certificate;
    Row row{};

    [[nodiscard]] bool is_sandbox() const { return mode == role::Mode::sandbox; }
    [[nodiscard]] const Officer* find_officer(
        ByteView key_id) const; // SHA-256 of the SPKI; also a revoked one
    [[nodiscard]] bool is_revoked(ByteView key_id) const; // the same, of an officer or issuing CA
    [[nodiscard]] std::vector<Bytes> ordering_officers() const; // SPKIs of those whose orders count
    [[nodiscard]] const Officer* find_officer_ever(ByteView key_id) const; // a former one too
    // The issuing CA, of now or before, that signed `certificate`; verification_failed: none did.
    [[nodiscard]] Result<pki::Certificate> issuer_of(const pki::Certificate& certificate) const;
    [[nodiscard]] webauthn::AttestationPolicy attestation_policy() const;

    static Bytes row_id();
    static Result<Config> from_row(Row row);
    [[nodiscard]] Row to_row() const;
};

// The current configuration; null while uninitialised. Safe from any thread.
class CurrentConfig {
public:
    [[nodiscard]] std::shared_ptr<const Config> get() const
    {
        const std::lock_guard lock(m_mutex);
        return m_config;
    }
    void set(Config config)
    {
        auto next = std::make_shared<const Config>(std::move(config));
        const std::lock_guard lock(m_mutex);
        m_config = std::move(next);
    }

private:
    mutable std::mutex m_mutex; // guards m_config
    std::shared_ptr<const Config> m_config;
};

}
