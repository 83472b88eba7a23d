// Keys of session tickets (RFC 5077 4, RFC 8446 4.6.1): a ticket holds the session with the client's
// certificate, so the server keeps nothing for it. A key seals for one lifetime and opens for one
// more, then it is forgotten: what was recorded cannot be opened later. Safe from any thread.
#pragma once

#include <array>
#include <mutex>
#include <optional>

#include <openssl/ssl.h>

#include "base/clock.h"
#include "base/random.h"

namespace qss::http {

inline constexpr int ticket_lifetime_s = 1800; // an access token's life (docs/decisions/008-tokens.md)

struct TicketKey {
    std::array<std::uint8_t, 16> name{};
    std::array<std::uint8_t, 32> cipher{};
    std::array<std::uint8_t, 32> mac{};
    TimePoint made{};
};

class TicketKeys {
public:
    TicketKeys(const Clock& clock, Random& random);
    ~TicketKeys();
    TicketKeys(const TicketKeys&) = delete;
    TicketKeys& operator=(const TicketKeys&) = delete;

    void attach(SSL_CTX* context); // must outlive it

private:
    static int callback(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                        EVP_MAC_CTX* mac, int sealing);
    int seal(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac);
    int open(const unsigned char* name, const unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac);
    void rotate();

    const Clock& m_clock;
    Random& m_random;
    std::mutex m_mutex;
    std::optional<TicketKey> m_current;  // guarded by m_mutex
    std::optional<TicketKey> m_previous; // guarded by m_mutex
};

}
