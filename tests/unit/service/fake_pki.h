// CA and OCSP responder in one, with real lists, certificates and responses: what they are asked, and when.
#pragma once

#include <functional>

#include "pki/der.h"
#include "pki/extensions.h"
#include "pki/ocsp.h"
#include "proto/ca.pb.h"
#include "proto/ocsp.pb.h"
#include "service/role_clients.h"
#include "unit/pki/test_pki.h"

namespace qss::service {

namespace ca = proto::ca;
namespace ocsp = proto::ocsp;

class FakePki final : public Transport {
public:
    explicit FakePki(const Clock& clock) : m_clock(clock)
    {
        renew();
        new_lists();
    }

    Status call(std::uint16_t, const google::protobuf::MessageLite& request,
                google::protobuf::MessageLite& reply, Milliseconds) override
    {
        if (away)
            return fail(ErrorCode::unavailable, "away");
        if (auto* lists = dynamic_cast<ca::CurrentCrlsReply*>(&reply)) {
            for (const auto& [path, der] : m_lists) {
                lists->add_crls(to_string(ByteView(der)));
                lists->add_paths(path);
            }
        } else if (auto* chain = dynamic_cast<ca::ChainReply*>(&reply)) {
            chain->set_issuing_certificate(to_string(m_chain.issuing.der()));
            chain->set_root_certificate(to_string(m_chain.root.der()));
        } else if (auto* certificates = dynamic_cast<ca::CertificatesReply*>(&reply)) {
            auto* root = certificates->add_authorities();
            root->set_path("/ca/root.cer");
            root->set_certificate(to_string(m_chain.root.der()));
            certificates->add_services(to_string(m_chain.issuing.der()));
        } else if (auto* renewed = dynamic_cast<ca::RenewOcspReply*>(&reply)) {
            ++renewals;
            renew();
            auto* responder = renewed->add_responders();
            responder->set_issuer_certificate(to_string(m_chain.root.der()));
            responder->set_responder_certificate(to_string(m_responder->der()));
        } else if (const auto* update = dynamic_cast<const ocsp::UpdateCrlRequest*>(&request)) {
            if (refusal)
                return fail(*refusal);
            shown.push_back(to_bytes(update->crl()));
        } else if (auto* response = dynamic_cast<ocsp::RespondReply*>(&reply)) {
            ++asked;
            respond(dynamic_cast<const ocsp::RespondRequest&>(request), *response);
        } else if (dynamic_cast<ocsp::CompleteReply*>(&reply) != nullptr) {
            completed.ParseFromString(request.SerializeAsString());
        }
        return {};
    }

    void respond(const ocsp::RespondRequest& request, ocsp::RespondReply& reply)
    {
        if (on_respond)
            on_respond();
        const auto now = m_clock.now();
        reply.set_produced_at_unix_ms(to_unix_ms(now));
        reply.set_try_later(try_later);
        if (try_later) {
            reply.set_response(to_string(ByteView(pki::encode_ocsp_error(pki::OcspError::try_later))));
            return;
        }
        const auto authority = *pki::OcspAuthority::make(m_chain.root, *m_responder);
        const auto until = now + holds;
        pki::OcspResponseContents contents{authority, {}, now, now, until, as_bytes(request.nonce())};
        for (const auto& single : request.singles())
            contents.singles.push_back(
                {single.cert_id().empty() ? authority.cert_id(m_chain.issuing.serial())
                                          : to_bytes(single.cert_id()),
                 single.certificate().empty() ? pki::OcspStatus::unknown() : pki::OcspStatus::good()});
        reply.set_response(to_string(ByteView(*pki::sign_ocsp_response(contents, m_key))));
        reply.set_holds_until_unix_ms(to_unix_ms(until));
    }

    void renew() // 90 days
    {
        auto contents = pki::testing::contents(pki::ProfileId::ocsp_responder, m_key.public_key(),
                                               &m_chain.root, pki::testing::provider("TEST OCSP"));
        contents.not_before = m_clock.now();
        contents.not_after = m_clock.now() + std::chrono::days(90);
        m_responder = *pki::testing::make(pki::ProfileId::ocsp_responder, contents, m_chain.root_key);
    }

    void new_lists() // with the next number
    {
        ++m_number;
        const auto list = [&](const pki::Certificate& issuer, const crypto::PrivateKey& key) {
            const auto now = m_clock.now();
            const auto tbs = *pki::encode_tbs_crl(issuer, {m_number, now, now + std::chrono::hours(24), {}});
            return pki::sign_crl(tbs, key)->der();
        };
        m_lists = {{"/crl/issuing.crl", list(m_chain.issuing, m_chain.issuing_key)},
                   {"/crl/root.crl", list(m_chain.root, m_chain.root_key)}};
    }

    // A request about the issuing CA's certificate, or about a serial number that nobody has.
    [[nodiscard]] Bytes question(ByteView serial, ByteView nonce = {}) const
    {
        const auto authority = *pki::OcspAuthority::make(m_chain.root, *m_responder);
        const auto id = authority.cert_id(serial);
        const auto single = pki::der::sequence({id});
        Bytes extensions;
        if (!nonce.empty())
            extensions = pki::der::explicitly(
                2, pki::der::sequence({pki::extension(pki::oids::ocsp_nonce, pki::Critical::no,
                                                      pki::der::octet_string(nonce))}));
        return pki::der::sequence({pki::der::sequence({pki::der::sequence({single}), extensions})});
    }

    const Clock& m_clock;
    pki::testing::Chain m_chain;
    crypto::PrivateKey m_key = pki::testing::new_key();
    std::optional<pki::Certificate> m_responder;
    std::vector<std::pair<std::string, Bytes>> m_lists;
    std::uint64_t m_number = 0;
    ocsp::CompleteRequest completed;
    int renewals = 0;
    int asked = 0;
    std::vector<Bytes> shown;
    std::optional<Error> refusal; // of lists
    std::function<void()> on_respond;
    Milliseconds holds = std::chrono::hours(1);
    bool away = false;
    bool try_later = false;
};

}
