// RFC 3161 2.4.2 with RFC 5816: makes TimeStampTokens (CMS SignedData of a TSTInfo) and the responses around
// them, by the profile of EN 319 422: ESSCertIDv2, accuracy, milliseconds, the qualified statement. Pure;
// safe from any thread.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "pki/certificate.h"
#include "pki/timestamp_request.h"

namespace qss::pki {

inline constexpr std::size_t timestamp_serial_size = 20; // RFC 3161 2.4.2: 160 bits

struct TimestampFacts {
    ByteView serial; // contents of a positive INTEGER
    TimePoint time;
};

struct TimestampDraft {
    const TimestampRequest& request;
    TimestampFacts facts;
};

// What all tokens of one time-stamping unit share, encoded once.
class TimestampUnit {
public:
    struct Profile {
        std::string_view policy;   // OID
        Milliseconds accuracy;     // 1 to 1000 (EN 319 421 TIS-7.7.2-03)
    };
    // `above`: what goes along with the unit's certificate towards the root. invalid_argument: no such
    // accuracy.
    static Result<TimestampUnit> make(const Certificate& unit, std::span<const Certificate> above,
                                      const Profile& profile);

    [[nodiscard]] const Bytes& policy() const { return m_policy; } // OID, DER
    [[nodiscard]] crypto::SignatureAlgorithm signature_algorithm() const { return m_algorithm; }

private:
    friend Result<std::vector<Bytes>> sign_timestamps(const TimestampUnit&, std::span<const TimestampDraft>,
                                                      const crypto::Signer&);
    [[nodiscard]] Bytes encode_info(const TimestampRequest& request, const TimestampFacts& facts) const;
    [[nodiscard]] Bytes signed_attributes(ByteView info) const; // contents of the SET
    [[nodiscard]] Bytes encode_token(const TimestampRequest& request, ByteView info, ByteView attributes,
                                     ByteView signature) const;

    TimestampUnit() = default;
    crypto::SignatureAlgorithm m_algorithm{};
    Bytes m_policy;
    Bytes m_accuracy;
    Bytes m_name;               // tsa, the certificate's subject
    Bytes m_extensions;         // the qualified statement
    Bytes m_content_type;       // these three: signed attributes
    Bytes m_digest_prefix;      // all of messageDigest before the digest
    Bytes m_signing_certificate;
    Bytes m_digest_algorithm;
    Bytes m_signature_algorithm;
    Bytes m_signer_id;
    Bytes m_certificates;
};

// 48 bits of milliseconds, then 112 random ones. No counter that a restored copy of a machine would repeat,
// no number for each node that could be set wrongly; and the record, sorted by it, only grows at its end.
Bytes timestamp_serial(TimePoint time, Random& random);

// The bare TimeStampToken (ContentInfo) of each draft, DER. RSA signatures are checked.
Result<std::vector<Bytes>> sign_timestamps(const TimestampUnit& unit, std::span<const TimestampDraft> drafts,
                                           const crypto::Signer& signer);

// TimeStampResp, DER: PKIStatus granted; rejection; revocationNotification (the unit's certificate was
// revoked). The others are never true here.
Bytes granted_timestamp(ByteView token);
Bytes refused_timestamp(TimestampFailure failure, std::string_view text);
Bytes revoked_timestamp();

// GeneralizedTime with milliseconds, without trailing zeros (RFC 3161 2.4.2).
Bytes encode_gen_time(TimePoint time);

}
