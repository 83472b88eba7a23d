#include "sam/binding_challenges.h"

namespace qss::sam {

namespace {

constexpr Milliseconds lifetime{10 * 60'000};
constexpr std::size_t outstanding_max = 10'000;

}

Result<BindingChallenges::Issued> BindingChallenges::issue(const SignerId& signer, Random& random,
                                                           TimePoint now)
{
    Issued issued{random.bytes(32), now + lifetime};
    const std::lock_guard lock(m_mutex);
    if (m_issued.size() >= outstanding_max)
        std::erase_if(m_issued, [now](const auto& entry) { return entry.second.expires_at <= now; });
    if (m_issued.size() >= outstanding_max && !m_issued.contains(signer))
        return fail(ErrorCode::unavailable, "too many authenticators are being bound");
    m_issued.insert_or_assign(signer, issued);
    return issued;
}

Status BindingChallenges::take(const SignerId& signer, ByteView challenge, TimePoint now)
{
    const std::lock_guard lock(m_mutex);
    const auto found = m_issued.find(signer);
    if (found == m_issued.end() || !equal_constant_time(found->second.challenge, challenge))
        return fail(ErrorCode::verification_failed,
                    "the challenge was not issued for this signer, or was used");
    const auto expires_at = found->second.expires_at;
    m_issued.erase(found);
    if (now >= expires_at)
        return fail(ErrorCode::expired, "the challenge has expired");
    return {};
}

}
