// Strictness; vectors_test.cpp holds the encodings themselves.
#include "statements/key_attestation.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace qss::statements {

namespace {

template <class IdType>
IdType id()
{
    return IdType::from_bytes(Bytes(16, 1)).value();
}

KeyAttestation key()
{
    return {id<KeyId>(), id<SignerId>(), id<PackId>(), Bytes(91),      Bytes(32),
            Bytes(32),   "pkcs11",       true,         from_unix_ms(1)};
}

LinkRecord link()
{
    return {id<SignerId>(), id<AuthenticatorId>(), Bytes(20), Bytes(91), Bytes(16), Bytes(32),
            Bytes(32),      from_unix_ms(1)};
}

RevocationReceipt receipt()
{
    return {id<KeyId>(), id<SignerId>(), Bytes(32), 10, from_unix_ms(1), "operator:one", from_unix_ms(0)};
}

template <class T>
void expect_strict(const T& good)
{
    auto encoded = good.encode();
    EXPECT_TRUE(T::decode(encoded).has_value());
    for (std::size_t size = 0; size < encoded.size(); ++size)
        EXPECT_FALSE(T::decode(ByteView(encoded).first(size)).has_value()) << size;
    encoded.push_back(0);
    EXPECT_FALSE(T::decode(encoded).has_value());
}

template <class T, class Spoil>
void expect_refused(T value, Spoil spoil)
{
    spoil(value);
    EXPECT_FALSE(T::decode(value.encode()).has_value());
}

}

TEST(KeyAttestation, strict)
{
    expect_strict(key());
    expect_refused(key(), [](auto& k) { k.spki.clear(); });
    expect_refused(key(), [](auto& k) { k.spki = Bytes(limits::spki_size + 1); });
    expect_refused(key(), [](auto& k) { k.statement_hash.pop_back(); });
    expect_refused(key(), [](auto& k) { k.ca_nonce.push_back(0); });
    expect_refused(key(), [](auto& k) { k.key_store = "paper"; });
    auto sandbox_two = key().encode();
    sandbox_two[sandbox_two.size() - 13] = 2; // the last byte before the time's field
    EXPECT_FALSE(KeyAttestation::decode(sandbox_two).has_value());
}

TEST(LinkRecord, strict)
{
    expect_strict(link());
    expect_refused(link(), [](auto& l) { l.credential_id.clear(); });
    expect_refused(link(), [](auto& l) { l.credential_id = Bytes(limits::webauthn_credential_id_size + 1); });
    expect_refused(link(), [](auto& l) { l.public_key_spki.pop_back(); });
    expect_refused(link(), [](auto& l) { l.aaguid.clear(); });
    expect_refused(link(), [](auto& l) { l.statement_hash.clear(); });
    expect_refused(link(), [](auto& l) { l.attestation_hash.clear(); });
}

TEST(RevocationReceipt, strict)
{
    expect_strict(receipt());
    expect_refused(receipt(), [](auto& r) { r.certificate_sha256.pop_back(); });
    expect_refused(receipt(), [](auto& r) { r.reason = 11; });
    expect_refused(receipt(), [](auto& r) { r.requested_by = std::string(limits::label_size + 1, 'x'); });
}

// One structure never passes for another, whatever its length: the tag comes first.
TEST(Statements, tags_keep_them_apart)
{
    EXPECT_FALSE(KeyAttestation::decode(link().encode()).has_value());
    EXPECT_FALSE(LinkRecord::decode(receipt().encode()).has_value());
    EXPECT_FALSE(RevocationReceipt::decode(key().encode()).has_value());
}

}
