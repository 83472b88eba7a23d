#include "sam/order_actions.h"

#include "base/canonical.h"
#include "pki/crl.h"
#include "sam/key_changes.h"
#include "sam/key_revocation.h"
#include "sam/sam.h"
#include "statements/revocation_order.h"

namespace qss::sam {

namespace {

constexpr std::size_t revoked_keys_max = 60;

struct Wanted {
    pki::Certificate certificate;
    std::uint32_t reason;

    [[nodiscard]] Bytes key_id() const { return crypto::sha256(certificate.public_key().spki()); }
};

Result<Wanted> parse(const statements::Order& order)
{
    TRY_ASSIGN(parameters, statements::RevocationOrder::decode(order.parameters));
    TRY_ASSIGN(certificate, pki::Certificate::from_der(parameters.certificate));
    TRY_ASSIGN(reason, pki::revocation_reason_from_string(parameters.revocation_reason));
    TRY(certificate.is_ca() ? pki::check_authority_revocation_reason(reason)
                            : pki::check_revocation_reason(reason));
    return Wanted{std::move(certificate), reason};
}

// A key whose word the SAM takes: an officer's, or the issuing CA's.
Result<bool> is_believed(const Config& config, const Wanted& wanted)
{
    auto issuing = config.former_issuing_ca_certificates;
    issuing.push_back(config.issuing_ca_certificate);
    for (const auto& der : issuing) {
        TRY_ASSIGN(certificate, pki::Certificate::from_der(der));
        if (equal_public(wanted.key_id(), crypto::sha256(certificate.public_key().spki())))
            return true;
    }
    return config.find_officer_ever(wanted.key_id()) != nullptr;
}

// From here on: no session with a key that this CA certified, no statement or order of this officer.
Status stop_believing(Sam& sam, const Wanted& wanted, const statements::VerifiedOrder& order)
{
    return sam.change_config([&](Transaction& transaction, Config& config) -> Status {
        TRY(carry(transaction, order));
        const auto key_id = wanted.key_id();
        if (config.is_revoked(key_id))
            return {};
        if (config.revoked_keys.size() >= revoked_keys_max)
            return fail(ErrorCode::conflict, "too many keys are revoked");
        config.revoked_keys.push_back(key_id);
        const std::size_t needed = config.is_sandbox() ? 1 : 2;
        if (config.ordering_officers().size() < needed)
            return fail(ErrorCode::conflict, "too few officers would be left to order anything");
        transaction.event("key-believed-no-more", key_id, order.hash());
        return {};
    });
}

Result<Bytes> revoke_signer_key(Sam& sam, const Wanted& wanted, const statements::VerifiedOrder& order)
{
    auto& environment = sam.environment();
    TRY_ASSIGN(evidence_key, environment.vault.evidence_key(*environment.config.get()));
    const Revocation revocation{wanted.reason,
                                std::string(statements::order_requester) + order.order().id.text(),
                                order.order().issued_at, std::nullopt};
    TRY_ASSIGN(revoked, environment.record.transact([&](Transaction& transaction) -> Result<RevokedKey> {
        TRY(carry(transaction, order));
        const auto& spki = wanted.certificate.public_key().spki();
        TRY_ASSIGN(rows, transaction.containing(Kind::key, spki));
        for (auto& row : rows) {
            TRY_ASSIGN(key, KeyRecord::from_row(std::move(row)));
            if (equal_public(key.spki, spki))
                return revoke_key(transaction, std::move(key), revocation, *evidence_key);
        }
        return fail(ErrorCode::not_found, "the certificate is of no key in this SAM");
    }));
    RevokedKeys{{revoked}}.forget(environment.vault);
    return revoked.receipt;
}

Result<Bytes> revoke(Sam& sam, const statements::VerifiedOrder& order)
{
    TRY_ASSIGN(wanted, parse(order.order()));
    TRY_ASSIGN(believed, is_believed(*sam.environment().config.get(), wanted));
    if (!believed)
        return revoke_signer_key(sam, wanted, order);
    TRY(stop_believing(sam, wanted, order));
    return Bytes{};
}

}

Status carry(Transaction& transaction, const statements::VerifiedOrder& order)
{
    const auto& id = order.order().id;
    TRY_ASSIGN(known, transaction.find(Kind::carried_order, id.bytes()));
    if (known)
        return fail(ErrorCode::already_exists, "the order was carried out before");
    Row row;
    row.kind = Kind::carried_order;
    row.id = to_bytes(id.bytes());
    row.owner = row.id;
    row.contents = CanonicalWriter("carried-order").bytes(order.hash()).text(order.order().action).take();
    transaction.event("order-carried-out", id.bytes(), order.hash());
    return transaction.insert(std::move(row));
}

std::vector<role::OrderAction> order_actions(Sam& sam)
{
    auto actions = key_change_actions(sam);
    actions.push_back({statements::revoke_action, 2, role::only_ready,
                       [&sam](const auto& order) { return revoke(sam, order); }});
    return actions;
}

}
