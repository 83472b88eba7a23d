// Where a test may have qss-api die (kill -9 of itself), to show that nothing is lost or done twice.
// Sandboxes alone; without a point named at start it does nothing.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace qss::service {

class CrashPoints {
public:
    CrashPoints() = default;
    // "opened_not_pending", "assertion_not_approved", "approved_not_sent", "stored_not_answered";
    // "" for none. invalid_argument otherwise.
    static Result<CrashPoints> at(std::string point);

    void reach(std::string_view point) const;

private:
    std::string m_point;
};

}
