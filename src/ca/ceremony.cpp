#include "ca/ceremony.h"

#include <array>

namespace qss::ca {

namespace {

struct NewKey {
    keystore::GeneratedKey generated;
    AuthorityKey key;
};

Result<NewKey> make_key(keystore::KeyStore& keys, Authority authority, crypto::KeyType type)
{
    TRY_ASSIGN(generated, keys.generate(type));
    TRY_ASSIGN(signer, keys.load(generated.blob, generated.spki));
    return NewKey{std::move(generated), AuthorityKey(authority, std::move(signer))};
}

// Issues one certificate of the ceremony after the other, inside its transaction.
class Ceremony {
public:
    Ceremony(const CeremonyInput& input, Transaction& transaction)
        : m_input(input), m_transaction(transaction)
    {
    }

    Result<pki::Certificate> authority_certificate(pki::ProfileId id, std::string_view name,
                                                   const NewKey& subject, const NewKey& issuer,
                                                   const pki::Certificate* issuer_certificate,
                                                   Authority authority)
    {
        auto contents = base(authority, issuer_certificate, id);
        contents.subject = provider_name(m_input.settings, name);
        contents.spki = subject.generated.spki;
        return issue(id, contents, issuer, issuer_certificate, authority);
    }

    Result<pki::Certificate> service_certificate(pki::ProfileId id, pki::Name subject, const Bytes& spki,
                                                 const NewKey& root, const pki::Certificate& root_certificate)
    {
        auto contents = base(Authority::root, &root_certificate, id);
        contents.subject = std::move(subject);
        contents.spki = spki;
        return issue(id, contents, root, &root_certificate, Authority::root);
    }

    Result<pki::Certificate> responder(const NewKey& issuer, const pki::Certificate& certificate,
                                       Authority authority)
    {
        const auto contents =
            responder_contents(authority, certificate, m_input.settings, m_input.now, m_input.random);
        return issue(pki::ProfileId::ocsp_responder, contents, issuer, &certificate, authority);
    }

private:
    pki::CertificateContents base(Authority authority, const pki::Certificate* issuer, pki::ProfileId id)
    {
        return contents_under(authority, issuer, m_input.settings, m_input.now, pki::profile(id).max_validity,
                              m_input.random);
    }

    Result<pki::Certificate> issue(pki::ProfileId id, const pki::CertificateContents& contents,
                                   const NewKey& issuer, const pki::Certificate* issuer_certificate,
                                   Authority authority)
    {
        TRY_ASSIGN(throw_away, m_input.throw_away.of(issuer.key.public_key().type()));
        TRY_ASSIGN(draft, Draft::make(authority, pki::profile(id), contents, *throw_away));
        TRY_ASSIGN(order, m_transaction.ceremony_order(std::move(draft), m_input.now));
        TRY_ASSIGN(certificate, issuer.key.issue(std::move(order)));
        TRY(certificate.check_issued_by(issuer_certificate != nullptr ? *issuer_certificate : certificate));
        TRY(m_transaction.store_certificate(certificate, m_input.now));
        return certificate;
    }

    const CeremonyInput& m_input;
    Transaction& m_transaction;
};

struct NewKeys {
    NewKey root;
    NewKey issuing;
    NewKey access;
};

pki::Name officer_name(const Settings& settings, const Officer& officer)
{
    return {{pki::oids::country, settings.country},
            {pki::oids::organisation, settings.organisation},
            {pki::oids::common_name, settings.marked(officer.name)}};
}

Status certify_services(Ceremony& ceremony, const CeremonyInput& input, const NewKeys& keys,
                        const pki::Certificate& root, const pki::Certificate& issuing,
                        proto::ca::InitialiseReply& reply)
{
    const auto& settings = input.settings;
    const auto der = [](const pki::Certificate& certificate) {
        return to_string(ByteView(certificate.der()));
    };
    TRY_ASSIGN(evidence, ceremony.service_certificate(pki::ProfileId::sam_evidence,
                                                      provider_name(settings, "Signature activation module"),
                                                      settings.sam_evidence_spki, keys.root, root));
    reply.set_sam_evidence_certificate(der(evidence));
    for (const auto& officer : settings.officers) {
        TRY_ASSIGN(certificate,
                   ceremony.service_certificate(pki::ProfileId::officer, officer_name(settings, officer),
                                                officer.spki, keys.root, root));
        reply.add_officer_certificates(der(certificate));
    }
    TRY_ASSIGN(for_issuing, ceremony.responder(keys.issuing, issuing, Authority::issuing));
    TRY_ASSIGN(for_root, ceremony.responder(keys.root, root, Authority::root));
    reply.set_ocsp_issuing_certificate(der(for_issuing));
    reply.set_ocsp_root_certificate(der(for_root));
    return {};
}

Result<CeremonyResult> certify(const CeremonyInput& input, const NewKeys& keys, sqlite::Database& database)
{
    using enum Authority;
    Transaction transaction(database);
    Ceremony ceremony(input, transaction);
    TRY_ASSIGN(root_certificate, ceremony.authority_certificate(pki::ProfileId::root, "Root CA", keys.root,
                                                                keys.root, nullptr, root));
    TRY_ASSIGN(issuing_certificate,
               ceremony.authority_certificate(pki::ProfileId::issuing_ca, "Qualified Issuing CA",
                                              keys.issuing, keys.root, &root_certificate, root));
    TRY_ASSIGN(access_certificate, ceremony.authority_certificate(pki::ProfileId::access_ca, "Access CA",
                                                                  keys.access, keys.access, nullptr, access));
    proto::ca::InitialiseReply reply;
    reply.set_root_certificate(to_string(ByteView(root_certificate.der())));
    reply.set_issuing_certificate(to_string(ByteView(issuing_certificate.der())));
    reply.set_access_ca_certificate(to_string(ByteView(access_certificate.der())));
    TRY(certify_services(ceremony, input, keys, root_certificate, issuing_certificate, reply));
    TRY(transaction.store_authority(root, {keys.root.generated, root_certificate.der()}));
    TRY(transaction.store_authority(issuing, {keys.issuing.generated, issuing_certificate.der()}));
    TRY(transaction.store_authority(access, {keys.access.generated, access_certificate.der()}));
    TRY(transaction.store_settings(input.settings, input.keys));
    TRY(transaction.append_event("ceremony", root_certificate.sha256(), input.now));
    return CeremonyResult{{{keys.root.key, std::move(root_certificate)},
                           {keys.issuing.key, std::move(issuing_certificate)},
                           {keys.access.key, std::move(access_certificate)}},
                          std::move(reply)};
}

Result<AuthorityState> load(Transaction& transaction, keystore::KeyStore& keys, Authority authority)
{
    TRY_ASSIGN(row, transaction.authority(authority));
    TRY_ASSIGN(certificate, pki::Certificate::from_der(row.certificate));
    if (!equal_public(certificate.public_key().spki(), row.key.spki))
        return fail(ErrorCode::tampered, "an authority's certificate is not its key's");
    TRY_ASSIGN(signer, keys.load(row.key.blob, row.key.spki));
    return AuthorityState{AuthorityKey(authority, std::move(signer)), std::move(certificate)};
}

}

const AuthorityState& Authorities::of(Authority authority) const
{
    switch (authority) {
    case Authority::root: return root;
    case Authority::issuing: return issuing;
    case Authority::access: break;
    }
    return access;
}

Result<Authorities> load_authorities(Transaction& transaction, keystore::KeyStore& keys)
{
    TRY_ASSIGN(root, load(transaction, keys, Authority::root));
    TRY_ASSIGN(issuing, load(transaction, keys, Authority::issuing));
    TRY_ASSIGN(access, load(transaction, keys, Authority::access));
    return Authorities{std::move(root), std::move(issuing), std::move(access)};
}

pki::CertificateContents responder_contents(Authority authority, const pki::Certificate& issuer,
                                            const Settings& settings, TimePoint now, Random& random)
{
    const auto& profile = pki::profile(pki::ProfileId::ocsp_responder);
    auto contents = contents_under(authority, &issuer, settings, now, profile.max_validity, random);
    contents.subject = provider_name(settings, authority == Authority::root ? "OCSP responder of the root"
                                                                            : "OCSP responder");
    contents.spki = settings.ocsp_spki;
    return contents;
}

Result<CeremonyResult> run_ceremony(const CeremonyInput& input, sqlite::Writer& writer)
{
    TRY(crypto::check_may_issue(input.settings.key_type, input.now));
    TRY_ASSIGN(root, make_key(input.keys, Authority::root, input.settings.key_type));
    TRY_ASSIGN(issuing, make_key(input.keys, Authority::issuing, input.settings.key_type));
    TRY_ASSIGN(access, make_key(input.keys, Authority::access, crypto::KeyType::p256));
    const NewKeys keys{std::move(root), std::move(issuing), std::move(access)};
    return writer.write_returning([&](sqlite::Database& database) { return certify(input, keys, database); });
}

}
