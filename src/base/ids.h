// Strong identifiers: 16 random bytes, written as 32 lower-case hexadecimal digits. An id compares
// only with its own kind. A value that exists is valid.
#pragma once

#include <array>
#include <compare>
#include <functional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace qss {

namespace detail {
using IdBytes = std::array<std::uint8_t, 16>;
std::string id_to_text(const IdBytes& bytes);
Result<IdBytes> id_from_text(std::string_view text);
Result<IdBytes> id_from_bytes(ByteView bytes);
}

template <class Tag>
class Id {
public:
    static constexpr std::size_t size_bytes = 16;

    explicit constexpr Id(const detail::IdBytes& bytes) : m_bytes(bytes) {}

    // `random.fill` decides the value; see base/random.h.
    template <class RandomSource>
    static Id generate(RandomSource& random)
    {
        detail::IdBytes bytes{};
        random.fill(bytes);
        return Id(bytes);
    }

    static Result<Id> parse(std::string_view text)
    {
        TRY_ASSIGN(bytes, detail::id_from_text(text));
        return Id(bytes);
    }

    static Result<Id> from_bytes(ByteView view)
    {
        TRY_ASSIGN(bytes, detail::id_from_bytes(view));
        return Id(bytes);
    }

    [[nodiscard]] ByteView bytes() const { return m_bytes; }
    [[nodiscard]] std::string text() const { return detail::id_to_text(m_bytes); }

    friend auto operator<=>(const Id&, const Id&) = default;

private:
    detail::IdBytes m_bytes;
};

using ProviderId = Id<struct ProviderTag>;
using EnterpriseId = Id<struct EnterpriseTag>;
using PackId = Id<struct PackTag>;
using CredentialId = Id<struct CredentialTag>;          // an API credential
using UserId = Id<struct UserTag>;
using RegistrationId = Id<struct RegistrationTag>;      // a request that an officer's statement completes
using EnrolmentId = Id<struct EnrolmentTag>;            // a phone's, from its codes to its authenticator
using StatementId = Id<struct StatementTag>;
using SignerId = Id<struct SignerTag>;                  // a user as SAM and CA know them
using DeviceId = Id<struct DeviceTag>;
using AuthenticatorId = Id<struct AuthenticatorTag>;
using KeyId = Id<struct KeyTag>;
using SessionId = Id<struct SessionTag>;                // a signing session
using OrderId = Id<struct OrderTag>;                    // of officers

}

template <class Tag>
struct std::hash<qss::Id<Tag>> {
    std::size_t operator()(const qss::Id<Tag>& id) const noexcept
    {
        return std::hash<std::string_view>{}(qss::as_text(id.bytes()));
    }
};
