// The table of a privileged role: message, states in which it is permitted, maximum size, handler
// (after OpenSSH's monitor.c). What is not in the table does not exist: the connection that
// sends it is closed. State is read again when the handler runs. Safe from any thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "proto/wire.pb.h"
#include "wire/server.h"

namespace qss::role {

using State = proto::RoleState;

class States {
public:
    constexpr States(std::initializer_list<State> states)
    {
        for (const auto state : states)
            m_mask |= 1U << static_cast<unsigned>(state);
    }
    [[nodiscard]] constexpr bool contains(State state) const
    {
        return (m_mask >> static_cast<unsigned>(state) & 1U) != 0;
    }

private:
    unsigned m_mask = 0;
};

inline constexpr States any_state{State::UNINITIALISED, State::AWAITING_CERTIFICATE, State::READY,
                                  State::SUSPENDED};
inline constexpr States only_uninitialised{State::UNINITIALISED};
inline constexpr States only_ready{State::READY};

struct Entry {
    std::uint16_t type;
    std::string_view name;         // for the log
    States states;
    std::size_t max_body_size;     // at most limits::wire_message_size
    std::function<Result<Bytes>(ByteView body)> handler;
};

// Serialises a reply.
template <class Message>
Result<Bytes> serialise(const Message& message)
{
    Bytes out(message.ByteSizeLong());
    if (!message.SerializeToArray(out.data(), static_cast<int>(out.size())))
        return fail(ErrorCode::internal, "reply does not serialise");
    return out;
}

[[nodiscard]] bool has_unknown_fields(const google::protobuf::MessageLite& message); // itself, not below

// protobuf-lite cannot walk into a message: these are all the members of proto/*.proto's requests that
// are messages themselves. A new one is added here.
template <class Message>
bool has_unknown_fields_below(const Message& message)
{
    const auto any = [](const auto& list) {
        return std::any_of(list.begin(), list.end(), [](const auto& one) { return has_unknown_fields(one); });
    };
    bool found = false;
    if constexpr (requires { message.assertion(); })
        found = found || has_unknown_fields(message.assertion());
    if constexpr (requires { message.approval(); })
        found = found || has_unknown_fields(message.approval());
    if constexpr (requires { message.officers(); })
        found = found || any(message.officers());
    if constexpr (requires { message.lifetimes(); })
        found = found || any(message.lifetimes());
    if constexpr (requires { message.authorities(); })
        found = found || any(message.authorities());
    if constexpr (requires { message.singles(); })
        found = found || any(message.singles());
    return found;
}

// Parses a request: malformed (which closes the connection) unless every field is known.
template <class Message>
Result<Message> parse(ByteView body)
{
    Message message;
    if (!message.ParseFromArray(body.data(), static_cast<int>(body.size())))
        return fail(ErrorCode::malformed, "request does not parse");
    if (has_unknown_fields(message) || has_unknown_fields_below(message))
        return fail(ErrorCode::malformed, "request has unknown fields");
    return message;
}

// One row of the table. `function` is Result<Reply>(const Request&). Where it says `malformed`, the peer is
// told invalid_argument: the message was whole, and a certificate, statement or attestation inside it comes
// from somebody else. That is refused, and the connection, which others share, lives on.
// Usage: entry<OpenSessionRequest>(proto::sam::OPEN_SESSION, "open_session", only_ready, 128 * 1024,
//                                  [this](const OpenSessionRequest& request) { return open(request); })
template <class Request, class Function>
Entry entry(int type, std::string_view name, States states, std::size_t max_body_size, Function function)
{
    return {static_cast<std::uint16_t>(type), name, states, max_body_size,
            [function = std::move(function)](ByteView body) -> Result<Bytes> {
                TRY_ASSIGN(request, parse<Request>(body));
                const auto reply = function(request);
                if (!reply && reply.error().code == ErrorCode::malformed)
                    return fail(ErrorCode::invalid_argument, reply.error().detail);
                if (!reply)
                    return fail(reply.error());
                return serialise(*reply);
            }};
}

class Dispatch final : public wire::Dispatcher {
public:
    // `state` may be called from any thread, often; it reads an atomic.
    Dispatch(std::vector<Entry> entries, std::function<State()> state);

    [[nodiscard]] wire::Permit permit(std::uint16_t type, std::size_t body_size) const override;
    // `conflict` when the state does not permit the message (any more).
    Result<Bytes> handle(std::uint16_t type, ByteView body) override;

    [[nodiscard]] const std::vector<Entry>& entries() const { return m_entries; }

private:
    [[nodiscard]] const Entry* find(std::uint16_t type) const;
    std::vector<Entry> m_entries; // sorted by type, each once
    std::function<State()> m_state;
};

}
