// The one-shot rights of the CA's keys (after Boulder's issuance): a Draft passed the pre-issuance lint,
// an IssuanceOrder is a Draft whose intent is durable, a CrlOrder is a list whose number is. Each moves,
// is made in one place and is consumed by signing; AuthorityKey takes nothing else (KEY-9).
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "crypto/keys.h"
#include "pki/certificate_builder.h"
#include "pki/crl.h"

namespace qss::ca {

enum class Authority { root, issuing, access };

// An authority with one key: a re-key makes the next generation, and the one before lives on for what it
// issued, under names and URLs of its own.
struct AuthorityId {
    Authority kind = Authority::root;
    std::uint32_t generation = 1;

    // "issuing"; from the second generation on "issuing-g2": in the record, and in URLs.
    [[nodiscard]] std::string name() const;
    friend bool operator==(const AuthorityId&, const AuthorityId&) = default;
};

// One of an authority's lists of revocations.
struct ListId {
    AuthorityId authority;
    pki::CrlShard shard;

    [[nodiscard]] std::string path() const; // in URLs: "/crl/issuing.crl", "/crl/issuing-g2-3.crl"
};

class Draft {
public:
    // Encodes, signs with `throw_away`, lints (CA-1). verification_failed when the lint finds anything.
    static Result<Draft> make(AuthorityId authority, const pki::Profile& profile,
                              const pki::CertificateContents& contents, const crypto::PrivateKey& throw_away);
    Draft(Draft&&) = default;
    Draft& operator=(Draft&&) = default;

    [[nodiscard]] AuthorityId authority() const { return m_authority; }
    [[nodiscard]] pki::ProfileId profile() const { return m_profile; }
    [[nodiscard]] const Bytes& tbs() const { return m_tbs; }
    [[nodiscard]] const Bytes& serial() const { return m_serial; }
    [[nodiscard]] const Bytes& spki() const { return m_spki; }
    [[nodiscard]] TimePoint not_after() const { return m_not_after; }

private:
    Draft() = default;
    AuthorityId m_authority;
    pki::ProfileId m_profile = pki::ProfileId::root;
    Bytes m_tbs;
    Bytes m_serial;
    Bytes m_spki;
    TimePoint m_not_after;
};

class IssuanceOrder {
public:
    IssuanceOrder(IssuanceOrder&&) = default;
    IssuanceOrder& operator=(IssuanceOrder&&) = default;
    [[nodiscard]] AuthorityId authority() const { return m_authority; }
    [[nodiscard]] const Bytes& serial() const { return m_serial; }

private:
    friend class Transaction; // stores the intent
    friend class AuthorityKey;
    IssuanceOrder(AuthorityId authority, Bytes serial, Bytes tbs)
        : m_authority(authority), m_serial(std::move(serial)), m_tbs(std::move(tbs))
    {
    }
    AuthorityId m_authority;
    Bytes m_serial;
    Bytes m_tbs;
};

class CrlOrder {
public:
    CrlOrder(CrlOrder&&) = default;
    CrlOrder& operator=(CrlOrder&&) = default;

private:
    friend class Transaction; // stores the number
    friend class AuthorityKey;
    CrlOrder(AuthorityId authority, Bytes tbs) : m_authority(authority), m_tbs(std::move(tbs)) {}
    AuthorityId m_authority;
    Bytes m_tbs;
};

// A CA's key. Nothing else reaches the signer.
class AuthorityKey {
public:
    // `signer` null: the key is away (a root's, offline); whatever needs it is `unavailable`.
    AuthorityKey(AuthorityId authority, std::shared_ptr<const crypto::Signer> signer)
        : m_authority(authority), m_signer(std::move(signer))
    {
    }
    [[nodiscard]] bool is_away() const { return m_signer == nullptr; }
    [[nodiscard]] Status check_here() const;
    Result<pki::Certificate> issue(IssuanceOrder order) const;
    Result<pki::Crl> issue(CrlOrder order) const;

private:
    AuthorityId m_authority;
    std::shared_ptr<const crypto::Signer> m_signer;
};

}
