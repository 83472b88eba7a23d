#include "service/session_errors.h"

namespace qss::service {

using store::SessionStatus;

std::string session_object(const SessionId& id)
{
    return "session:" + id.text();
}

Error outcome_for_application(const store::Session& session)
{
    switch (session.status) {
    case SessionStatus::rejected: return {ErrorCode::rejected, "the signer rejected the request"};
    case SessionStatus::expired: return {ErrorCode::expired, "the signer did not approve in time"};
    // Withdrawn, or ended by what `refusal` says: quota, identity.
    case SessionStatus::cancelled:
    case SessionStatus::failed: return {session.refusal, session.refusal_detail};
    case SessionStatus::pending:
    case SessionStatus::approved:
    case SessionStatus::signed_: break;
    }
    return {ErrorCode::internal, "the session has no refusal"};
}

Error outcome_for_phone(const store::Session& session)
{
    switch (session.status) {
    case SessionStatus::pending: break;
    case SessionStatus::approved: return {ErrorCode::conflict, "the session is approved already"};
    case SessionStatus::signed_: return {ErrorCode::conflict, "the session is signed already"};
    case SessionStatus::rejected: return {ErrorCode::gone, "the session was rejected"};
    case SessionStatus::expired: return {ErrorCode::gone, "the session has expired"};
    case SessionStatus::cancelled:
    case SessionStatus::failed: return {ErrorCode::gone, "the session has ended: " + session.refusal_detail};
    }
    return {ErrorCode::internal, "the session is pending"};
}

}
