#include "pki/extensions.h"

#include <array>

#include <arpa/inet.h>

#include "pki/asn1.h"
#include "pki/der.h"
#include "pki/name.h"
#include "pki/profile.h"

namespace qss::pki {

namespace {

// GeneralName (RFC 5280 4.2.1.6)
constexpr std::uint8_t general_name_dns = 2;
constexpr std::uint8_t general_name_uri = 6;
constexpr std::uint8_t general_name_ip = 7;

Result<Bytes> general_name(const std::string& name)
{
    std::array<std::uint8_t, 16> address{};
    if (::inet_pton(AF_INET, name.c_str(), address.data()) == 1)
        return der::implicitly(general_name_ip, std::span(address).first(4));
    if (::inet_pton(AF_INET6, name.c_str(), address.data()) == 1)
        return der::implicitly(general_name_ip, address);
    constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyz0123456789-.";
    if (name.empty() || name.size() > 253 || name.find_first_not_of(allowed) != std::string::npos)
        return fail(ErrorCode::invalid_argument, "server name is neither a host name nor an address");
    return der::implicitly(general_name_dns, as_bytes(name));
}

// [0] DistributionPointName { [0] fullName { URI } }
Bytes distribution_point_name(std::string_view url)
{
    return der::explicitly(0, der::explicitly(0, der::implicitly(general_name_uri, as_bytes(url))));
}

Bytes access_description(std::string_view method, std::string_view url)
{
    return url.empty() ? Bytes{}
                       : der::sequence({der::oid(method), der::implicitly(general_name_uri, as_bytes(url))});
}

}

Bytes extension(std::string_view oid, Critical critical, ByteView value)
{
    const auto flag = critical == Critical::yes ? der::boolean_true() : Bytes{}; // DEFAULT FALSE is left out
    return der::sequence({der::oid(oid), flag, der::octet_string(value)});
}

Bytes basic_constraints_any_path()
{
    return extension(oids::basic_constraints, Critical::yes, der::sequence({der::boolean_true()}));
}

Bytes basic_constraints_path_zero()
{
    return extension(oids::basic_constraints, Critical::yes,
                     der::sequence({der::boolean_true(), der::integer(0)}));
}

Bytes key_usage(std::uint16_t bits)
{
    return extension(oids::key_usage, Critical::yes, der::named_bits(bits));
}

Bytes subject_key_identifier(ByteView id)
{
    return extension(oids::subject_key_identifier, Critical::no, der::octet_string(id));
}

Bytes authority_key_identifier(ByteView id)
{
    return extension(oids::authority_key_identifier, Critical::no, der::sequence({der::implicitly(0, id)}));
}

Bytes extended_key_usage(std::string_view purpose, Critical critical)
{
    return extension(oids::extended_key_usage, critical, der::sequence({der::oid(purpose)}));
}

Bytes private_key_usage_period(TimePoint not_before, TimePoint not_after)
{
    // X.509 9.2.2.5: both [n] IMPLICIT GeneralizedTime
    const auto contents = [](TimePoint time) {
        const auto value = time_to_generalized(time);
        const auto* data = ASN1_STRING_get0_data(value.get());
        return Bytes(data, data + ASN1_STRING_length(value.get()));
    };
    return extension(
        oids::private_key_usage_period, Critical::no,
        der::sequence({der::implicitly(0, contents(not_before)), der::implicitly(1, contents(not_after))}));
}

Bytes certificate_policies(std::span<const std::string_view> policies)
{
    Bytes all;
    for (const auto policy : policies)
        all = concat({all, der::sequence({der::oid(policy)})});
    return extension(oids::certificate_policies, Critical::no, der::sequence({all}));
}

Bytes crl_distribution_point(std::string_view url)
{
    return extension(oids::crl_distribution_points, Critical::no,
                     der::sequence({der::sequence({distribution_point_name(url)})}));
}

Bytes issuing_distribution_point(std::string_view url)
{
    return extension(oids::issuing_distribution_point, Critical::yes,
                     der::sequence({distribution_point_name(url)}));
}

Bytes authority_info_access(std::string_view ocsp_url, std::string_view ca_issuers_url)
{
    return extension(oids::authority_info_access, Critical::no,
                     der::sequence({access_description(oids::access_ocsp, ocsp_url),
                                    access_description(oids::access_ca_issuers, ca_issuers_url)}));
}

Result<Bytes> subject_alt_name(std::span<const std::string> names)
{
    Bytes all;
    for (const auto& name : names) {
        TRY_ASSIGN(encoded, general_name(name));
        all = concat({all, encoded});
    }
    if (all.empty())
        return fail(ErrorCode::invalid_argument, "no server names");
    return extension(oids::subject_alt_name, Critical::no, der::sequence({all}));
}

}
