#include "ca/issuance.h"

#include "base/encoding.h"

namespace qss::ca {

Result<NewKey> make_key(keystore::KeyStore& keys, AuthorityId id, crypto::KeyType type)
{
    TRY_ASSIGN(generated, keys.generate(type));
    TRY_ASSIGN(signer, keys.load(generated.blob, generated.spki));
    return NewKey{id, std::move(generated), AuthorityKey(id, std::move(signer))};
}

Result<pki::Certificate> Issuance::authority(pki::ProfileId profile, const AuthorityId& subject,
                                             const Bytes& spki, const Issuer& issuer)
{
    const auto& settings = m_input.settings;
    auto contents = contents_under(issuer.id, issuer.certificate, settings, m_input.now,
                                   settings.lifetime(profile), m_input.random);
    contents.subject = provider_name(settings, settings.name_of(subject));
    contents.spki = spki;
    return issue(profile, contents, issuer);
}

Result<pki::Certificate> Issuance::sam_evidence(const Issuer& root)
{
    const auto& settings = m_input.settings;
    return service(pki::ProfileId::sam_evidence, provider_name(settings, "Signature activation module"),
                   settings.sam_evidence_spki, root);
}

Result<pki::Certificate> Issuance::officer(const Officer& officer, const Issuer& root)
{
    const auto& settings = m_input.settings;
    pki::Name name{{pki::oids::country, settings.country},
                   {pki::oids::organisation, settings.organisation},
                   {pki::oids::common_name, settings.marked(officer.name)}};
    return service(pki::ProfileId::officer, std::move(name), officer.spki, root);
}

Result<pki::Certificate> Issuance::responder(const Issuer& issuer)
{
    const auto contents =
        responder_contents(issuer.id, *issuer.certificate, m_input.settings, m_input.now, m_input.random);
    return issue(pki::ProfileId::ocsp_responder, contents, issuer);
}

// Each key of the unit has a name of its own (EN 319 422 6.2).
Result<pki::Certificate> Issuance::time_stamping_unit(const Issuer& issuing)
{
    const auto& settings = m_input.settings;
    const auto& spki = settings.tsa_spki;
    TRY_ASSIGN(key, crypto::PublicKey::from_spki(spki));
    TRY(crypto::check_may_issue(key.type(), m_input.now));
    const auto which = hex_encode(crypto::sha256(spki)).substr(0, 8);
    return service(pki::ProfileId::tsu, provider_name(settings, "Time-stamping unit " + which), spki,
                   issuing);
}

Result<pki::Certificate> Issuance::service(pki::ProfileId profile, pki::Name subject, const Bytes& spki,
                                           const Issuer& issuer)
{
    const auto& settings = m_input.settings;
    auto contents = contents_under(issuer.id, issuer.certificate, settings, m_input.now,
                                   settings.lifetime(profile), m_input.random);
    contents.subject = std::move(subject);
    contents.spki = spki;
    return issue(profile, contents, issuer);
}

Result<pki::Certificate> Issuance::issue(pki::ProfileId profile, const pki::CertificateContents& contents,
                                         const Issuer& issuer)
{
    TRY(issuer.key.check_here());
    TRY_ASSIGN(throw_away, m_input.throw_away.of(issuer.type));
    TRY_ASSIGN(draft, Draft::make(issuer.id, pki::profile(profile), contents, *throw_away));
    auto order = m_carried != nullptr ? m_transaction.ordered(std::move(draft), *m_carried, m_input.now)
                                      : m_transaction.ceremony_order(std::move(draft), m_input.now);
    if (!order)
        return fail(order.error());
    TRY_ASSIGN(certificate, issuer.key.issue(std::move(*order)));
    TRY(certificate.check_issued_by(issuer.certificate != nullptr ? *issuer.certificate : certificate));
    TRY(m_transaction.store_certificate(certificate, m_input.now));
    return certificate;
}

pki::CertificateContents responder_contents(const AuthorityId& id, const pki::Certificate& issuer,
                                            const Settings& settings, TimePoint now, Random& random)
{
    auto contents =
        contents_under(id, &issuer, settings, now, settings.lifetime(pki::ProfileId::ocsp_responder), random);
    contents.subject =
        provider_name(settings, id.kind == Authority::root ? "OCSP responder of the root" : "OCSP responder");
    contents.spki = settings.ocsp_spki;
    return contents;
}

}
