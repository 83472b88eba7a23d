// The lint's rules for where a reader finds the CRL, the responder and the issuer, and for a server's names
// (EN 319 412-2 4.3.11 and 4.4.1, RFC 5280 4.2.1.6, 4.2.1.13 and 4.2.2.1).
#include <algorithm>

#include "pki/lint_rules.h"
#include "pki/name.h"

namespace qss::pki {

namespace {

constexpr std::uint8_t dns_name = 0x82;
constexpr std::uint8_t ip_address = 0x87;

// scheme "://" host [ ":" port ] [ "/" ... ], without a user or anything that RFC 3986 does not have.
std::optional<std::string> host_of(const std::string& text)
{
    constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"
                                         ":/?#[]@!$&'()*+,;=%";
    constexpr std::string_view in_host = "abcdefghijklmnopqrstuvwxyz0123456789-.";
    const auto colon = text.find("://");
    if (colon == std::string::npos || text.find_first_not_of(allowed) != std::string::npos)
        return std::nullopt;
    const auto start = colon + 3;
    auto host = text.substr(start, text.find_first_of("/:", start) - start);
    if (host.empty() || host.size() > 253 || host.find_first_not_of(in_host) != std::string::npos)
        return std::nullopt;
    return host;
}

bool is_http(const std::string& text)
{
    return text.starts_with("http://");
}

std::vector<std::string> uris(const LintView& view)
{
    std::vector<std::string> all;
    for (const auto& point : view.crl_points)
        all.insert(all.end(), point.uris.begin(), point.uris.end());
    for (const auto& access : view.access)
        if (access.is_uri)
            all.push_back(access.uri);
    return all;
}

// RFC 6761, RFC 2606 and what networks call themselves inside. Not the Public Suffix List: that is pkilint's
// part, in the tests.
bool is_public(const std::string& host)
{
    constexpr std::string_view inner[] = {"test",     "invalid", "localhost", "local",      "internal",
                                          "intranet", "corp",    "home",      "lan",        "onion",
                                          "private",  "example", "arpa",      "localdomain"};
    const auto dot = host.rfind('.');
    if (dot == std::string::npos || host.find_first_not_of("0123456789.") == std::string::npos)
        return false;
    return std::find(std::begin(inner), std::end(inner), host.substr(dot + 1)) == std::end(inner);
}

bool uris_are_uris(const LintView& view, const Profile&)
{
    const auto all = uris(view);
    return std::all_of(all.begin(), all.end(),
                       [](const std::string& text) { return host_of(text).has_value(); });
}

bool hosts_are_public(const LintView& view, const Profile&)
{
    const auto all = uris(view);
    return std::all_of(all.begin(), all.end(), [](const std::string& text) {
        const auto host = host_of(text);
        return !host || is_public(*host);
    });
}

bool crl_point_is_there(const LintView& view, const Profile& profile)
{
    return !profile.has(Feature::crl_point) || view.has(oids::crl_distribution_points);
}

bool a_point_is_http(const LintView& view, const Profile&)
{
    return !view.has(oids::crl_distribution_points) ||
           std::any_of(view.crl_points.begin(), view.crl_points.end(), [](const auto& point) {
               return !point.has_name_or_issuer || std::any_of(point.uris.begin(), point.uris.end(), is_http);
           });
}

bool access_is_http(const LintView& view, std::string_view method)
{
    return !view.has_access(method) ||
           std::any_of(view.access.begin(), view.access.end(), [&](const auto& access) {
               return access.method == method && access.is_uri && is_http(access.uri);
           });
}

bool issuer_is_found(const LintView& view, const Profile& profile)
{
    return !profile.has(Feature::ca_issuers) || !view.has(oids::authority_info_access) ||
           view.has_access(oids::access_ca_issuers);
}

bool responder_is_found(const LintView& view, const Profile& profile)
{
    return !profile.has(Feature::ocsp) || !view.has(oids::authority_info_access) ||
           view.has_access(oids::access_ocsp);
}

bool alt_addresses_have_a_size(const LintView& view, const Profile&)
{
    return std::all_of(view.alt_names.begin(), view.alt_names.end(), [](const auto& name) {
        return name.tag != ip_address || name.contents.size() == 4 || name.contents.size() == 16;
    });
}

bool is_host_name(std::string_view text)
{
    constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyz0123456789-.";
    return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos &&
           text.front() != '.' && text.front() != '-' && text.back() != '.' && text.back() != '-' &&
           text.find("..") == std::string_view::npos;
}

bool alt_names_are_host_names(const LintView& view, const Profile&)
{
    return std::all_of(view.alt_names.begin(), view.alt_names.end(), [](const auto& name) {
        return name.tag != dns_name || is_host_name(as_text(name.contents));
    });
}

bool alt_names_are_short(const LintView& view, const Profile&)
{
    return std::all_of(view.alt_names.begin(), view.alt_names.end(),
                       [](const auto& name) { return name.tag != dns_name || name.contents.size() <= 253; });
}

using enum Applies;
constexpr Rule rules[] = {
    {"etsi.en_319_412_2.gen-4.3.11-2.crldp_extension_missing",
     "cRLDistributionPoints is there (EN 319 412-2 GEN-4.3.11-2)", all, crl_point_is_there},
    {"etsi.en_319_412_2.gen-4.3.11-4.http_or_ldap_crldp_distribution_point_uri_missing",
     "a CRL is found by http (EN 319 412-2 GEN-4.3.11-4)", all, a_point_is_http},
    {"etsi.en_319_412_2.gen-4.4.1-3.ca_issuers_aia_access_method_absent",
     "the issuer's certificate is found (EN 319 412-2 GEN-4.4.1-3)", all, issuer_is_found},
    {"etsi.en_319_412_2.gen-4.4.1-4.ca_issuers_aia_access_method_http_uri_missing",
     "the issuer's certificate is found by http (EN 319 412-2 GEN-4.4.1-4)", all,
     [](const LintView& view, const Profile&) { return access_is_http(view, oids::access_ca_issuers); }},
    {"etsi.en_319_412_2.gen-4.4.1-8.ocsp_aia_access_method_absent",
     "the responder is found (EN 319 412-2 GEN-4.4.1-8)", all, responder_is_found},
    {"etsi.en_319_412_2.gen-4.4.1-6.ocsp_aia_access_method_http_uri_missing",
     "the responder is found by http (EN 319 412-2 GEN-4.4.1-6)", all,
     [](const LintView& view, const Profile&) { return access_is_http(view, oids::access_ocsp); }},
    {"pkix.invalid_uri_syntax", "a URI has a scheme and a host (RFC 3986)", all, uris_are_uris},
    {"etsi.internal_domain_name", "hosts of URIs are under a public suffix, and no addresses (RFC 6761)", all,
     hosts_are_public},
    {"pkix.ip_address_wrong_length", "an address has 4 or 16 octets (RFC 5280 4.2.1.6)", all,
     alt_addresses_have_a_size},
    {"pkix.invalid_domain_name_syntax", "a server's name is a host name (RFC 5280 4.2.1.6)", all,
     alt_names_are_host_names},
    {"pkix.dnsname_domain_name_too_long", "a server's name has 253 characters at most (RFC 1035 2.3.4)", all,
     alt_names_are_short},
};

}

std::span<const Rule> location_rules()
{
    return rules;
}

}
