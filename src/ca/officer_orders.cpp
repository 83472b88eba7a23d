#include "ca/officer_orders.h"

#include <algorithm>

namespace qss::ca {

namespace {

using statements::NamedValues;

Result<Bytes> take_p256(NamedValues& parameters)
{
    TRY_ASSIGN(spki, parameters.take("spki"));
    TRY_ASSIGN(key, crypto::PublicKey::from_spki(spki));
    if (key.type() != crypto::KeyType::p256)
        return fail(ErrorCode::invalid_argument, "the key is not P-256");
    return key.spki();
}

Result<Authority> take_authority(NamedValues& parameters)
{
    TRY_ASSIGN(word, parameters.take_text("authority"));
    for (const auto kind : {Authority::root, Authority::issuing, Authority::access})
        if (AuthorityId{kind}.name() == word)
            return kind;
    return fail(ErrorCode::invalid_argument, "authority is root, issuing or access");
}

// --- services ---------------------------------------------------------------------------------------------

// With the key that it has: a renewal. With another: from now on that one is believed.
Result<NamedValues> certify_sam_evidence(OrderScope& scope, NamedValues parameters)
{
    TRY_ASSIGN(spki, take_p256(parameters));
    TRY(parameters.finish());
    scope.settings.sam_evidence_spki = std::move(spki);
    TRY_ASSIGN(certificate, scope.issuance.sam_evidence(Issuer(scope.authorities.of(Authority::root))));
    return NamedValues().set("sam-evidence", certificate.der());
}

// By every authority whose certificates the responder answers for.
Result<NamedValues> certify_ocsp(OrderScope& scope, NamedValues parameters)
{
    TRY_ASSIGN(spki, take_p256(parameters));
    TRY(parameters.finish());
    scope.settings.ocsp_spki = std::move(spki);
    NamedValues outcome;
    for (const auto& authority : scope.authorities.all()) {
        if (authority.id.kind == Authority::access)
            continue;
        TRY_ASSIGN(certificate, scope.issuance.responder(Issuer(authority)));
        outcome.set("ocsp-" + authority.id.name(), certificate.der());
    }
    return outcome;
}

Result<NamedValues> certify_tsu(OrderScope& scope, NamedValues parameters)
{
    TRY_ASSIGN(spki, parameters.take("spki"));
    TRY(parameters.finish());
    TRY(crypto::PublicKey::from_spki(spki));
    scope.settings.tsa_spki = std::move(spki);
    TRY_ASSIGN(certificate,
               scope.issuance.time_stamping_unit(Issuer(scope.authorities.of(Authority::issuing))));
    return NamedValues().set("tsu", certificate.der());
}

// --- officers ---------------------------------------------------------------------------------------------

void remove(std::vector<Officer>& officers, ByteView spki)
{
    std::erase_if(officers, [&](const Officer& one) { return equal_public(one.spki, spki); });
}

// One who is an officer already gets a new certificate.
Result<NamedValues> add_officer(OrderScope& scope, NamedValues parameters)
{
    TRY_ASSIGN(name, parameters.take_text("name"));
    TRY_ASSIGN(spki, take_p256(parameters));
    TRY(parameters.finish());
    TRY_ASSIGN(officer, Officer::make(std::move(name), spki));
    auto& officers = scope.settings.officers;
    remove(officers, spki);
    remove(scope.settings.former_officers, spki);
    if (officers.size() == max_officers)
        return fail(ErrorCode::conflict, "there are 16 officers already");
    officers.push_back(officer);
    TRY_ASSIGN(certificate, scope.issuance.officer(officer, Issuer(scope.authorities.of(Authority::root))));
    return NamedValues().set("officer", certificate.der());
}

Result<NamedValues> remove_officer(OrderScope& scope, NamedValues parameters)
{
    TRY_ASSIGN(spki, take_p256(parameters));
    TRY(parameters.finish());
    auto& settings = scope.settings;
    const auto* officer = settings.find_officer(crypto::sha256(spki));
    if (officer == nullptr)
        return fail(ErrorCode::not_found, "no officer has this key");
    const std::size_t needed = settings.mode == Mode::sandbox ? 1 : 2;
    if (settings.officers.size() <= needed)
        return fail(ErrorCode::conflict, "the officers who remain could order nothing");
    if (settings.former_officers.size() == max_former_officers)
        settings.former_officers.erase(settings.former_officers.begin());
    settings.former_officers.push_back(*officer);
    remove(settings.officers, spki);
    return NamedValues();
}

// --- authorities ------------------------------------------------------------------------------------------

pki::ProfileId profile_of(Authority kind)
{
    switch (kind) {
    case Authority::root: return pki::ProfileId::root;
    case Authority::issuing: return pki::ProfileId::issuing_ca;
    case Authority::access: break;
    }
    return pki::ProfileId::access_ca;
}

// The same key, another certificate of it; under the current root.
Result<NamedValues> renew_authority(OrderScope& scope, NamedValues parameters)
{
    TRY_ASSIGN(kind, take_authority(parameters));
    TRY(parameters.finish());
    const auto& authority = scope.authorities.of(kind);
    const auto& public_key = authority.certificate.public_key();
    TRY(crypto::check_may_issue(public_key.type(), scope.input.now));
    auto issuer = Issuer(kind == Authority::issuing ? scope.authorities.of(Authority::root) : authority);
    if (kind != Authority::issuing)
        issuer.certificate = nullptr; // of the new certificate, which is its own issuer
    TRY_ASSIGN(certificate,
               scope.issuance.authority(profile_of(kind), authority.id, public_key.spki(), issuer));
    TRY(scope.transaction.replace_certificate(authority.id, certificate, scope.carried));
    return NamedValues().set(authority.id.name(), certificate.der());
}

// Old and new root certify each other, so that who trusts either finds a path (RFC 4210 4.4).
Status cross_over(OrderScope& scope, const AuthorityState& old, const NewKey& key,
                  const pki::Certificate& certificate, NamedValues& outcome)
{
    TRY_ASSIGN(new_with_old,
               scope.issuance.authority(pki::ProfileId::root_cross, key.id, key.generated.spki, Issuer(old)));
    TRY_ASSIGN(old_with_new,
               scope.issuance.authority(pki::ProfileId::root_cross, old.id,
                                        old.certificate.public_key().spki(), Issuer(key, certificate)));
    outcome.set("new-with-old", new_with_old.der()).set("old-with-new", old_with_new.der());
    return {};
}

// A new key: the next generation, which issues from now on.
Result<NamedValues> rekey_authority(OrderScope& scope, NamedValues parameters)
{
    TRY_ASSIGN(kind, take_authority(parameters));
    TRY_ASSIGN(type_name, parameters.take_text("key-type"));
    TRY(parameters.finish());
    TRY_ASSIGN(type, authority_key_type(type_name));
    TRY(crypto::check_may_issue(type, scope.input.now));
    const auto& old = scope.authorities.of(kind);
    TRY_ASSIGN(key, make_key(scope.input.keys, {kind, old.id.generation + 1}, type));
    const auto issuer =
        kind == Authority::issuing ? Issuer(scope.authorities.of(Authority::root)) : Issuer(key, type);
    TRY_ASSIGN(certificate, scope.issuance.authority(profile_of(kind), key.id, key.generated.spki, issuer));
    NamedValues outcome;
    outcome.set(key.id.name(), certificate.der());
    if (kind == Authority::root)
        TRY(cross_over(scope, old, key, certificate, outcome));
    if (kind != Authority::access) {
        TRY_ASSIGN(responder, scope.issuance.responder(Issuer(key, certificate)));
        outcome.set("ocsp-" + key.id.name(), responder.der());
    }
    TRY(scope.transaction.add_authority({key.id, key.generated, certificate.der()},
                                        scope.settings.lists_of(kind), scope.carried));
    return outcome;
}

// --- the root's key, offline ------------------------------------------------------------------------------

// Two orders, since a reply may be lost and a key must not: the first hands the key out, wrapped, good for
// this CA's key store alone; the second, which names what the officers hold, deletes it here.
Result<NamedValues> export_root_key(OrderScope& scope, NamedValues parameters)
{
    TRY(parameters.finish());
    const auto& root = scope.authorities.of(Authority::root);
    TRY(root.key.check_here());
    TRY_ASSIGN(blob, scope.transaction.key_blob(root.id));
    return NamedValues().set("root-key", blob);
}

// Before it goes it signs a list that lives until it is back (CSS-6.3.9-09: at most a year).
Result<NamedValues> detach_root(OrderScope& scope, NamedValues parameters)
{
    TRY_ASSIGN(held, parameters.take("sha256"));
    TRY(parameters.finish());
    const auto& root = scope.authorities.of(Authority::root);
    TRY(root.key.check_here());
    auto& transaction = scope.transaction;
    TRY_ASSIGN(blob, transaction.key_blob(root.id));
    if (!equal_public(crypto::sha256(blob), held))
        return fail(ErrorCode::verification_failed, "what you hold is not the root's key: export it first");
    const ListId list_id{root.id, {}};
    TRY_ASSIGN(order, transaction.crl_order(list_id, root.certificate, "", scope.input.now,
                                            scope.settings.arl_life));
    TRY_ASSIGN(list, root.key.issue(std::move(order)));
    TRY(list.check_signed_by(root.certificate));
    TRY(transaction.store_crl(list_id, list));
    TRY(transaction.put_key(root.id, {}, scope.carried));
    TRY(transaction.forget_outcomes("export-root-key", scope.carried));
    scope.input.keys.destroy(blob); // the copy in memory
    return NamedValues().set("root-crl", list.der());
}

Result<NamedValues> attach_root(OrderScope& scope, NamedValues parameters)
{
    TRY_ASSIGN(blob, parameters.take("key"));
    TRY(parameters.finish());
    const auto& root = scope.authorities.of(Authority::root);
    if (!root.key.is_away())
        return fail(ErrorCode::conflict, "the root's key is here");
    TRY_ASSIGN(signer, scope.input.keys.load(blob, root.certificate.public_key().spki()));
    TRY(scope.transaction.put_key(root.id, blob, scope.carried));
    return NamedValues();
}

// --- the end of a CA --------------------------------------------------------------------------------------

// Of any generation: the lists that it makes next say of themselves that none follows.
Result<NamedValues> last_crl(OrderScope& scope, NamedValues parameters)
{
    TRY_ASSIGN(name, parameters.take_text("authority"));
    TRY(parameters.finish());
    const auto all = scope.authorities.all();
    const auto authority = std::find_if(all.begin(), all.end(), [&](const AuthorityState& one) {
        return one.id.kind != Authority::access && one.id.name() == name;
    });
    if (authority == all.end())
        return fail(ErrorCode::invalid_argument, "authority is one that has lists, such as issuing");
    TRY(authority->key.check_here());
    TRY(scope.transaction.close(authority->id, scope.carried, scope.input.now));
    return NamedValues();
}

}

std::span<const OrderAct> order_acts()
{
    static constexpr OrderAct acts[] = {
        {"certify-sam-evidence", certify_sam_evidence},
        {"certify-ocsp", certify_ocsp},
        {"certify-tsu", certify_tsu},
        {"add-officer", add_officer},
        {"remove-officer", remove_officer},
        {"renew-authority", renew_authority},
        {"rekey-authority", rekey_authority},
        {"export-root-key", export_root_key},
        {"detach-root", detach_root},
        {"attach-root", attach_root},
        {"last-crl", last_crl},
    };
    return acts;
}

}
