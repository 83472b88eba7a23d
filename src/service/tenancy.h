// Enterprises, service packs and API credentials, for operators (role operator; reading: auditor too).
// Each method checks the role itself: `forbidden`. Safe from any thread.
#pragma once

#include <string>
#include <vector>

#include "base/random.h"
#include "base/secret.h"
#include "service/callers.h"
#include "service/role_clients.h"
#include "store/store.h"

namespace qss::service {

struct NewPack {
    EnterpriseId enterprise_id;
    std::string name;
    crypto::KeyType key_type = crypto::KeyType::rsa3072;
    std::int64_t signature_quota = 0;
    std::int64_t timestamp_quota = 0;
    std::int64_t user_quota = 0;
    Milliseconds session_lifetime{0};   // 0: the default
    std::int64_t logins_per_minute = 60;
    std::optional<TimePoint> valid_until; // nullopt: in ten years
};

struct NewCredential {                  // the secret is shown this once
    store::Credential credential;
    std::string api_secret;             // 40 lower-case hexadecimal digits
    Bytes certificate_der;
    Bytes access_ca_der;
};

class Tenancy {
public:
    Tenancy(store::Store& store, CaClient& ca, const Secret& secret_key, const Clock& clock, Random& random);

    Result<store::Enterprise> create_enterprise(const Operator& by, std::string name, std::string country);
    Result<std::vector<store::Enterprise>> enterprises(const Operator& by);

    Result<store::Pack> create_pack(const Operator& by, NewPack pack);
    Result<std::vector<store::Pack>> packs(const Operator& by, const std::optional<EnterpriseId>& enterprise);

    // `csr_der`: PKCS#10; the access CA answers with a client certificate, linked to the credential.
    Result<NewCredential> create_credential(const Operator& by, const PackId& pack, std::string name,
                                            ByteView csr_der);
    Result<std::vector<store::Credential>> credentials(const Operator& by, const std::optional<PackId>& pack);
    Status suspend_credential(const Operator& by, const CredentialId& credential);

private:
    store::Store& m_store;
    CaClient& m_ca;
    Secret m_secret_key;
    const Clock& m_clock;
    Random& m_random;
};

}
