// A peer's bytes at a role's socket: frame after frame, header judged by the table before the body is
// looked at. Whatever comes, a body is parsed only when its type is in the table and its size permitted.
#include <cstdint>

#include "proto/sam.pb.h"
#include "role/dispatch.h"
#include "wire/frame.h"

namespace {

using namespace qss;

constexpr std::size_t limit = 4096;

Result<proto::StatusReply> status(const proto::StatusRequest&)
{
    return proto::StatusReply();
}

Result<proto::sam::ActivateReply> activate(const proto::sam::ActivateRequest& request)
{
    QSS_ASSERT(request.ByteSizeLong() <= 2 * limit); // what was parsed is bounded by what was permitted
    return proto::sam::ActivateReply();
}

role::Dispatch& dispatch()
{
    static role::Dispatch table(
        {role::entry<proto::StatusRequest>(proto::sam::STATUS, "status", role::any_state, 0, &status),
         role::entry<proto::sam::ActivateRequest>(proto::sam::ACTIVATE, "activate", role::only_ready, limit,
                                                  &activate)},
        [] { return role::State::READY; });
    return table;
}

}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    ByteView rest(data, size);
    while (rest.size() >= wire::header_size) {
        const auto header = wire::decode_header(rest.first<wire::header_size>());
        if (!header)
            return 0; // closed
        rest = rest.subspan(wire::header_size);
        if (dispatch().permit(header->type, header->body_size) != wire::Permit::allowed ||
            rest.size() < header->body_size)
            return 0;
        QSS_ASSERT(header->body_size <= limit);
        const auto reply = dispatch().handle(header->type, rest.first(header->body_size));
        if (!reply && reply.error().code == ErrorCode::malformed)
            return 0;
        rest = rest.subspan(header->body_size);
    }
    return 0;
}
