// A user's signing identity in a pack: get or create, revoke; certificate status and the chain. Every
// step is stored before the next and may be repeated, so a crash anywhere ends in the same one identity.
// Safe from any thread.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/crash_points.h"
#include "pki/crl.h"
#include "service/callers.h"
#include "service/publication.h"
#include "service/role_clients.h"
#include "store/store.h"

namespace qss::service {

// QSS API 3: what the application may say about the subject; it can only repeat what was verified.
struct RequestedSubject {
    std::vector<std::pair<std::string, std::string>> attributes; // "common_name" and so on, as sent
};

struct IdentityView {
    store::Identity identity;
    Bytes ocsp_response; // DER OCSPResponse, fresh
};

struct TrustChain {
    std::vector<Bytes> certificates;   // issuing CA, root; DER
    std::vector<Bytes> ocsp_responses; // for the issuing CA
};

class Signing;

struct RevocationView {
    store::Identity identity;
    std::optional<store::Revocation> revocation; // none: it is not revoked
};

[[nodiscard]] std::string identity_object(const KeyId& key); // in the audit

// Above the rate of the ceremony: for the caller it is not done yet, and for the operator an alarm.
Status wait_for_officers(Status outcome);

class Identities {
public:
    struct Parts {
        store::Store& store;
        SamClient& sam;
        CaClient& ca;
        Publication& publication;
        CrashPoints& crash_points;
        const Clock& clock;
        std::uint32_t lifetime_days = 365; // of the certificates that are asked for
    };
    explicit Identities(const Parts& parts) : m(parts) {}

    // The live one or a new one. not_found: no such user. conflict: the user is not approved yet or has
    // no device. invalid_argument: the subject contradicts the user. unavailable: a role is away.
    Result<IdentityView> get_or_create(const Application& by, std::string_view email,
                                       const RequestedSubject& subject);
    // SAM first (key destroyed), then CA, then our row. not_found when there is none. unavailable: intended,
    // and not done yet; nothing is signed with it from here on.
    Status remove(const Application& by, std::string_view email, std::uint32_t reason);
    // The same for operators.
    Status revoke(const Operator& by, const KeyId& key, std::uint32_t reason);
    Result<RevocationView> revocation(const Operator& by, const KeyId& key); // not_found
    // By status if it is given; the newest hundred.
    Result<std::vector<store::Identity>> list(const Operator& by,
                                              std::optional<store::IdentityStatus> status);

    Result<TrustChain> trust_chain();
    Result<Bytes> issuing_certificate(); // DER, of the CA that issues now

    // Not by a caller's wish: ends what is under way, for Users and Recovery.
    Status revoke_all_of(const UserId& user, const store::RevocationRequest& request);
    Status finish_revocations();
    // What officers had the roles revoke: our rows follow. Looks at the published lists that have changed.
    Status follow_lists();

private:
    Result<store::Identity> drive(store::Identity identity, const store::User& user);
    Result<bool> end_expired(const std::optional<store::Identity>& known);
    Status certify(store::Identity& identity);
    Result<store::Identity> attest(const store::User& user, const store::Pack& pack);
    Result<Bytes> serial_at_ca(const store::Identity& identity);
    Status finish_revocation(const store::Identity& identity);
    Status begin_revocation(const KeyId& key, const store::RevocationRequest& request);
    Status follow(const pki::Crl& list);
    [[nodiscard]] store::RevocationRequest by_service() const;

    Parts m;
    TimePoint m_look_at{}; // this and the next two: Recovery's thread alone
    std::set<std::string> m_followed; // tags of lists
    std::set<std::string> m_followed_serials; // what they listed
};

}
