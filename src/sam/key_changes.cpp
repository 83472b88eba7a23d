#include "sam/key_changes.h"

#include <algorithm>

#include "pki/name.h"
#include "sam/ceremony.h"
#include "sam/order_actions.h"
#include "sam/sam.h"
#include "statements/named_values.h"

namespace qss::sam {

namespace {

using statements::NamedValues;

constexpr std::size_t officers_max = 16;
constexpr std::size_t former_max = 256;

struct Scope {
    Vault& vault;
    TimePoint now;
    Config& config; // a copy: stored afterwards
};

using Act = Result<NamedValues> (*)(Scope& scope, NamedValues parameters);

void keep(std::vector<Bytes>& former, const Bytes& certificate)
{
    if (former.size() == former_max)
        former.erase(former.begin());
    former.push_back(certificate);
}

Result<pki::Certificate> take_certificate(const Scope& scope, NamedValues& parameters)
{
    TRY_ASSIGN(der, parameters.take("certificate"));
    TRY_ASSIGN(root, pki::Certificate::from_der(scope.config.root_certificate));
    return parse_under_root(der, root, scope.now);
}

// The key waits for its certificate, which the CA makes on an order of its own.
Result<NamedValues> make_evidence_key(Scope& scope, NamedValues parameters)
{
    TRY(parameters.finish());
    TRY_ASSIGN(key, scope.vault.generate(crypto::KeyType::p256));
    scope.config.next_evidence_blob = std::move(key.blob);
    scope.config.next_evidence_spki = key.spki;
    return NamedValues().set("spki", key.spki);
}

// Of the key that waits, which replaces the one of now; or of the one of now: a renewal.
Result<NamedValues> adopt_evidence(Scope& scope, NamedValues parameters)
{
    TRY_ASSIGN(certificate, take_certificate(scope, parameters));
    TRY(parameters.finish());
    TRY(check_signing_key(certificate, pki::oids::purpose_sam_evidence));
    auto& config = scope.config;
    const auto& spki = certificate.public_key().spki();
    keep(config.former_evidence_certificates, config.evidence_certificate);
    if (equal_public(spki, config.next_evidence_spki)) {
        config.evidence_blob = std::exchange(config.next_evidence_blob, {});
        config.evidence_spki = std::exchange(config.next_evidence_spki, {});
    } else if (!equal_public(spki, config.evidence_spki)) {
        return fail(ErrorCode::verification_failed, "the certificate is for no evidence key of this SAM");
    }
    config.evidence_certificate = certificate.der();
    return NamedValues();
}

Result<NamedValues> adopt_issuing_ca(Scope& scope, NamedValues parameters)
{
    TRY_ASSIGN(certificate, take_certificate(scope, parameters));
    TRY(parameters.finish());
    if (!certificate.is_ca())
        return fail(ErrorCode::verification_failed, "the issuing CA's certificate is no CA's");
    auto& config = scope.config;
    if (equal_public(certificate.der(), config.root_certificate) ||
        equal_public(certificate.der(), config.issuing_ca_certificate))
        return fail(ErrorCode::conflict, "this certificate is pinned already");
    keep(config.former_issuing_ca_certificates, config.issuing_ca_certificate);
    config.issuing_ca_certificate = certificate.der();
    return NamedValues();
}

void remove(std::vector<Officer>& officers, ByteView spki)
{
    std::erase_if(officers, [&](const Officer& one) { return equal_public(one.spki, spki); });
}

// One who is an officer already gets a new certificate.
Result<NamedValues> add_officer(Scope& scope, NamedValues parameters)
{
    TRY_ASSIGN(name, parameters.take_text("name"));
    TRY_ASSIGN(certificate, take_certificate(scope, parameters));
    TRY(parameters.finish());
    TRY(check_signing_key(certificate, pki::oids::purpose_officer));
    const auto& spki = certificate.public_key().spki();
    if (certificate.public_key().type() != crypto::KeyType::p256)
        return fail(ErrorCode::invalid_argument, "officers sign with P-256");
    auto& config = scope.config;
    remove(config.officers, spki);
    remove(config.former_officers, spki);
    if (config.officers.size() == officers_max)
        return fail(ErrorCode::conflict, "there are 16 officers already");
    config.officers.push_back({std::move(name), spki, certificate.der()});
    return NamedValues();
}

Result<NamedValues> remove_officer(Scope& scope, NamedValues parameters)
{
    TRY_ASSIGN(spki, parameters.take("spki"));
    TRY(parameters.finish());
    auto& config = scope.config;
    const auto* officer = config.find_officer(crypto::sha256(spki));
    if (officer == nullptr)
        return fail(ErrorCode::not_found, "no officer has this key");
    if (config.former_officers.size() == former_max)
        return fail(ErrorCode::conflict, "too many officers have come and gone");
    config.former_officers.push_back(*officer);
    remove(config.officers, spki);
    const std::size_t needed = config.is_sandbox() ? 1 : 2;
    if (config.ordering_officers().size() < needed)
        return fail(ErrorCode::conflict, "the officers who remain could order nothing");
    return NamedValues();
}

Result<Bytes> carry_out(Sam& sam, Act act, const statements::VerifiedOrder& order)
{
    auto& environment = sam.environment();
    TRY_ASSIGN(parameters, NamedValues::decode(order.order().parameters));
    NamedValues outcome;
    const auto change = [&](Transaction& transaction, Config& config) -> Status {
        TRY(carry(transaction, order));
        Scope scope{environment.vault, environment.clock.now(), config};
        TRY_ASSIGN(values, act(scope, std::move(parameters)));
        outcome = std::move(values);
        return {};
    };
    TRY(sam.change_config(change));
    return outcome.encode();
}

}

std::vector<role::OrderAction> key_change_actions(Sam& sam)
{
    constexpr std::pair<std::string_view, Act> acts[] = {
        {"make-evidence-key", make_evidence_key}, {"adopt-evidence", adopt_evidence},
        {"adopt-issuing-ca", adopt_issuing_ca},   {"add-officer", add_officer},
        {"remove-officer", remove_officer},
    };
    std::vector<role::OrderAction> actions;
    for (const auto& [name, act] : acts)
        actions.push_back({name, 2, role::only_ready,
                           [&sam, what = act](const auto& order) { return carry_out(sam, what, order); }});
    return actions;
}

}
