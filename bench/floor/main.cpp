// The floors that are pure cryptography (docs/performance.md): the CPU time of what a signature cannot do
// without, with warm keys, as `openssl speed` measures it. Prints nanoseconds of CPU for one operation.
// Usage: bench-floor rsa3072-sign|rsa3072-timestamp|p256-sign|p256-timestamp|p256-verify|ocsp|certificate
// COUNT
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include <openssl/evp.h>
#include <sys/resource.h>

#include "crypto/openssl.h"
#include "floor/pki.h"
#include "floor/timestamp.h"

namespace {

double cpu_ns()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto ns = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_usec) * 1e3;
    };
    return ns(usage.ru_utime) + ns(usage.ru_stime);
}

void require(int result)
{
    if (result != 1)
        std::abort();
}

double measured_ns(long count, void (*once)())
{
    once(); // keys and tables are made
    const double start = cpu_ns();
    for (long i = 0; i < count; ++i)
        once();
    return (cpu_ns() - start) / static_cast<double>(count);
}

}

int main(int argc, char** argv)
{
    using namespace qss::crypto;
    if (argc != 3)
        return 2;
    const std::string_view what = argv[1];
    const long count = std::atol(argv[2]);
    if (what == "ocsp" || what == "certificate") {
        std::printf("%.0f\n", measured_ns(count, what == "ocsp" ? qss::bench::make_ocsp_response
                                                                : qss::bench::make_certificate));
        return 0;
    }
    const EvpPkeyPtr key(what.starts_with("rsa")
                             ? EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{3072})
                             : EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
    if (what.ends_with("timestamp")) {
        qss::bench::make_timestamp(key.get()); // certificate, request and tables are made
        const double begin = cpu_ns();
        for (long i = 0; i < count; ++i)
            qss::bench::make_timestamp(key.get());
        std::printf("%.0f\n", (cpu_ns() - begin) / static_cast<double>(count));
        return 0;
    }
    const EvpPkeyCtxPtr signing(EVP_PKEY_CTX_new(key.get(), nullptr));
    const EvpPkeyCtxPtr verifying(EVP_PKEY_CTX_new(key.get(), nullptr));
    require(EVP_PKEY_sign_init(signing.get()));
    require(EVP_PKEY_verify_init(verifying.get()));
    require(EVP_PKEY_CTX_set_signature_md(signing.get(), EVP_sha256()));
    require(EVP_PKEY_CTX_set_signature_md(verifying.get(), EVP_sha256()));
    const std::vector<unsigned char> digest(32, 7);
    std::vector<unsigned char> signature(512);
    std::size_t size = signature.size();
    require(EVP_PKEY_sign(signing.get(), signature.data(), &size, digest.data(), digest.size()));
    const bool verify = what.ends_with("verify");
    const double start = cpu_ns();
    for (long i = 0; i < count; ++i) {
        std::size_t room = signature.size();
        require(verify
                    ? EVP_PKEY_verify(verifying.get(), signature.data(), size, digest.data(), digest.size())
                    : EVP_PKEY_sign(signing.get(), signature.data(), &room, digest.data(), digest.size()));
        if (!verify)
            size = room;
    }
    std::printf("%.0f\n", (cpu_ns() - start) / static_cast<double>(count));
    return 0;
}
