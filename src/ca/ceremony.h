// The key ceremony: makes root, issuing CA and access CA keys inside the key store and signs the
// certificates that everything else hangs on, in one durable transaction. Runs once in a CA's life.
#pragma once

#include "ca/issuance.h"

namespace qss::ca {

struct CeremonyResult {
    Settings settings; // with the installation, which the root's certificate names
    Authorities authorities;
    proto::ca::InitialiseReply reply;
};

Result<CeremonyResult> run_ceremony(const IssuanceInput& input, sqlite::Writer& writer);

}
