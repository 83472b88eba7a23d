#include "cli/pem_file.h"

#include <openssl/pem.h>

#include "client/files.h"
#include "crypto/openssl.h"
#include "pki/certificate.h"

namespace qss::cli {

Result<Bytes> read_pem_file(const std::filesystem::path& path)
{
    TRY_ASSIGN(text, client::read_text_file(path.string(), 16 * 1024));
    const crypto::BioPtr bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    char* name = nullptr;
    char* header = nullptr;
    unsigned char* data = nullptr;
    long size = 0;
    if (PEM_read_bio(bio.get(), &name, &header, &data, &size) != 1)
        return fail(ErrorCode::malformed, path.string() + " is not PEM: " + crypto::openssl_errors());
    Bytes der(data, data + size);
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(data);
    return der;
}

Status write_certificate_file(const std::filesystem::path& path, ByteView certificate)
{
    TRY_ASSIGN(parsed, pki::Certificate::from_der(certificate));
    return client::write_new_file(path.string(), as_bytes(parsed.pem()), client::FileAccess::everybody);
}

}
