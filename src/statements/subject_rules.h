// What may become the subject of a certificate, checked where it enters: at the edges, by officers, in SAM
// and CA, all by these functions (EN 319 412-1 5.1, EN 319 412-2 4.2.4, EN 319 412-3 4.2.1). The pre-issuance
// lint asks again, with code of its own. Each error is invalid_argument and names the clause. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace qss::statements {

Status check_email(std::string_view email); // lower case already; SMTP's ASCII form
Result<std::string> normalise_email(std::string_view email); // lower-cased
Result<std::string> normalise_mobile(std::string_view mobile); // "0049…" and "+49…" to "+49…"
Status check_mobile(std::string_view mobile); // as normalise_mobile gives it

Status check_country(std::string_view country); // ISO 3166-1 alpha-2
Status check_organisation(std::string_view organisation);
Status check_person_names(std::string_view given_name, std::string_view surname);

// serialNumber of a natural person: "PNOLV-010180-12345"; empty: none is claimed.
Status check_identity_number(std::string_view number);
// organizationIdentifier of a legal person: "NTRLV-40003000000", VAT, PSD or LEI.
Status check_organisation_identifier(std::string_view identifier);
// A legal person as a subject or an issuer: its own rules, and that name and identifier differ.
Status check_legal_person(std::string_view country, std::string_view organisation,
                          std::string_view identifier);

}
