#include "sam/keys.h"

#include "base/limits.h"
#include "statements/key_attestation.h"
#include "unit/sam/sam_fixture.h"

namespace qss::sam::test {
namespace {

class KeysTest : public SamTest {
protected:
    KeysTest() : m_signer(enrol(m_phone)) {}

    proto::sam::MakeKeyReply made(const std::string& type = "P-256")
    {
        return must(make_key(m_signer, m_pack, type));
    }
    static KeyId id_of(const proto::sam::MakeKeyReply& reply)
    {
        return must(KeyId::from_bytes(as_bytes(reply.key_id())));
    }
    pki::Certificate certify(const std::string& spki, const pki::Name& name,
                             std::chrono::days lifetime = std::chrono::days(80))
    {
        return must(pki.issue(pki::ProfileId::natural_person_esign, name, as_bytes(spki), pki.issuing_key,
                              &*pki.issuing, lifetime));
    }

    Phone m_phone;
    SignerId m_signer;
    PackId m_pack = PackId::generate(random);
};

TEST_F(KeysTest, OneLiveKeyForSignerAndPack)
{
    const auto first = made();
    EXPECT_EQ(made().key_id(), first.key_id());
    EXPECT_NE(must(make_key(m_signer, PackId::generate(random), "P-384")).key_id(), first.key_id());
    EXPECT_CODE(make_key(m_signer, m_pack, "P-384"), conflict);
    EXPECT_CODE(make_key(m_signer, m_pack, "DSA"), unsupported);
    ASSERT_TRUE(revoke(id_of(first)));
    EXPECT_NE(made().key_id(), first.key_id());
}

TEST_F(KeysTest, NobodyWithoutAnAuthenticatorGetsAKey)
{
    const auto signer = SignerId::generate(random);
    EXPECT_CODE(make_key(signer, m_pack, "P-256"), not_found);
    must(submit(statement(signer)));
    EXPECT_CODE(make_key(signer, m_pack, "P-256"), conflict);
}

TEST_F(KeysTest, AnEmptyPoolIsUnavailable)
{
    hooks.no_rsa = true;
    EXPECT_CODE(make_key(m_signer, m_pack, "RSA-2048"), unavailable);
    hooks.no_rsa = false;
    Result<proto::sam::MakeKeyReply> reply = fail(ErrorCode::unavailable, "");
    while (!reply && reply.error().code == ErrorCode::unavailable)
        reply = make_key(m_signer, m_pack, "RSA-2048");
    EXPECT_TRUE(reply);
}

TEST_F(KeysTest, SunsetEndsNewKeysThenSignatures)
{
    clock.set(crypto::issuance_sunset(crypto::KeyType::rsa2048));
    EXPECT_CODE(make_key(m_signer, m_pack, "RSA-2048"), unsupported);
    KeyRecord key{.id = KeyId::generate(random),
                  .signer_id = m_signer,
                  .pack_id = m_pack,
                  .type = crypto::KeyType::rsa2048,
                  .state = KeyRecord::linked};
    const auto rsa = must(crypto::PrivateKey::generate(crypto::KeyType::rsa2048));
    const auto certificate = certify(to_string(rsa.public_key().spki()), subject(), std::chrono::days(1000));
    key.certificate_sha256 = certificate.sha256();
    key.certificate_validity = certificate.validity();
    const auto last = crypto::use_sunset(crypto::KeyType::rsa2048);
    EXPECT_TRUE(check_key_usable(key, certificate.sha256(), last - Milliseconds(1)));
    EXPECT_CODE(check_key_usable(key, certificate.sha256(), last), unsupported);
}

TEST_F(KeysTest, TheAttestationSaysWhoseKeyItIs)
{
    const auto key = made();
    proto::sam::AttestKeyRequest request;
    request.set_key_id(key.key_id());
    request.set_ca_nonce(std::string(32, 'n'));
    const auto reply = must(sam->keys().attest(request));
    const auto signed_attestation =
        must(statements::SignedStatement::decode(as_bytes(reply.key_attestation())));
    EXPECT_TRUE(signed_attestation.verify(must(crypto::PublicKey::from_spki(evidence_spki))));
    const auto attestation = must(statements::KeyAttestation::decode(signed_attestation.encoding));
    const auto vouched = must(statements::SignedStatement::decode(as_bytes(reply.registration_statement())));
    EXPECT_EQ(to_string(attestation.spki), key.spki());
    EXPECT_EQ(attestation.signer_id, m_signer);
    EXPECT_EQ(attestation.pack_id, m_pack);
    EXPECT_EQ(attestation.statement_hash, vouched.hash());
    EXPECT_EQ(attestation.key_store, "software");
    EXPECT_TRUE(attestation.sandbox);
    request.set_ca_nonce("short");
    EXPECT_CODE(sam->keys().attest(request), invalid_argument);
    ASSERT_TRUE(revoke(id_of(key)));
    request.set_ca_nonce(std::string(32, 'n'));
    EXPECT_CODE(sam->keys().attest(request), gone);
}

TEST_F(KeysTest, LinksOnlyTheRightCertificate)
{
    const auto key = made();
    const auto id = id_of(key);
    Phone other_phone;
    const auto other = must(make_key(enrol(other_phone), m_pack, "P-256"));
    EXPECT_CODE(link(id, certify(other.spki(), subject())), verification_failed);
    EXPECT_CODE(link(id, certify(key.spki(), subject("Ilze"))), verification_failed);
    auto abroad = subject();
    abroad[0].value = "EE";
    EXPECT_CODE(link(id, certify(key.spki(), abroad)), verification_failed);
    auto renamed = subject();
    renamed[1].value = "Somebody Else";
    EXPECT_CODE(link(id, certify(key.spki(), renamed)), verification_failed);
    // By the root, not by the issuing CA; by a CA of somebody else with the same names.
    EXPECT_CODE(link(id, must(pki.issue(pki::ProfileId::natural_person_esign, subject(), as_bytes(key.spki()),
                                        pki.root_key, &*pki.root))),
                verification_failed);
    TestPki impostor(clock.now());
    EXPECT_CODE(
        link(id, must(impostor.issue(pki::ProfileId::natural_person_esign, subject(), as_bytes(key.spki()),
                                     impostor.issuing_key, &*impostor.issuing))),
        verification_failed);
    const auto good = certify(key.spki(), subject());
    EXPECT_TRUE(link(id, good));
    EXPECT_TRUE(link(id, good)) << "again";
    EXPECT_EQ(made().certificate(), to_string(good.der()));
}

TEST_F(KeysTest, AnIdentityNumberMustMatch)
{
    const auto signer = SignerId::generate(random);
    auto numbered = statement(signer);
    numbered.identity_number = "PNOLV-010180-12345";
    must(submit(numbered));
    must(bind(signer, Phone()));
    const auto key = must(make_key(signer, PackId::generate(random), "P-256"));
    EXPECT_CODE(link(id_of(key), certify(key.spki(), subject())), verification_failed);
    auto name = subject();
    name.back().value = numbered.identity_number;
    EXPECT_TRUE(link(id_of(key), certify(key.spki(), name)));
}

TEST_F(KeysTest, RelinksOnlyToALaterCertificate)
{
    const auto key = made();
    const auto first = certify(key.spki(), subject(), std::chrono::days(40));
    const auto earlier = certify(key.spki(), subject(), std::chrono::days(30));
    const auto later = certify(key.spki(), subject(), std::chrono::days(50));
    ASSERT_TRUE(link(id_of(key), first));
    EXPECT_CODE(link(id_of(key), earlier), conflict);
    EXPECT_TRUE(link(id_of(key), later));
    EXPECT_CODE(link(id_of(key), first), conflict);
}

TEST_F(KeysTest, AnExpiredCertificateIsNotLinked)
{
    const auto key = made();
    const auto certificate = certify(key.spki(), subject(), std::chrono::days(1));
    clock.advance(std::chrono::days(1) + Milliseconds(1'000));
    EXPECT_CODE(link(id_of(key), certificate), expired);
}

TEST_F(KeysTest, RevocationIsFinalAndLeavesNoKeyBehind)
{
    const auto mine = identity(m_signer);
    const auto read_key = [&] {
        return must(sam->record().transact([&](Transaction& transaction) -> Result<KeyRecord> {
            TRY_ASSIGN(row, transaction.find(Kind::key, mine.key_id.bytes()));
            return KeyRecord::from_row(std::move(*row));
        }));
    };
    const auto blob = read_key().blob;
    const auto reply = must(revoke(mine.key_id));
    const auto signed_receipt = must(statements::SignedStatement::decode(as_bytes(reply.receipt())));
    EXPECT_TRUE(signed_receipt.verify(must(crypto::PublicKey::from_spki(evidence_spki))));
    const auto receipt = must(statements::RevocationReceipt::decode(signed_receipt.encoding));
    EXPECT_EQ(receipt.key_id, mine.key_id);
    EXPECT_EQ(receipt.certificate_sha256, mine.certificate.sha256());
    EXPECT_EQ(receipt.reason, 1U);
    EXPECT_TRUE(read_key().blob.empty());
    EXPECT_EQ(hooks.destroyed, std::vector<Bytes>{blob});
    clock.advance(Milliseconds(1'000));
    EXPECT_EQ(must(revoke(mine.key_id)).receipt(), reply.receipt()) << "again";
    reopen();
    EXPECT_EQ(must(revoke(mine.key_id)).receipt(), reply.receipt());
    EXPECT_CODE(link(mine.key_id, mine.certificate), gone);
    EXPECT_CODE(sam->sessions().open(open_request(mine)), gone);
}

TEST_F(KeysTest, ReasonsAreThoseThatTheCaGives)
{
    proto::sam::RevokeKeyRequest request;
    request.set_key_id(made().key_id());
    for (const std::uint32_t reason : {2U, 6U, 7U, 8U, 10U, 11U}) {
        request.set_reason(reason);
        EXPECT_CODE(sam->keys().revoke(request), invalid_argument);
    }
    request.set_key_id(std::string(16, 'k'));
    request.set_reason(0);
    EXPECT_CODE(sam->keys().revoke(request), not_found);
}

TEST_F(KeysTest, AboveTheRateItTakesOfficers)
{
    const auto last = identity(m_signer);
    for (std::uint32_t i = 0; i < revocations_per_hour; ++i)
        ASSERT_TRUE(revoke(identity(m_signer).key_id));
    EXPECT_CODE(revoke(last.key_id), rate_limited);
    reopen();
    EXPECT_CODE(revoke(last.key_id), rate_limited); // a restart forgets nothing
    EXPECT_TRUE(sam->sessions().open(open_request(last))) << "and the key lives";
    proto::sam::DestroySignerRequest destroy;
    destroy.set_signer_id(to_string(m_signer.bytes()));
    EXPECT_CODE(sam->signers().destroy(destroy), rate_limited); // no way around it
    EXPECT_CODE(remove(m_signer, bound.front().id), rate_limited); // nor this one
    EXPECT_TRUE(begin(m_signer));
    ASSERT_TRUE(revoke(id_of(made()))) << "what has no certificate is no loss";
    clock.advance(std::chrono::minutes(59));
    EXPECT_CODE(revoke(last.key_id), rate_limited);
    clock.advance(std::chrono::minutes(1));
    EXPECT_TRUE(revoke(last.key_id));
}

TEST_F(KeysTest, ExpiredKeysAreNoLossEither)
{
    std::vector<Identity> expired;
    for (std::uint32_t i = 0; i <= revocations_per_hour; ++i)
        expired.push_back(identity(m_signer));
    clock.advance(std::chrono::days(81));
    for (const auto& one : expired)
        EXPECT_TRUE(revoke(one.key_id));
}

TEST_F(KeysTest, AReceiptSaysWhoAskedAndWhen)
{
    const auto mine = identity(m_signer);
    proto::sam::RevokeKeyRequest request;
    request.set_key_id(to_string(mine.key_id.bytes()));
    request.set_reason(9);
    request.set_requested_by("order:00000000000000000000000000000000");
    EXPECT_CODE(sam->keys().revoke(request), invalid_argument); // officers alone are officers
    request.set_requested_by(std::string(limits::label_size + 1, 'x'));
    EXPECT_CODE(sam->keys().revoke(request), invalid_argument);
    request.set_requested_by("operator:anna");
    request.set_requested_at_unix_ms(to_unix_ms(clock.now() + std::chrono::hours(1)));
    EXPECT_CODE(sam->keys().revoke(request), invalid_argument); // a time to come
    const auto asked_at = clock.now() - std::chrono::hours(1);
    request.set_requested_at_unix_ms(to_unix_ms(asked_at));
    const auto transport = must(sam->keys().revoke(request)).receipt();
    const auto receipt = must(statements::RevocationReceipt::decode(
        must(statements::SignedStatement::decode(as_bytes(transport))).encoding));
    EXPECT_EQ(receipt.requested_by, "operator:anna");
    EXPECT_EQ(receipt.requested_at, asked_at);
    EXPECT_EQ(receipt.revoked_at, clock.now());
}

}
}
