// The SAM's part in the ceremony: INITIALISE makes the evidence key inside and fixes
// mode, relying party and officers for ever; COMPLETE pins the certificates. Pure but for the vault.
#pragma once

#include "proto/sam.pb.h"
#include "sam/config.h"
#include "sam/vault.h"

namespace qss::sam {

// invalid_argument says which value breaks a rule.
Result<Config> make_config(const proto::sam::InitialiseRequest& request, Vault& vault);
// verification_failed: a certificate is not under the root, or not for the key that it must be for.
Result<Config> complete_config(Config config, const proto::sam::CompleteRequest& request, TimePoint now);

// verification_failed unless it is under `root`, and valid.
Result<pki::Certificate> parse_under_root(ByteView der, const pki::Certificate& root, TimePoint now);
// For one of the service's own signing keys, as evidence is checked (sap/evidence_check.cpp, under_root).
Status check_signing_key(const pki::Certificate& certificate, std::string_view purpose);

}
