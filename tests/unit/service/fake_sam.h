// A SAM in-process, for unit tests of the business: the states and idempotence of the real one's messages
// (docs/protocol-sam.md 5), no cryptography; and the ways in which a call to it can go wrong.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "base/random.h"
#include "proto/sam.pb.h"
#include "proto/wire.pb.h"
#include "service/role_clients.h"
#include "statements/registration.h"
#include "statements/signed.h"

namespace qss::service {

class FakeSam final : public Transport {
public:
    enum class Fault { none, away, reply_lost };

    explicit FakeSam(const Clock& clock) : m_clock(clock) {}

    Status call(std::uint16_t type, const google::protobuf::MessageLite& request,
                google::protobuf::MessageLite& reply, Milliseconds) override
    {
        const std::lock_guard lock(m_mutex);
        ++m_calls[type];
        if (m_before)
            m_before(type);
        if (m_fault == Fault::away)
            return fail(ErrorCode::unavailable, "away");
        proto::sam::Assertion assertion;
        const auto answer = handle(type, request.SerializeAsString());
        if (m_fault == Fault::reply_lost && type == m_fault_type)
            return fail(ErrorCode::timed_out, "reply lost");
        if (!answer)
            return fail(answer.error());
        reply.ParseFromString(*answer);
        return {};
    }

    void set_fault(Fault fault, std::uint16_t type = 0)
    {
        const std::lock_guard lock(m_mutex);
        m_fault = fault;
        m_fault_type = type;
    }
    void refuse_by_word(std::optional<Error> error) { m_word = std::move(error); }
    void refuse_to_open(std::optional<Error> error) { m_closed = std::move(error); }
    void refuse_for_good(std::optional<Error> error) { m_for_good = std::move(error); }
    void corrupt(const SessionId& id) { m_corrupt = qss::to_string(id.bytes()); } // its row was altered
    void before_call(std::function<void(std::uint16_t)> hook) { m_before = std::move(hook); }
    int signings() const { return m_signings; }
    int calls(std::uint16_t type) const { return m_calls.contains(type) ? m_calls.at(type) : 0; }
    std::size_t unacknowledged() const
    {
        std::size_t count = 0;
        for (const auto& [id, session] : m_sessions)
            count += session.state == State::finished ? 1U : 0U;
        return count;
    }
    std::size_t open_sessions() const
    {
        std::size_t count = 0;
        for (const auto& [id, session] : m_sessions)
            count += session.state == State::open ? 1U : 0U;
        return count;
    }

private:
    enum class State { open, finished, archived, cancelled };
    struct Session {
        State state = State::open;
        int digests = 0;
        proto::sam::SessionResult result;
    };

    Result<std::string> handle(std::uint16_t type, const std::string& body)
    {
        switch (type) {
        case proto::sam::STATUS: {
            proto::StatusReply reply;
            reply.set_state(proto::READY);
            return reply.SerializeAsString();
        }
        case proto::sam::BEGIN_BINDING: {
            proto::sam::BeginBindingReply reply;
            reply.set_challenge(std::string(32, 'c'));
            reply.set_expires_at_unix_ms(to_unix_ms(m_clock.now()) + 300'000);
            return reply.SerializeAsString();
        }
        case proto::sam::BIND: {
            if (m_word)
                return fail(*m_word);
            proto::sam::BindReply reply;
            reply.set_authenticator_id(qss::to_string(m_random.bytes(16)));
            reply.set_credential_id("new credential");
            return reply.SerializeAsString();
        }
        case proto::sam::REGISTER_SIGNER: return register_signer(body);
        case proto::sam::DESTROY_SIGNER: return proto::sam::DestroySignerReply().SerializeAsString();
        case proto::sam::REMOVE_AUTHENTICATOR:
            return proto::sam::RemoveAuthenticatorReply().SerializeAsString();
        case proto::sam::OPEN_SESSION: return open(body);
        case proto::sam::ACTIVATE: return activate(body);
        case proto::sam::CANCEL_SESSION: return cancel(body);
        case proto::sam::LIST_UNACKNOWLEDGED: return list();
        case proto::sam::ACKNOWLEDGE: return acknowledge(body);
        default: return fail(ErrorCode::unsupported, "not in this SAM");
        }
    }

    static Result<std::string> register_signer(const std::string& body)
    {
        proto::sam::RegisterSignerRequest request;
        request.ParseFromString(body);
        TRY_ASSIGN(signed_statement,
                   statements::SignedStatement::decode(as_bytes(request.registration_statement())));
        TRY_ASSIGN(statement, statements::RegistrationStatement::decode(signed_statement.encoding));
        proto::sam::RegisterSignerReply reply;
        reply.set_signer_id(qss::to_string(statement.signer_id.bytes()));
        return reply.SerializeAsString();
    }

    Result<std::string> open(const std::string& body)
    {
        if (m_closed)
            return fail(*m_closed);
        proto::sam::OpenSessionRequest request;
        request.ParseFromString(body);
        const auto id = qss::to_string(m_random.bytes(16));
        m_sessions[id].digests = request.digests_size();
        proto::sam::OpenSessionReply reply;
        reply.set_session_id(id);
        reply.set_nonce(qss::to_string(m_random.bytes(32)));
        reply.set_expires_at_unix_ms(to_unix_ms(m_clock.now()) + request.lifetime_ms());
        return reply.SerializeAsString();
    }

    Result<std::string> activate(const std::string& body)
    {
        proto::sam::ActivateRequest request;
        request.ParseFromString(body);
        const auto found = m_sessions.find(request.session_id());
        if (found == m_sessions.end())
            return fail(ErrorCode::not_found, "no such session");
        if (request.session_id() == m_corrupt)
            return fail(ErrorCode::tampered, "a row of the record was altered");
        auto& session = found->second;
        if (session.state == State::cancelled)
            return fail(ErrorCode::gone, "cancelled");
        if (session.state == State::open) {
            if (m_word)
                return fail(*m_word);
            if (!request.has_assertion())
                return fail(ErrorCode::conflict, "not activated");
            finish(request.session_id(), session);
        }
        proto::sam::ActivateReply reply;
        *reply.mutable_result() = session.result;
        return reply.SerializeAsString();
    }

    void finish(const std::string& id, Session& session)
    {
        session.state = State::finished;
        session.result.set_session_id(id);
        if (m_for_good) {
            session.result.set_refusal_code(static_cast<std::uint32_t>(m_for_good->code));
            session.result.set_refusal_detail(m_for_good->detail);
            return;
        }
        ++m_signings;
        for (int i = 0; i < session.digests; ++i)
            session.result.add_signatures("signature " + std::to_string(i));
        session.result.set_evidence("evidence");
    }

    Result<std::string> cancel(const std::string& body)
    {
        proto::sam::CancelSessionRequest request;
        request.ParseFromString(body);
        const auto found = m_sessions.find(request.session_id());
        if (found == m_sessions.end())
            return fail(ErrorCode::not_found, "no such session");
        proto::sam::CancelSessionReply reply;
        if (found->second.state == State::finished)
            *reply.mutable_result() = found->second.result;
        else
            found->second.state = State::cancelled;
        return reply.SerializeAsString();
    }

    Result<std::string> list()
    {
        proto::sam::ListUnacknowledgedReply reply;
        for (const auto& [id, session] : m_sessions)
            if (session.state == State::finished)
                reply.add_session_ids(id);
        return reply.SerializeAsString();
    }

    Result<std::string> acknowledge(const std::string& body)
    {
        proto::sam::AcknowledgeRequest request;
        request.ParseFromString(body);
        for (const auto& id : request.session_ids()) {
            const auto found = m_sessions.find(id);
            if (found == m_sessions.end())
                return fail(ErrorCode::not_found, "no such session");
            if (found->second.state == State::finished)
                found->second.state = State::archived;
        }
        return proto::sam::AcknowledgeReply().SerializeAsString();
    }

    const Clock& m_clock;
    SystemRandom m_random;
    std::mutex m_mutex; // guards the rest while calls are made
    Fault m_fault = Fault::none;
    std::uint16_t m_fault_type = 0;
    std::optional<Error> m_word;
    std::optional<Error> m_closed;
    std::optional<Error> m_for_good;
    std::string m_corrupt;
    std::function<void(std::uint16_t)> m_before;
    std::map<std::string, Session> m_sessions;
    std::map<std::uint16_t, int> m_calls;
    int m_signings = 0;
};

}
