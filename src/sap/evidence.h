// Evidence lets anyone check offline that this signer's authenticator approved exactly these digests
// (docs/protocol-sam.md 3). One canonical structure, "QSS-EVIDENCE-v1", signed by the SAM's evidence
// key; `check_evidence` needs only the root and the relying party's id. Pure.
#pragma once

#include <vector>

#include "sap/challenge.h"
#include "sap/display_record.h"
#include "statements/signed.h"
#include "webauthn/assertion.h"

namespace qss::sap {

struct Evidence {
    ChallengeInput input;
    Bytes display_record;                 // encoded DisplayRecord
    webauthn::Assertion assertion;
    Bytes link_record;                    // SignedStatement transport, LinkRecord inside
    Bytes registration_statement;         // SignedStatement transport: the one that the link record names
    std::vector<Bytes> signatures;        // one for each digest
    Bytes signing_certificate;            // DER
    Bytes issuing_ca_certificate;
    Bytes evidence_certificate;           // the SAM's, under the root
    Bytes officer_certificate;            // under the root
    TimePoint used_at;                    // the SAM's clock, when the session was marked used

    [[nodiscard]] Bytes encode() const;
    static Result<Evidence> decode(ByteView encoding);
};

// The SAM's signature around it; what travels and is stored ("evidence" in the wire messages).
Result<Bytes> sign_evidence(const Evidence& evidence, const crypto::Signer& evidence_key);

struct EvidenceFacts { // what was proven, for people
    Evidence evidence;
    std::string signer_name;
    std::string signer_email;
    std::string officer_name;
    DisplayRecord display;
};

// Checks everything: the SAM's signature and chain, officer's statement, link record, challenge,
// assertion (user verified, right relying party and origin host), each signature under the signing
// certificate, its chain to `root_der`, and that all name the same signer. verification_failed says what
// fails. Revocation is not checked: it takes the CA's word of the day, not evidence.
Result<EvidenceFacts> check_evidence(ByteView signed_evidence, ByteView root_der, std::string_view rp_id);

}
