#include "cli/documents.h"

#include <fmt/format.h>

namespace qss::cli {

std::string sandbox_disclosure_statement(std::string_view organisation, std::string_view public_host)
{
    return fmt::format(R"(PKI DISCLOSURE STATEMENT (TEST)

1. Contact: {0}. This is a sandbox for tests: there is nobody to call.
2. Types of certificate, validation procedures, usage: certificates for electronic signatures that look like
   qualified ones and are not. Their subjects say TEST, and their policy is an example's. Nobody's identity
   was verified.
3. Reliance limits: none may be relied on for anything but tests.
4. Obligations of subscribers: none.
5. Obligations of relying parties to check status: lists and OCSP are at http://{1}/crl/ and
   http://{1}/ocsp; they work as in a real service.
6. Limited warranty and liability: none.
7. Applicable agreements, practice statement, policy: http://{1}/cps
8. Privacy: put no personal data of real people into a sandbox.
9. Refunds: does not apply.
10. Law, complaints, disputes: does not apply.
11. Repository licences, trust marks, audit: this service is on no trusted list and was audited by nobody.
)",
                       organisation, public_host);
}

std::string sandbox_practice_statement(std::string_view organisation, std::string_view public_host)
{
    return fmt::format(R"(CERTIFICATION PRACTICE STATEMENT (TEST)

{0} runs a sandbox at {1}. Its keys are software keys, its one officer is a program that approves by itself, and
its certificates must not be relied on. A provider replaces this text by its own practice statement (RFC 3647,
EN 319 411-1 5.2) before it issues anything that is not a test.
)",
                       organisation, public_host);
}

}
