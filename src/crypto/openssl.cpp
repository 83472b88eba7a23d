#include "crypto/openssl.h"

#include <openssl/err.h>

namespace qss::crypto {

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
