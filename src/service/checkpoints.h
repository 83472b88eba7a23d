// Keeps the SAM's latest checkpoint and shows it to the SAM again and again: one whose record was put back
// meanwhile convicts and suspends itself (docs/invariants.md 4). Used by one thread at a time.
#pragma once

#include "service/role_clients.h"
#include "store/store.h"

namespace qss::service {

class Checkpoints {
public:
    Checkpoints(store::Store& store, SamClient& sam) : m_store(store), m_sam(sam) {}

    // `tampered`: the SAM's record is older, or another, than it was. verification_failed: this is not
    // the SAM that made the checkpoint. What was kept then stays.
    Status exchange();

private:
    store::Store& m_store;
    SamClient& m_sam;
    bool m_alarmed = false;
};

}
