// A benchmark has nothing to do after a failure but to say it.
#pragma once

#include "base/result.h"
#include "reactor.h"

namespace qss::bench {

template <class T>
T expect(Result<T> result)
{
    if (!result)
        give_up((std::string(to_string(result.error().code)) + ": " + result.error().detail).c_str());
    if constexpr (!std::is_void_v<T>)
        return std::move(*result);
}

}
