// The QSS API (docs: api/qss.yaml) as an application calls it over mutual TLS. Logs in by itself, keeps
// the token, and logs in once more when a call is answered 401. One thread at a time.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/random.h"
#include "client/credential.h"
#include "client/https_client.h"
#include "client/json.h"
#include "crypto/digest.h"

namespace qss::client {

struct NewUser {
    std::string email;
    std::string given_name;
    std::string surname;
    std::string mobile_no;
    std::string identity_number; // "PNOLV-010180-12345", or empty
};

struct Identity {
    std::string certificate_pem; // the signer's
    Bytes ocsp_response;         // DER
};

struct TrustChain {
    std::vector<std::string> certificates_pem; // issuing CA … root
    std::vector<Bytes> ocsp_responses;
};

struct SignRequest {
    std::string email;
    std::vector<crypto::Digest> digests; // 1 to 100
    std::vector<std::string> labels;     // one for each digest, or none
    std::string idempotency_key;         // empty: one is made
};

struct SignAnswer {
    std::vector<Bytes> signatures; // in the order of the digests
    std::string session_id;        // 32 hexadecimal digits
};

class QssApi {
public:
    static Result<QssApi> create(Credential credential, Random& random);

    Result<std::string> add_user(const NewUser& user); // user_id
    Result<json::object> user(std::string_view email);
    // `reason`: RFC 5280 5.3.1 by name, of the revocation; empty: the service's default.
    Status remove_user(std::string_view email, std::string_view reason);
    Result<json::array> devices(std::string_view email);
    Status remove_device(std::string_view email, std::string_view device_id);
    Result<Identity> identity(std::string_view email); // makes one, or gives the live one
    Status remove_identity(std::string_view email, std::string_view reason);
    // Waits for the employee as long as the service does; a broken connection attaches again.
    Result<SignAnswer> sign(const SignRequest& request);
    Result<Bytes> evidence(std::string_view session_id);
    Result<TrustChain> trust_chain();

private:
    QssApi(Credential credential, HttpsClient https, Random& random);
    Status login();
    Result<HttpAnswer> call(HttpRequest request);
    Status remove(std::string target, std::string_view reason);
    Result<HttpAnswer> call_json(std::string method, std::string target, const json::object& body);

    Credential m_credential;
    HttpsClient m_https;
    Random* m_random;
    std::string m_token;
};

}
