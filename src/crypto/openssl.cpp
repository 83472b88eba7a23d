#include "crypto/openssl.h"

#include <openssl/err.h>

namespace qss::crypto {

const EVP_MD* evp_md(HashAlgorithm algorithm)
{
    switch (algorithm) {
    case HashAlgorithm::sha256: return EVP_sha256();
    case HashAlgorithm::sha384: return EVP_sha384();
    case HashAlgorithm::sha512: return EVP_sha512();
    }
    return nullptr;
}

std::string openssl_errors()
{
    std::string text;
    while (const auto code = ERR_get_error()) {
        char line[256];
        ERR_error_string_n(code, line, sizeof line);
        if (!text.empty())
            text += "; ";
        text += line;
    }
    return text.empty() ? "no OpenSSL error" : text;
}

}
