// Checkpoints against a record that is put back as a whole (docs/invariants.md 4): the SAM signs the
// number of its next event and the chain's hash before it; kept outside, a checkpoint convicts an older
// copy. Seals alone cannot: the copy's were true once. Safe from any thread.
#pragma once

#include "sam/environment.h"

namespace qss::sam {

struct Checkpoint { // tag "QSS-SAM-CHECKPOINT-v1"; fields in this order
    std::uint64_t next_event = 1;
    Bytes chain_hash; // 32 bytes

    [[nodiscard]] Bytes encode() const;
    static Result<Checkpoint> decode(ByteView encoding);
};

// Of what is committed; SignedStatement transport.
Result<Bytes> make_checkpoint(Environment& environment);

// verification_failed when this SAM's evidence key did not sign it.
Result<Checkpoint> verify_checkpoint(ByteView transport, const Config& config);

// True: the checkpoint does not lead to the record's head (as of the last commit), and its configuration
// now says suspended. In the writer's thread, where the head stands still.
Result<bool> suspend_unless_consistent(Transaction& transaction, const Head& head, const Checkpoint& shown);

}
