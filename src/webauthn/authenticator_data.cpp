#include "webauthn/authenticator_data.h"

#include "base/limits.h"
#include "crypto/digest.h"
#include "webauthn/cbor.h"

namespace qss::webauthn {

namespace {

constexpr std::size_t hash_size = 32;
constexpr std::size_t fixed_size = hash_size + 1 + 4; // rpIdHash, flags, signCount
constexpr std::size_t aaguid_size = 16;
constexpr std::size_t coordinate_size = 32;
constexpr std::uint8_t flags_reserved = 0x22;

// RFC 9053 2.1, 7.1.1 and RFC 9052 7: kty EC2, alg ES256, crv P-256, x, y; in CTAP2's canonical order.
constexpr std::int64_t cose_kty = 1, cose_alg = 3, cose_crv = -1, cose_x = -2, cose_y = -3;
constexpr std::int64_t cose_ec2 = 2, cose_es256 = -7, cose_p256 = 1;

Status refuse(std::string detail)
{
    return fail(ErrorCode::verification_failed, "authenticator data: " + std::move(detail));
}

Result<crypto::PublicKey> read_cose_key(ByteView encoded)
{
    CborReader reader(encoded);
    TRY(reader.map(5));
    TRY(reader.integer_is(cose_kty));
    TRY(reader.integer_is(cose_ec2));
    TRY(reader.integer_is(cose_alg));
    TRY(reader.integer_is(cose_es256));
    TRY(reader.integer_is(cose_crv));
    TRY(reader.integer_is(cose_p256));
    TRY(reader.integer_is(cose_x));
    TRY_ASSIGN(x, reader.bytes(coordinate_size));
    TRY(reader.integer_is(cose_y));
    TRY_ASSIGN(y, reader.bytes(coordinate_size));
    TRY(reader.finish());
    return crypto::PublicKey::from_p256_coordinates(x, y);
}

Result<AttestedCredential> read_attested(ByteView data)
{
    if (data.size() < aaguid_size + 2)
        return fail(ErrorCode::malformed, "cut off in the credential data");
    const std::size_t id_size = static_cast<std::size_t>(data[aaguid_size]) << 8 | data[aaguid_size + 1];
    const auto rest = data.subspan(aaguid_size + 2);
    if (id_size == 0 || id_size > limits::webauthn_credential_id_size || id_size > rest.size())
        return fail(ErrorCode::malformed, "length of the credential id");
    TRY_ASSIGN(key, read_cose_key(rest.subspan(id_size)));
    return AttestedCredential{to_bytes(data.first(aaguid_size)), to_bytes(rest.first(id_size)),
                              std::move(key)};
}

Status check_flags(std::uint8_t flags, Ceremony ceremony)
{
    if ((flags & flag_user_present) == 0)
        return refuse("user not present");
    if ((flags & flag_user_verified) == 0)
        return refuse("user not verified");
    if ((flags & (flag_backup_eligible | flag_backed_up)) != 0)
        return refuse("the credential may leave its device (backup eligible)");
    if ((flags & flag_extensions) != 0)
        return refuse("extensions, which nobody asked for");
    if ((flags & flags_reserved) != 0)
        return refuse("a reserved flag is set");
    const bool attested = (flags & flag_attested_data) != 0;
    if (attested != (ceremony == Ceremony::registration))
        return refuse("credential data where none may be, or none where it must be");
    return {};
}

}

Result<AuthenticatorData> check_authenticator_data(ByteView data, std::string_view rp_id, Ceremony ceremony)
{
    if (data.size() < fixed_size || data.size() > limits::authenticator_data_size)
        return fail(ErrorCode::verification_failed, "authenticator data: length");
    if (!equal_public(data.first(hash_size), crypto::sha256(as_bytes(rp_id))))
        return fail(ErrorCode::verification_failed, "authenticator data: another relying party");
    AuthenticatorData parsed;
    parsed.flags = data[hash_size];
    for (const auto byte : data.subspan(hash_size + 1, 4))
        parsed.sign_count = parsed.sign_count << 8 | byte;
    TRY(check_flags(parsed.flags, ceremony));
    const auto rest = data.subspan(fixed_size);
    if (ceremony == Ceremony::registration) {
        auto attested = read_attested(rest);
        if (!attested)
            return fail(ErrorCode::verification_failed, "authenticator data: " + attested.error().detail);
        parsed.attested = std::move(*attested);
    } else if (!rest.empty()) {
        return fail(ErrorCode::verification_failed, "authenticator data: bytes left over");
    }
    return parsed;
}

Bytes encode_authenticator_data(std::string_view rp_id, std::uint8_t flags, std::uint32_t sign_count)
{
    auto data = crypto::sha256(as_bytes(rp_id));
    data.push_back(flags);
    for (int shift = 24; shift >= 0; shift -= 8)
        data.push_back(static_cast<std::uint8_t>(sign_count >> shift));
    return data;
}

Bytes encode_attested_credential(ByteView aaguid, ByteView credential_id, const crypto::PublicKey& key)
{
    QSS_ASSERT(aaguid.size() == aaguid_size && credential_id.size() <= limits::webauthn_credential_id_size);
    QSS_ASSERT(key.type() == crypto::KeyType::p256 && key.spki().size() > 2 * coordinate_size);
    const auto point = ByteView(key.spki()).last(2 * coordinate_size); // an uncompressed point ends the SPKI
    CborWriter cose;
    cose.map(5).integer(cose_kty).integer(cose_ec2).integer(cose_alg).integer(cose_es256);
    cose.integer(cose_crv).integer(cose_p256);
    cose.integer(cose_x)
        .bytes(point.first(coordinate_size))
        .integer(cose_y)
        .bytes(point.last(coordinate_size));
    const std::uint8_t id_size[] = {static_cast<std::uint8_t>(credential_id.size() >> 8),
                                    static_cast<std::uint8_t>(credential_id.size() & 0xFF)};
    return concat({aaguid, id_size, credential_id, cose.take()});
}

}
