#include "keystore/software/software_key_store.h"

#include <sys/mman.h>

#include "base/canonical.h"
#include "crypto/aead.h"
#include "keystore/software/sealed_file.h"
#include "keystore/software/warm_keys.h"

namespace qss::keystore {

namespace {

Secret derive(const Secret& kek, std::string_view label)
{
    Secret key(crypto::hmac_sha256(kek.reveal(), as_bytes(label)));
    // Never into swap. A refusal (RLIMIT_MEMLOCK) is no reason not to start: a role locks all its memory.
    (void)::mlock(key.reveal().data(), key.size());
    return key;
}

Bytes wrapping_context(ByteView spki)
{
    return CanonicalWriter("QSS-WRAP-v1").bytes(crypto::sha256(spki)).take();
}

}

class SoftwareKeyStore::Impl {
public:
    Impl(const Secret& kek, Random& random_source, SoftwareOptions options)
        : wrapping_key(derive(kek, "QSS-KEYSTORE wrap v1")), seal_key(derive(kek, "QSS-KEYSTORE seal v1")),
          random(random_source), warm(options.warm_keys)
    {
    }

    const Secret wrapping_key;
    const Secret seal_key;
    Random& random;
    WarmKeys warm;
};

SoftwareKeyStore::SoftwareKeyStore(std::unique_ptr<Impl> impl) : m_impl(std::move(impl)) {}

SoftwareKeyStore::~SoftwareKeyStore() = default;

Result<std::unique_ptr<SoftwareKeyStore>> SoftwareKeyStore::open_or_create(const std::string& directory,
                                                                           const Secret& passphrase,
                                                                           Random& random,
                                                                           SoftwareOptions options)
{
    auto kek = read_sealed_kek(directory, passphrase);
    if (!kek && kek.error().code == ErrorCode::not_found) {
        kek = Secret(random.bytes(kek_size));
        TRY(write_sealed_kek(directory, passphrase, *kek, random));
    }
    if (!kek)
        return fail(std::move(kek).error());
    return std::unique_ptr<SoftwareKeyStore>(
        new SoftwareKeyStore(std::make_unique<Impl>(*kek, random, options)));
}

Result<GeneratedKey> SoftwareKeyStore::generate(crypto::KeyType type, const std::stop_token& give_up)
{
    TRY_ASSIGN(key, crypto::PrivateKey::generate(type, give_up));
    const auto& spki = key.public_key().spki();
    auto blob = crypto::aead_seal(m_impl->wrapping_key, key.to_pkcs8().reveal(), wrapping_context(spki),
                                  m_impl->random);
    return GeneratedKey{std::move(blob), spki};
}

Result<std::shared_ptr<const crypto::Signer>> SoftwareKeyStore::load(ByteView blob, ByteView spki)
{
    const auto hash = crypto::sha256(blob);
    auto key = m_impl->warm.find(hash);
    const bool was_warm = key != nullptr;
    if (!was_warm) {
        auto opened = crypto::aead_open(m_impl->wrapping_key, blob, wrapping_context(spki));
        if (!opened)
            return fail(ErrorCode::tampered, "wrapped key: " + opened.error().detail);
        TRY_ASSIGN(loaded, crypto::PrivateKey::from_pkcs8(opened->reveal()));
        key = std::make_shared<const crypto::PrivateKey>(std::move(loaded));
    }
    // Also for a warm one: the blob alone does not say whose key the caller thinks it is.
    if (!equal_public(key->public_key().spki(), spki))
        return fail(ErrorCode::tampered, "wrapped key is another one than the record says");
    if (!was_warm)
        m_impl->warm.insert(hash, key);
    return std::shared_ptr<const crypto::Signer>(std::move(key));
}

void SoftwareKeyStore::destroy(ByteView blob)
{
    m_impl->warm.erase(crypto::sha256(blob));
}

Bytes SoftwareKeyStore::seal(std::string_view label, ByteView record)
{
    return crypto::hmac_sha256(m_impl->seal_key.reveal(), CanonicalWriter(label).bytes(record).encoded());
}

std::size_t SoftwareKeyStore::warm_count() const
{
    return m_impl->warm.size();
}

}
