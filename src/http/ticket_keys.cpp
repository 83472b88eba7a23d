#include "http/ticket_keys.h"

#include <algorithm>

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "base/result.h"
#include "base/secret.h"

namespace qss::http {

namespace {

constexpr std::size_t iv_size = 16;

bool start_mac(EVP_MAC_CTX* mac, std::array<std::uint8_t, 32>& key)
{
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.data(), key.size()),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    return EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

int key_holder_index()
{
    static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

}

TicketKeys::TicketKeys(const Clock& clock, Random& random) : m_clock(clock), m_random(random) {}

TicketKeys::~TicketKeys()
{
    if (m_current)
        wipe(&*m_current, sizeof(TicketKey));
    if (m_previous)
        wipe(&*m_previous, sizeof(TicketKey));
}

void TicketKeys::attach(SSL_CTX* context)
{
    QSS_ASSERT(SSL_CTX_set_ex_data(context, key_holder_index(), this) == 1);
    QSS_ASSERT(SSL_CTX_set_tlsext_ticket_key_evp_cb(context, &TicketKeys::callback) == 1);
}

void TicketKeys::rotate()
{
    const auto now = m_clock.now();
    const Milliseconds lifetime(ticket_lifetime_s * 1000);
    if (m_previous && now - m_previous->made >= 2 * lifetime) {
        wipe(&*m_previous, sizeof(TicketKey));
        m_previous.reset();
    }
    if (m_current && now - m_current->made < lifetime)
        return;
    if (m_current && now - m_current->made < 2 * lifetime)
        m_previous = m_current;
    if (m_current)
        wipe(&*m_current, sizeof(TicketKey));
    TicketKey& fresh = m_current.emplace();
    m_random.fill(fresh.name);
    m_random.fill(fresh.cipher);
    m_random.fill(fresh.mac);
    fresh.made = now;
}

int TicketKeys::seal(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac)
{
    const std::lock_guard lock(m_mutex);
    rotate();
    std::copy(m_current->name.begin(), m_current->name.end(), name);
    m_random.fill({iv, iv_size});
    const bool ready =
        EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, m_current->cipher.data(), iv) == 1 &&
        start_mac(mac, m_current->mac);
    return ready ? 1 : -1;
}

int TicketKeys::open(const unsigned char* name, const unsigned char* iv, EVP_CIPHER_CTX* cipher,
                     EVP_MAC_CTX* mac)
{
    const std::lock_guard lock(m_mutex);
    rotate();
    for (auto* key : {&m_current, &m_previous}) {
        if (!*key || !std::equal((*key)->name.begin(), (*key)->name.end(), name))
            continue;
        const bool ready =
            EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, (*key)->cipher.data(), iv) == 1 &&
            start_mac(mac, (*key)->mac);
        return ready ? 1 : -1;
    }
    return 0; // unknown: a full handshake
}

int TicketKeys::callback(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                         EVP_MAC_CTX* mac, int sealing)
{
    auto* keys = static_cast<TicketKeys*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), key_holder_index()));
    if (sealing == 1)
        return keys->seal(name, iv, cipher, mac);
    const int opened = keys->open(name, iv, cipher, mac);
    // No new ticket for a resumed session: otherwise a chain of tickets would live for ever on one proof
    // that the client holds its key.
    if (opened == 1)
        SSL_set_num_tickets(ssl, 0);
    return opened;
}

}
