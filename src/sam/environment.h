// What every part of the SAM works with. References: the owner (Sam) outlives its parts.
#pragma once

#include "base/random.h"
#include "sam/config.h"
#include "sam/faults.h"
#include "sam/record.h"
#include "sam/vault.h"

namespace qss::sam {

struct Environment {
    Record& record;
    Vault& vault;
    const Clock& clock;
    Random& random;
    const CurrentConfig& config;
    Faults& faults;
};

}
