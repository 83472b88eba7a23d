// RAII for OpenSSL's C handles, and its error queue as a text. Thread-safe as OpenSSL is: one handle,
// one thread at a time.
#pragma once

#include <memory>
#include <string>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "crypto/digest.h"

namespace qss::crypto {

template <auto Free>
struct Deleter {
    template <class T>
    void operator()(T* handle) const
    {
        Free(handle);
    }
};

using EvpPkeyPtr = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using EvpPkeyCtxPtr = std::unique_ptr<EVP_PKEY_CTX, Deleter<EVP_PKEY_CTX_free>>;
using EvpMdCtxPtr = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;
using EvpCipherCtxPtr = std::unique_ptr<EVP_CIPHER_CTX, Deleter<EVP_CIPHER_CTX_free>>;
using BioPtr = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using BnPtr = std::unique_ptr<BIGNUM, Deleter<BN_free>>;
using X509Ptr = std::unique_ptr<X509, Deleter<X509_free>>;

[[nodiscard]] const EVP_MD* evp_md(HashAlgorithm algorithm); // static

// Empties this thread's error queue into one text, for `Error::detail`.
std::string openssl_errors();

}
