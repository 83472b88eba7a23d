#include "service/find_user.h"

#include "statements/registration.h"
#include "store/users.h"

namespace qss::service {

Result<store::User> find_user(store::Store& store, const Application& by, std::string_view address)
{
    const auto email = statements::normalise_email(address);
    if (!email)
        return fail(ErrorCode::not_found, "no such user");
    TRY_ASSIGN(user, store.read([&](sqlite::Database& db) {
        return store::UserTable(db).by_email(by.enterprise.id, *email);
    }));
    if (!user || user->status == store::UserStatus::deleting)
        return fail(ErrorCode::not_found, "no such user");
    return std::move(*user);
}

}
