#include "crypto/digest.h"

#include <openssl/hmac.h>

#include "crypto/openssl.h"

namespace qss::crypto {

namespace {

Bytes hash(const EVP_MD* algorithm, ByteView data)
{
    Bytes out(static_cast<std::size_t>(EVP_MD_get_size(algorithm)));
    const int ok = EVP_Digest(data.data(), data.size(), out.data(), nullptr, algorithm, nullptr);
    QSS_ASSERT(ok == 1);
    return out;
}

}

std::size_t digest_size(HashAlgorithm algorithm)
{
    return static_cast<std::size_t>(EVP_MD_get_size(evp_md(algorithm)));
}

std::string_view to_string(HashAlgorithm algorithm)
{
    switch (algorithm) {
    case HashAlgorithm::sha256: return "SHA-256";
    case HashAlgorithm::sha384: return "SHA-384";
    case HashAlgorithm::sha512: return "SHA-512";
    }
    return "";
}

std::string_view oid(HashAlgorithm algorithm)
{
    switch (algorithm) {
    case HashAlgorithm::sha256: return "2.16.840.1.101.3.4.2.1";
    case HashAlgorithm::sha384: return "2.16.840.1.101.3.4.2.2";
    case HashAlgorithm::sha512: return "2.16.840.1.101.3.4.2.3";
    }
    return "";
}

Result<Digest> Digest::from_bytes(HashAlgorithm algorithm, ByteView bytes)
{
    if (bytes.size() != digest_size(algorithm))
        return fail(ErrorCode::invalid_argument, "Malformed digest");
    return Digest(algorithm, to_bytes(bytes));
}

Digest Digest::of(HashAlgorithm algorithm, ByteView data)
{
    return Digest(algorithm, hash(evp_md(algorithm), data));
}

Bytes sha256(ByteView data)
{
    return hash(EVP_sha256(), data);
}

Bytes sha1(ByteView data)
{
    return hash(EVP_sha1(), data);
}

Bytes hmac_sha256(ByteView key, ByteView data)
{
    Bytes out(32);
    unsigned int size = 0;
    const auto* ok = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), data.data(), data.size(),
                          out.data(), &size);
    QSS_ASSERT(ok != nullptr && size == out.size());
    return out;
}

}
