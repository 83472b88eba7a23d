// The user of an application's enterprise by e-mail address, the same for every use case. Safe from any
// thread.
#pragma once

#include <string_view>

#include "service/callers.h"
#include "store/store.h"

namespace qss::service {

// not_found: no such user there, or one who is being removed, or what is no address at all.
Result<store::User> find_user(store::Store& store, const Application& by, std::string_view address);

}
