// Where the public finds what certificates point to: http://<host>/ocsp, /crl/…, /ca/… (the paths that
// `qss-api` serves), and the disclosure statement by https. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "pki/crl.h"

namespace qss::pki {

inline constexpr std::string_view path_ocsp = "/ocsp";
inline constexpr std::string_view path_pds = "/pds/en";                         // https
inline constexpr std::string_view default_public_host = "pki.qss-sandbox.com";

// Letters, digits, hyphens and at least one dot: a name under a public suffix, without scheme or port.
Status check_public_host(std::string_view host);
// Of an authority by its name, "root" or "issuing-g2": each generation of an authority has its own.
std::string crl_path(std::string_view authority,
                     const CrlShard& shard); // "/crl/root.crl", "/crl/issuing-3.crl"
std::string certificate_path(std::string_view authority); // "/ca/root.cer", DER
std::string http_url(std::string_view host, std::string_view path);

}
