#include "ca/issuer.h"

#include <algorithm>

#include "pki/public_urls.h"

namespace qss::ca {

pki::CertificateContents contents_under(const AuthorityId& authority, const pki::Certificate* issuer,
                                        const Settings& settings, TimePoint now, std::chrono::days lifetime,
                                        Random& random)
{
    const auto& host = settings.public_host;
    const auto name = authority.name();
    pki::CertificateContents contents;
    contents.serial = pki::random_serial(random);
    contents.not_before = std::chrono::floor<std::chrono::seconds>(now);
    contents.not_after = contents.not_before + lifetime - std::chrono::seconds(1); // both ends count
    if (issuer != nullptr) {
        contents.issuer = issuer->subject_der();
        contents.authority_key_id = issuer->subject_key_id();
        contents.not_after = std::min(contents.not_after, issuer->not_after());
    }
    contents.own_policy = settings.own_policy;
    contents.crl_url = pki::http_url(host, settings.list_of(authority, contents.serial).path());
    contents.ca_issuers_url = pki::http_url(host, pki::certificate_path(name));
    contents.ocsp_url = pki::http_url(host, pki::path_ocsp);
    contents.pds_url = "https://" + host + std::string(pki::path_pds);
    return contents;
}

pki::Name provider_name(const Settings& settings, std::string_view common_name)
{
    return {{pki::oids::country, settings.country},
            {pki::oids::organisation, settings.organisation},
            {pki::oids::organisation_identifier, settings.organisation_identifier},
            {pki::oids::common_name, settings.marked(common_name)}};
}

Result<const crypto::PrivateKey*> ThrowAwayKeys::of(crypto::KeyType type)
{
    auto found = m_keys.find(type);
    if (found == m_keys.end()) {
        TRY_ASSIGN(key, crypto::PrivateKey::generate(type));
        found = m_keys.emplace(type, std::move(key)).first;
    }
    return &found->second;
}

}
