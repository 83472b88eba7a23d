// The CA's own record: settings, keys, what it meant to issue, issued and revoked, its nonces and CRL
// numbers, and its numbered and chained events (AUD-2). SQLite, opened by this role alone. A Transaction
// lives inside one closure of the writer; what it returns counts once the closure is durable.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "ca/orders.h"
#include "ca/settings.h"
#include "keystore/key_store.h"
#include "sqlite/writer.h"
#include "statements/order.h"

namespace qss::ca {

Result<sqlite::Database> open_record(const std::string& path);

// `tampered`: a trigger or table that is not ours, or check_events.
Status check_record(sqlite::Database& database);

inline constexpr std::chrono::hours crl_life{24}; // of a list whose key is at hand

struct AuthorityRow {
    AuthorityId id;
    keystore::GeneratedKey key; // blob empty: the key is away
    Bytes certificate;          // DER
};

struct CertificateRow {
    Bytes serial;
    AuthorityId authority;
    pki::ProfileId profile = pki::ProfileId::root;
    Bytes certificate; // empty: intended, not signed
    std::optional<pki::Revocation> revocation;
};

struct RevocationRequest {
    std::uint32_t reason = 0; // RFC 5280 5.3.1
    std::string requested_by; // as the CA was told; "order:…" of officers
    TimePoint requested_at;
    std::optional<std::uint32_t> per_hour; // at most so many; nullopt: officers order it
};

// That an order's id was written down in this transaction: what carries the order out asks for it.
class CarriedOrder {
public:
    CarriedOrder(CarriedOrder&&) = default;
    CarriedOrder& operator=(CarriedOrder&&) = default;

private:
    friend class Transaction;
    explicit CarriedOrder(OrderId id) : m_id(id) {}
    OrderId m_id;
};

struct SignerRow {
    std::uint64_t sequence = 0;
    Bytes statement_hash;
    std::string serial_number;
};

class Transaction {
public:
    explicit Transaction(sqlite::Database& database) : m_database(database) {}

    // The ceremony: settings once. `tampered` when the seal does not hold.
    Result<std::optional<Settings>> settings(keystore::KeyStore& keys);
    Status store_settings(const Settings& settings, keystore::KeyStore& keys);
    Status store_authority(const AuthorityRow& row, std::uint32_t lists); // with so many lists
    Result<std::vector<AuthorityRow>> authorities(); // each kind's in the order of its generations
    // A certificate of the ceremony is signed before its intent is durable, since all of the ceremony is
    // one transaction: `conflict` once there are settings.
    Result<IssuanceOrder> ceremony_order(Draft draft, TimePoint now);

    // Officers' orders: each once, `already_exists` afterwards. All of an order is one transaction, as the
    // ceremony is, so that what it signs is there with the order's id or not at all.
    Result<CarriedOrder> carry(const statements::VerifiedOrder& order, TimePoint now);
    Status finish(const CarriedOrder& carried, ByteView outcome);
    Result<Bytes> order_outcome(const OrderId& id); // not_found
    Result<IssuanceOrder> ordered(Draft draft, const CarriedOrder& carried, TimePoint now);
    Status replace_settings(const Settings& settings, keystore::KeyStore& keys, const CarriedOrder& carried);
    Status add_authority(const AuthorityRow& row, std::uint32_t lists, const CarriedOrder&)
    {
        return store_authority(row, lists);
    }
    Status replace_certificate(const AuthorityId& id, const pki::Certificate& certificate,
                               const CarriedOrder& carried);
    Result<Bytes> key_blob(const AuthorityId& id);
    Status put_key(const AuthorityId& id, ByteView blob, const CarriedOrder& carried); // empty: it is away
    Status forget_outcomes(std::string_view action, const CarriedOrder& carried);
    Result<std::vector<Bytes>> cross_certificates();

    // Nonces: each for one attestation.
    Status store_nonce(ByteView nonce, TimePoint now);
    Status consume_nonce(ByteView nonce, ByteView attestation_hash, TimePoint now); // `verification_failed`

    // Issuance.
    Result<IssuanceOrder> store_intent(Draft draft, TimePoint now);
    Status store_identity(ByteView attestation_hash, const SignerId& signer, ByteView serial);
    Result<std::optional<CertificateRow>> identity(ByteView attestation_hash);
    Result<IssuanceOrder> reopen_intent(ByteView serial); // of one that was not signed
    Status store_certificate(const pki::Certificate& certificate, TimePoint now);
    Result<std::optional<CertificateRow>> certificate(ByteView serial);
    // The newest 500 of those that are neither signers' nor of the access CA; DER.
    Result<std::vector<Bytes>> service_certificates();
    // `forbidden` when the key was certified for another signer (CA-12); `gone` when a certificate of it
    // was revoked: an attestation from before is no way around that (docs/invariants.md 7).
    Status claim_key(ByteView spki, const SignerId& signer);
    Status check_never_certified(ByteView spki); // for a type on its way out
    Result<std::optional<SignerRow>> signer(const SignerId& signer);
    Status store_signer(const SignerId& signer, const SignerRow& row);

    // Revocation: final. A second one changes nothing.
    // rate_limited: too many within the hour. A certificate that has expired does not count.
    Status revoke(ByteView serial, const RevocationRequest& request, TimePoint now);
    // Whether a certificate of this key was revoked: its word counts no more, nor is it certified again.
    Result<bool> is_retired(ByteView spki);

    // Lists (lists.cpp). Each has numbers of its own, which only grow.
    Result<std::uint32_t> list_count(const AuthorityId& authority);
    // The list that is current, or nothing when it is due at `now`.
    Result<std::optional<Bytes>> current_crl(const ListId& list, TimePoint now);
    Result<std::optional<Bytes>> stored_crl(const ListId& list); // however old
    // `distribution_point` empty: the list is its authority's only one.
    Result<CrlOrder> crl_order(const ListId& list, const pki::Certificate& issuer,
                               const std::string& distribution_point, TimePoint now,
                               std::chrono::hours life = crl_life);
    Status store_crl(const ListId& list, const pki::Crl& crl);
    // From now on the authority issues nothing, and the next of each of its lists is the last (EN 319 411-1
    // CSS-6.3.9-06). conflict: a certificate of it is neither expired nor revoked. Those of its OCSP
    // responder are revoked with it.
    Status close(const AuthorityId& authority, const CarriedOrder& carried, TimePoint now);
    Result<bool> is_closed(const AuthorityId& authority);

    Status append_event(std::string_view kind, ByteView subject, TimePoint now);

private:
    Result<IssuanceOrder> insert_intent(Draft draft, TimePoint now);
    Status retire_key(ByteView serial); // the key of that certificate
    Result<bool> counts(ByteView serial, const RevocationRequest& request, TimePoint now);
    Status add_lists(const AuthorityId& authority, std::uint32_t count);
    Status put_on_list(ByteView serial);
    Status mark_revoked(ByteView serial, const RevocationRequest& request, TimePoint now);
    Status revoke_responders(const AuthorityId& authority, TimePoint now);
    Result<pki::CrlContents> begin_list(const ListId& list, TimePoint now, std::chrono::hours life);
    sqlite::Database& m_database;
};

}
