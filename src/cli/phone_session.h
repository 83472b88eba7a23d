// A signing session as the authenticator API shows it, checked and turned into what is shown and what
// is signed: the challenge is computed from the very values that a person sees. Pure.
#pragma once

#include <string>
#include <vector>

#include "client/json.h"
#include "sap/challenge.h"
#include "sap/display_record.h"

namespace qss::cli {

struct PhoneSession {
    sap::ChallengeInput input;
    sap::DisplayRecord display;
    std::vector<Bytes> credential_ids; // that may approve

    [[nodiscard]] std::string for_people() const;
};

// What the phone knows from its registration; a session must fit it.
struct PinnedIdentity {
    SignerId signer_id;
    std::string rp_id;
    Bytes credential_id;
};

// malformed: a member is missing or of the wrong length. verification_failed: the session is for another
// signer, relying party or authenticator. `expired` at `now`.
Result<PhoneSession> parse_phone_session(const client::json::object& object, const PinnedIdentity& pinned,
                                         TimePoint now);

}
