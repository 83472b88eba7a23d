#include "pki/public_urls.h"

#include <algorithm>

namespace qss::pki {

Status check_public_host(std::string_view host)
{
    constexpr std::size_t max_host_size = 200; // leaves room for the paths
    const bool characters = std::all_of(host.begin(), host.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    });
    const bool shape = !host.empty() && host.size() <= max_host_size && host.front() != '.' &&
                       host.back() != '.' && host.find("..") == std::string_view::npos &&
                       host.find('.') != std::string_view::npos;
    if (!characters || !shape)
        return fail(ErrorCode::invalid_argument, "public_url is a host name such as pki.example.com");
    return {};
}

std::string crl_path(std::string_view authority, const CrlShard& shard)
{
    const auto number = shard.count == 1 ? std::string() : "-" + std::to_string(shard.number);
    return "/crl/" + std::string(authority) + number + ".crl";
}

std::string certificate_path(std::string_view authority)
{
    return "/ca/" + std::string(authority) + ".cer";
}

std::string http_url(std::string_view host, std::string_view path)
{
    return "http://" + std::string(host) + std::string(path);
}

}
