#include "ca/ceremony.h"

#include "ca/events.h"

namespace qss::ca {

namespace {

constexpr AuthorityId root_id{Authority::root};
constexpr AuthorityId issuing_id{Authority::issuing};
constexpr AuthorityId access_id{Authority::access};

struct NewKeys {
    NewKey root;
    NewKey issuing;
    NewKey access;
};

std::string der(const pki::Certificate& certificate)
{
    return to_string(ByteView(certificate.der()));
}

Status certify_services(Issuance& issuance, const Settings& settings, const Issuer& root,
                        const Issuer& issuing, proto::ca::InitialiseReply& reply)
{
    TRY_ASSIGN(evidence, issuance.sam_evidence(root));
    reply.set_sam_evidence_certificate(der(evidence));
    for (const auto& officer : settings.officers) {
        TRY_ASSIGN(certificate, issuance.officer(officer, root));
        reply.add_officer_certificates(der(certificate));
    }
    TRY_ASSIGN(for_issuing, issuance.responder(issuing));
    TRY_ASSIGN(for_root, issuance.responder(root));
    reply.set_ocsp_issuing_certificate(der(for_issuing));
    reply.set_ocsp_root_certificate(der(for_root));
    if (settings.tsa_spki.empty())
        return {};
    TRY_ASSIGN(unit, issuance.time_stamping_unit(issuing));
    reply.set_tsu_certificate(der(unit));
    return {};
}

Result<CeremonyResult> certify(const IssuanceInput& input, const NewKeys& keys, sqlite::Database& database)
{
    Transaction transaction(database);
    Issuance issuance(input, transaction, nullptr);
    TRY_ASSIGN(root, issuance.authority(pki::ProfileId::root, root_id, keys.root.generated.spki,
                                        Issuer(keys.root, input.settings.root_key_type)));
    TRY_ASSIGN(issuing, issuance.authority(pki::ProfileId::issuing_ca, issuing_id,
                                           keys.issuing.generated.spki, Issuer(keys.root, root)));
    TRY_ASSIGN(access, issuance.authority(pki::ProfileId::access_ca, access_id, keys.access.generated.spki,
                                          Issuer(keys.access, crypto::KeyType::p256)));
    proto::ca::InitialiseReply reply;
    reply.set_root_certificate(der(root));
    reply.set_issuing_certificate(der(issuing));
    reply.set_access_ca_certificate(der(access));
    TRY(certify_services(issuance, input.settings, Issuer(keys.root, root), Issuer(keys.issuing, issuing),
                         reply));
    auto settings = input.settings;
    const auto store = [&](const NewKey& key, const pki::Certificate& certificate) {
        return transaction.store_authority({key.id, key.generated, certificate.der()},
                                           settings.lists_of(key.id.kind));
    };
    TRY(store(keys.root, root));
    TRY(store(keys.issuing, issuing));
    TRY(store(keys.access, access));
    settings.installation = root.sha256();
    TRY(transaction.store_settings(settings, input.keys));
    TRY(transaction.append_event("ceremony", root.sha256(), input.now));
    TRY_ASSIGN(end, last_event(database));
    reply.set_events(static_cast<std::uint64_t>(end.number));
    reply.set_events_hash(to_string(ByteView(end.hash)));
    TRY_ASSIGN(authorities, Authorities::load(transaction, input.keys));
    return CeremonyResult{std::move(settings), std::move(authorities), std::move(reply)};
}

}

Result<CeremonyResult> run_ceremony(const IssuanceInput& input, sqlite::Writer& writer)
{
    const auto& settings = input.settings;
    TRY(crypto::check_may_issue(settings.root_key_type, input.now));
    TRY(crypto::check_may_issue(settings.key_type, input.now));
    TRY_ASSIGN(root, make_key(input.keys, root_id, settings.root_key_type));
    TRY_ASSIGN(issuing, make_key(input.keys, issuing_id, settings.key_type));
    TRY_ASSIGN(access, make_key(input.keys, access_id, crypto::KeyType::p256));
    const NewKeys keys{std::move(root), std::move(issuing), std::move(access)};
    return writer.write_returning([&](sqlite::Database& database) { return certify(input, keys, database); });
}

}
