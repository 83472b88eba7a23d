// The pre-issuance lint (CA-1): reads a certificate, made with a throw-away key, as an outsider would, and
// asks every rule of its tables. Each rule is named as pkilint names the same finding, or "qss." where the
// rule is ours: those of the profile are stricter, and are asked when no other has found anything. Shares no
// code with the builder but the profile table and the names of OIDs. Pure.
#pragma once

#include <string_view>
#include <vector>

#include "pki/certificate.h"
#include "pki/profile.h"

namespace qss::pki {

// verification_failed, naming the first rule that is broken.
Status lint(const Certificate& certificate, const Profile& profile);

struct Finding {
    std::string_view code;
    std::string_view must; // what must hold, with the clause
};
std::vector<Finding> lint_findings(const Certificate& certificate, const Profile& profile);

// Every rule that there is.
std::vector<Finding> lint_rules();

}
