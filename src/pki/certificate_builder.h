// Builds certificates: a profile and its contents become the bytes to be signed; a Signer, which keeps
// its key to itself, makes them a certificate. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/random.h"
#include "pki/certificate.h"
#include "pki/name.h"
#include "pki/profile.h"

namespace qss::pki {

// Of serialNumber (EN 319 412-1 5.1.3) or organizationIdentifier (5.1.4), when the certificate claims it.
enum class Semantics { none, natural, legal };

struct CertificateContents {
    Bytes serial;              // contents of the INTEGER: random_serial()
    Bytes issuer;              // DER Name; empty: self-signed
    Bytes authority_key_id;    // empty: self-signed
    Name subject;
    Bytes spki;                // DER
    TimePoint not_before;      // whole seconds are kept
    TimePoint not_after;
    std::string own_policy;    // OID, where the profile has one
    std::string crl_url;       // these three where the profile has them
    std::string ca_issuers_url;
    std::string ocsp_url;
    std::string pds_url;       // https, English
    Semantics semantics = Semantics::none;
    std::vector<std::string> alt_names; // host names and IP addresses
};

// 128 random bits, positive, never zero (CA-10).
Bytes random_serial(Random& random);

// TBSCertificate, DER. `signer_type` decides the signature algorithm. invalid_argument: contents that
// the profile does not take.
Result<Bytes> encode_tbs_certificate(const Profile& profile, const CertificateContents& contents,
                                     crypto::KeyType signer_type);

// Signs, and reads the result back.
Result<Certificate> sign_certificate(ByteView tbs, const crypto::Signer& signer);

// The extension's value: QcCompliance, QcSSCD, QcType, QcPDS (en), semantics (EN 319 412-5).
Bytes encode_qc_statements(std::string_view type, std::string_view pds_url, Semantics semantics);

}
