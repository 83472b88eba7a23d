// The pre-issuance lint (CA-1): reads a certificate, made with a throw-away key, as an outsider would
// and compares it with its profile: exactly these extensions, this usage, this criticality, these
// rules of subject and validity. Shares no code with the builder but the profile table. Pure.
#pragma once

#include "pki/certificate.h"
#include "pki/profile.h"

namespace qss::pki {

// verification_failed, saying which rule, on the first finding.
Status lint(const Certificate& certificate, const Profile& profile);

}
