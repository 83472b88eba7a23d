#include "service/identities.h"

#include <algorithm>
#include <array>

#include "base/log.h"
#include "crypto/digest.h"
#include "pki/certificate.h"
#include "service/each_of.h"
#include "service/find_user.h"
#include "store/audit.h"
#include "store/identities.h"
#include "store/phones.h"
#include "store/users.h"

namespace qss::service {

using store::IdentityStatus;

namespace {

// QSS API 3: what is sent may only repeat what was verified. An unknown attribute is refused, since it
// would not be in the certificate.
Status check_subject(const RequestedSubject& subject, const store::User& user,
                     const store::Enterprise& enterprise)
{
    const std::array<std::pair<std::string_view, std::string>, 7> verified = {
        {{"common_name", user.given_name + " " + user.surname},
         {"given_name", user.given_name},
         {"surname", user.surname},
         {"email", user.email},
         {"organization", enterprise.name},
         {"country", enterprise.country},
         {"serial_number", user.identity_number}}};
    for (const auto& [name, value] : subject.attributes) {
        const auto known = std::find_if(verified.begin(), verified.end(),
                                        [&](const auto& entry) { return entry.first == name; });
        if (known == verified.end())
            return fail(ErrorCode::invalid_argument, "subject_dn." + name + " cannot be chosen");
        if (known->second.empty() || known->second != value)
            return fail(ErrorCode::invalid_argument, "subject_dn." + name + " contradicts the registration");
    }
    return {};
}

}

Result<IdentityView> Identities::get_or_create(const Application& by, std::string_view email,
                                               const RequestedSubject& subject)
{
    TRY_ASSIGN(user, find_user(m.store, by, email));
    TRY(check_subject(subject, user, by.enterprise));
    if (user.status != store::UserStatus::approved)
        return fail(ErrorCode::conflict, "User's registration has not been completed");
    TRY_ASSIGN(known, m.store.read([&](sqlite::Database& db) {
        return store::IdentityTable(db).of_user(user.id, by.pack.id);
    }));
    TRY_ASSIGN(ended, end_expired(known));
    if (ended)
        known.reset();
    if (!known) {
        TRY_ASSIGN(devices,
                   m.store.read([&](sqlite::Database& db) { return store::Phones(db).devices(user.id); }));
        if (devices.empty())
            return fail(ErrorCode::conflict, "User has no registered device");
        TRY_ASSIGN(attested, attest(user, by.pack));
        known = std::move(attested);
    }
    TRY_ASSIGN(identity, drive(std::move(*known), user));
    TRY_ASSIGN(ocsp, m.publication.status_of(identity.certificate));
    return IdentityView{std::move(identity), std::move(ocsp)};
}

// True: it was revoked, or its certificate has expired; nothing of it is left, a new one may be made.
Result<bool> Identities::end_expired(const std::optional<store::Identity>& known)
{
    if (!known || known->status == IdentityStatus::attested)
        return false;
    if (known->status != IdentityStatus::revoking) {
        if (!has_ended(known->not_after, m.clock.now()))
            return false;
        const auto begun = m.store.write([&](sqlite::Database& db) {
            return store::IdentityTable(db).begin_revocation(known->key_id, by_service());
        });
        TRY(begun);
    }
    TRY(wait_for_officers(finish_revocation(*known)));
    return true;
}

// MAKE_KEY gives the same key when it is asked again, so a crash before our row repeats it.
Result<store::Identity> Identities::attest(const store::User& user, const store::Pack& pack)
{
    TRY_ASSIGN(key, m.sam.make_key(user.signer_id, pack.id, pack.key_type));
    TRY_ASSIGN(nonce, m.ca.nonce());
    TRY_ASSIGN(attested, m.sam.attest_key(key.key_id, nonce));
    store::Identity identity{.key_id = key.key_id,
                             .user_id = user.id,
                             .pack_id = pack.id,
                             .status = IdentityStatus::attested,
                             .spki = std::move(key.spki),
                             .key_attestation = std::move(attested.key_attestation),
                             .registration_statement = std::move(attested.registration_statement),
                             .certificate = {},
                             .certificate_sha256 = {},
                             .serial = {},
                             .not_after = {},
                             .created_at = m.clock.now()};
    m.crash_points.reach("attested_not_stored");
    const auto stored = m.store.write([&](sqlite::Database& db) -> Status {
        // The removal of the user or of the last device may have come between.
        TRY_ASSIGN(now, store::UserTable(db).by_id(user.id));
        TRY_ASSIGN(devices, store::Phones(db).devices(user.id));
        if (!now || now->status != store::UserStatus::approved || devices.empty())
            return fail(ErrorCode::conflict, "the user or the user's device has been removed");
        TRY(store::IdentityTable(db).add(identity));
        return store::Audit(db).append(
            {identity.created_at, "service", "identity.attested", identity_object(identity.key_id), ""});
    });
    if (!stored && stored.error().code == ErrorCode::already_exists) {
        // Somebody else asked at the same time; theirs is as good.
        TRY_ASSIGN(theirs, m.store.read([&](sqlite::Database& db) {
            return store::IdentityTable(db).of_user(user.id, pack.id);
        }));
        if (theirs)
            return std::move(*theirs);
        return fail(ErrorCode::unavailable, "the identity was just revoked; ask again");
    }
    TRY(stored);
    return identity;
}

// attested -> issued. The CA answers the same certificate for the same attestation.
Status Identities::certify(store::Identity& identity)
{
    auto issued =
        m.ca.issue_identity(identity.key_attestation, identity.registration_statement, m.lifetime_days);
    if (!issued && !is_outcome_unknown(issued.error().code)) {
        // The nonce has lived out its time: a fresh attestation of the same key.
        log::warning("the CA refused an attestation; it is renewed once",
                     {{"identity", identity.key_id.text()}, {"detail", issued.error().detail}});
        TRY_ASSIGN(nonce, m.ca.nonce());
        TRY_ASSIGN(attested, m.sam.attest_key(identity.key_id, nonce));
        const auto renewed = m.store.write([&](sqlite::Database& db) {
            return store::IdentityTable(db).set_attestation(identity.key_id, attested.key_attestation,
                                                            attested.registration_statement);
        });
        TRY(renewed);
        issued =
            m.ca.issue_identity(attested.key_attestation, attested.registration_statement, m.lifetime_days);
    }
    TRY(issued);
    TRY_ASSIGN(certificate, pki::Certificate::from_der(*issued));
    if (!equal_public(certificate.public_key().spki(), identity.spki))
        return fail(ErrorCode::internal, "the CA certified another key");
    identity.certificate = certificate.der();
    identity.certificate_sha256 = certificate.sha256();
    identity.serial = certificate.serial();
    identity.not_after = certificate.not_after();
    m.crash_points.reach("certified_not_stored");
    TRY_ASSIGN(mine, m.store.write([&](sqlite::Database& db) {
        return store::IdentityTable(db).set_certificate(identity);
    }));
    identity.status = IdentityStatus::issued;
    if (mine)
        return {};
    // Revoked between, or certified by another call: a certificate that nobody wants is revoked at once.
    TRY_ASSIGN(now, m.store.read([&](sqlite::Database& db) {
        return store::IdentityTable(db).by_key(identity.key_id);
    }));
    if (now && equal_public(now->certificate, identity.certificate))
        return {};
    TRY(m.ca.revoke(identity.serial, by_service()));
    return fail(ErrorCode::conflict, "the identity was revoked meanwhile");
}

// From wherever it stands to `live`; each step may be repeated.
Result<store::Identity> Identities::drive(store::Identity identity, const store::User& user)
{
    if (identity.status == IdentityStatus::attested)
        TRY(certify(identity));
    if (identity.status == IdentityStatus::issued) {
        TRY(m.sam.link_certificate(identity.key_id, identity.certificate));
        m.crash_points.reach("linked_not_stored");
        const auto stored = m.store.write([&](sqlite::Database& db) -> Status {
            TRY_ASSIGN(mine, store::IdentityTable(db).move(identity.key_id, IdentityStatus::issued,
                                                           IdentityStatus::live));
            if (!mine)
                return {};
            return store::Audit(db).append({m.clock.now(), "service", "identity.live",
                                            identity_object(identity.key_id), "user:" + user.id.text()});
        });
        TRY(stored);
    }
    TRY_ASSIGN(now, m.store.read([&](sqlite::Database& db) {
        return store::IdentityTable(db).by_key(identity.key_id);
    }));
    if (!now || now->status != IdentityStatus::live)
        return fail(ErrorCode::conflict, "the identity was revoked meanwhile");
    return std::move(*now);
}

Result<TrustChain> Identities::trust_chain()
{
    TRY_ASSIGN(chain, m.ca.chain());
    TRY_ASSIGN(ocsp, m.publication.status_of(chain.issuing));
    TrustChain out;
    out.certificates = {std::move(chain.issuing), std::move(chain.root)};
    out.ocsp_responses.push_back(std::move(ocsp));
    return out;
}

Result<Bytes> Identities::issuing_certificate()
{
    TRY_ASSIGN(chain, m.ca.chain());
    return std::move(chain.issuing);
}

}
