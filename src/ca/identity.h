// What makes the CA issue a qualified certificate: the SAM's attestation and the officer's statement,
// checked against what the ceremony pinned and against each other (docs/invariants.md 5
// and 6). Pure.
#pragma once

#include "ca/authorities.h"
#include "ca/issuer.h"
#include "statements/key_attestation.h"
#include "statements/registration.h"

namespace qss::ca {

struct IdentityRequest { // exists only verified
    Bytes attestation_hash;
    statements::KeyAttestation attestation;
    statements::RegistrationStatement statement;
    Bytes officer_spki; // whose statement it is
    bool by_former_officer = false; // counts where the CA accepted it before
    crypto::PublicKey key;
};

// verification_failed, or forbidden, saying what does not hold. State (nonce, key, sequence) is the
// record's to check.
Result<IdentityRequest> verify_identity_request(const Settings& settings, ByteView key_attestation,
                                                ByteView registration_statement);

// Profile natural_person_esign; subject from the statement alone.
pki::CertificateContents identity_contents(const IdentityRequest& request, const Settings& settings,
                                           const AuthorityState& issuer, const std::string& serial_number,
                                           TimePoint now, std::chrono::days lifetime, Random& random);

}
