// A session's end as it is told: the same result each time. Pure.
#pragma once

#include "proto/sam.pb.h"
#include "sam/config.h"
#include "sam/records.h"
#include "sam/vault.h"

namespace qss::sam {

// Of a finished session. Signatures are read back from the evidence: they are stored once.
Result<proto::sam::SessionResult> result_of(const SessionRecord& session);

// Everything that proves the approval, signed by the SAM.
Result<Bytes> make_evidence(const ApprovedFacts& facts, const std::vector<Bytes>& signatures,
                            const Config& config, const crypto::Signer& evidence_key);

}
