#include "crypto/aead.h"

#include "crypto/openssl.h"

namespace qss::crypto {

Bytes aead_seal(const Secret& key, ByteView plaintext, ByteView associated_data, Random& random)
{
    QSS_ASSERT(key.size() == aead_key_size);
    const auto nonce = random.bytes(aead_nonce_size);
    Bytes sealed = nonce;
    sealed.resize(aead_nonce_size + plaintext.size() + aead_tag_size);
    const EvpCipherCtxPtr context(EVP_CIPHER_CTX_new());
    int size = 0;
    const auto text_size = static_cast<int>(plaintext.size());
    bool ok =
        EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.reveal().data(), nonce.data()) == 1;
    ok = ok && EVP_EncryptUpdate(context.get(), nullptr, &size, associated_data.data(),
                                 static_cast<int>(associated_data.size())) == 1;
    ok = ok && EVP_EncryptUpdate(context.get(), sealed.data() + aead_nonce_size, &size, plaintext.data(),
                                 text_size) == 1;
    ok = ok && EVP_EncryptFinal_ex(context.get(), sealed.data() + aead_nonce_size + size, &size) == 1;
    ok = ok && EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, aead_tag_size,
                                   sealed.data() + aead_nonce_size + plaintext.size()) == 1;
    QSS_ASSERT(ok);
    return sealed;
}

Result<Secret> aead_open(const Secret& key, ByteView sealed, ByteView associated_data)
{
    QSS_ASSERT(key.size() == aead_key_size);
    if (sealed.size() < aead_nonce_size + aead_tag_size)
        return fail(ErrorCode::verification_failed, "sealed value is too short");
    const auto nonce = sealed.first(aead_nonce_size);
    const auto text = sealed.subspan(aead_nonce_size, sealed.size() - aead_nonce_size - aead_tag_size);
    Bytes tag = to_bytes(sealed.last(aead_tag_size));
    Bytes plaintext(text.size());
    const EvpCipherCtxPtr context(EVP_CIPHER_CTX_new());
    int size = 0;
    bool ok =
        EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.reveal().data(), nonce.data()) == 1;
    ok = ok && EVP_DecryptUpdate(context.get(), nullptr, &size, associated_data.data(),
                                 static_cast<int>(associated_data.size())) == 1;
    ok = ok && EVP_DecryptUpdate(context.get(), plaintext.data(), &size, text.data(),
                                 static_cast<int>(text.size())) == 1;
    ok = ok && EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, aead_tag_size, tag.data()) == 1;
    Secret opened(std::move(plaintext));
    std::uint8_t end[16];
    if (!ok || EVP_DecryptFinal_ex(context.get(), end, &size) != 1) {
        openssl_errors();
        return fail(ErrorCode::verification_failed, "sealed value was altered or the key is wrong");
    }
    return opened;
}

Secret scrypt_key(const Secret& passphrase, ByteView salt)
{
    Bytes key(aead_key_size);
    const int ok =
        EVP_PBE_scrypt(reinterpret_cast<const char*>(passphrase.reveal().data()), passphrase.size(),
                       salt.data(), salt.size(), 1 << 15, 8, 1, 64 * 1024 * 1024, key.data(), key.size());
    QSS_ASSERT(ok == 1);
    return Secret(std::move(key));
}

}
