// The registration statement: a registration officer says who a signer is (TS 119 431-1 LNK-6.2.2;
// docs/invariants.md 5). SAM and CA know a signer only through it. Every value obeys the subject rules of
// EN 319 412-2 NAT-4.2.4 that can be checked here; one that exists is valid. Pure.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/ids.h"
#include "statements/signed.h"
#include "statements/subject_rules.h"

namespace qss::statements {

struct RegistrationStatement {
    StatementId statement_id;
    SignerId signer_id;
    EnterpriseId enterprise_id;
    std::uint64_t sequence = 1;      // 1 for the first of a signer; each later one supersedes
    std::string organisation;        // full registered name of the enterprise
    std::string country;             // of the enterprise, ISO 3166-1 alpha-2
    std::string email;               // lower case
    std::string mobile;              // E.164: +37120000000
    std::string given_name;          // as on the identity document
    std::string surname;
    std::string identity_number;     // EN 319 412-1 5.1.3: "PNOLV-010180-12345", or empty
    Bytes enrolment_spki;            // P-256, DER; its private part binds the first authenticator, once
    TimePoint verified_at;

    // invalid_argument with the clause when a value breaks a rule.
    [[nodiscard]] Status check() const;
    [[nodiscard]] Bytes encode() const; // tag "QSS-REG-v1"
    static Result<RegistrationStatement> decode(ByteView encoding);
};

// What opens a registration at qss-api for whoever has the invitation: base64url of SHA-256 over
// "QSS-INVITATION-v1" { enrolment key }. It names the statement; it proves nothing.
std::string registration_token(ByteView enrolment_spki);

}
