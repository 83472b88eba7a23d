#include "cli/transcript.h"

#include <boost/json/serialize.hpp>

#include "base/encoding.h"
#include "crypto/digest.h"

namespace qss::cli {

void Transcript::add(std::string_view what, boost::json::object details)
{
    boost::json::object line{{"at", to_rfc3339(m_clock.now())}, {"what", what}};
    for (auto& [name, value] : details)
        line.insert_or_assign(name, std::move(value));
    m_text += boost::json::serialize(line) + "\n";
}

void Transcript::add_key(std::string_view whose, ByteView spki)
{
    add("key", {{"of", whose}, {"spki_sha256", hex_encode(crypto::sha256(spki))}});
}

void Transcript::add_certificate(std::string_view whose, const pki::Certificate& certificate)
{
    add("certificate", {{"of", whose},
                        {"subject", certificate.subject()},
                        {"serial", hex_encode(certificate.serial())},
                        {"not_after", to_rfc3339(certificate.not_after())},
                        {"spki_sha256", hex_encode(crypto::sha256(certificate.public_key().spki()))},
                        {"sha256", hex_encode(certificate.sha256())}});
}

Result<Bytes> sign_transcript(std::string_view transcript, const crypto::PrivateKey& key)
{
    if (key.type() != crypto::KeyType::p256)
        return fail(ErrorCode::unsupported, "a transcript is signed with P-256");
    const auto digest = crypto::Digest::of(crypto::HashAlgorithm::sha256, as_bytes(transcript));
    return key.sign(crypto::SignatureAlgorithm::ecdsa_sha256, digest);
}

}
