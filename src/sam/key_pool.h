// RSA keys made ahead in the background, since making one takes seconds: an empty pool is
// `unavailable`, never a wait. Pool keys are wrapped and belong to nobody: nothing can sign
// with them. RSA-2048 is made only on demand and until its sunset. Safe from any thread.
#pragma once

#include <array>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <stop_token>
#include <thread>

#include "base/clock.h"
#include "crypto/algorithms.h"
#include "sam/vault.h"

namespace qss::sam {

struct PoolSizes {
    std::size_t rsa_3072 = 0;
    std::size_t rsa_4096 = 0;
};

class KeyPool {
public:
    KeyPool(Vault& vault, const Clock& clock);
    ~KeyPool(); // the key under way is given up
    KeyPool(const KeyPool&) = delete;
    KeyPool& operator=(const KeyPool&) = delete;

    void fill_to(PoolSizes sizes);
    Result<keystore::GeneratedKey> take(crypto::KeyType type); // RSA only
    [[nodiscard]] std::string levels() const; // for the status: "RSA-2048 0/0, RSA-3072 3/16, RSA-4096 1/2"

private:
    struct Shelf {
        crypto::KeyType type;
        std::size_t target;
        std::deque<keystore::GeneratedKey> keys;
    };
    void run();
    Shelf* next_to_fill();

    Vault& m_vault;
    const Clock& m_clock;
    mutable std::mutex m_mutex; // guards m_shelves
    std::array<Shelf, 3> m_shelves;
    std::stop_source m_stop;
    std::condition_variable m_wake;
    std::thread m_thread;
};

}
