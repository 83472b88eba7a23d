// Distinguished names as we write them: one attribute in each RDN, C and serialNumber PrintableString,
// everything else UTF8String (RFC 5280 4.1.2.4; EN 319 412-2 4.2), and the OIDs that `pki` uses. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace qss::pki {

namespace oids {
// Extended key purposes of our own: all of these certificates are under one root, and without them an
// officer or the OCSP responder could sign evidence as the SAM does. On RFC 5612's arc, since a UUID's
// (X.667) does not fit the 32 bits that many readers have for an arc.
inline constexpr std::string_view purpose_sam_evidence = "1.3.6.1.4.1.32473.2.1";
inline constexpr std::string_view purpose_officer = "1.3.6.1.4.1.32473.2.2";
inline constexpr std::string_view common_name = "2.5.4.3";
inline constexpr std::string_view surname = "2.5.4.4";
inline constexpr std::string_view serial_number = "2.5.4.5";
inline constexpr std::string_view country = "2.5.4.6";
inline constexpr std::string_view organisation = "2.5.4.10";
inline constexpr std::string_view given_name = "2.5.4.42";
inline constexpr std::string_view pseudonym = "2.5.4.65";
inline constexpr std::string_view organisation_identifier = "2.5.4.97";

inline constexpr std::string_view subject_key_identifier = "2.5.29.14";
inline constexpr std::string_view key_usage = "2.5.29.15";
inline constexpr std::string_view private_key_usage_period = "2.5.29.16";
inline constexpr std::string_view subject_alt_name = "2.5.29.17";
inline constexpr std::string_view basic_constraints = "2.5.29.19";
inline constexpr std::string_view crl_number = "2.5.29.20";
inline constexpr std::string_view crl_reason = "2.5.29.21";
inline constexpr std::string_view issuing_distribution_point = "2.5.29.28";
inline constexpr std::string_view crl_distribution_points = "2.5.29.31";
inline constexpr std::string_view certificate_policies = "2.5.29.32";
inline constexpr std::string_view any_policy = "2.5.29.32.0";
inline constexpr std::string_view authority_key_identifier = "2.5.29.35";
inline constexpr std::string_view extended_key_usage = "2.5.29.37";
inline constexpr std::string_view no_rev_avail = "2.5.29.56";
inline constexpr std::string_view expired_certs_on_crl = "2.5.29.60";

inline constexpr std::string_view authority_info_access = "1.3.6.1.5.5.7.1.1";
inline constexpr std::string_view qc_statements = "1.3.6.1.5.5.7.1.3";
inline constexpr std::string_view server_auth = "1.3.6.1.5.5.7.3.1";
inline constexpr std::string_view client_auth = "1.3.6.1.5.5.7.3.2";
inline constexpr std::string_view time_stamping = "1.3.6.1.5.5.7.3.8";
inline constexpr std::string_view ocsp_signing = "1.3.6.1.5.5.7.3.9";
inline constexpr std::string_view qc_syntax_v2 = "1.3.6.1.5.5.7.11.2";
inline constexpr std::string_view access_ocsp = "1.3.6.1.5.5.7.48.1";
inline constexpr std::string_view ocsp_basic = "1.3.6.1.5.5.7.48.1.1";
inline constexpr std::string_view ocsp_nonce = "1.3.6.1.5.5.7.48.1.2";
inline constexpr std::string_view ocsp_no_check = "1.3.6.1.5.5.7.48.1.5";
inline constexpr std::string_view ocsp_archive_cutoff = "1.3.6.1.5.5.7.48.1.6";
inline constexpr std::string_view access_ca_issuers = "1.3.6.1.5.5.7.48.2";
inline constexpr std::string_view sha1 = "1.3.14.3.2.26";

// RFC 5652 11, RFC 5035 4, RFC 3161 2.4.2
inline constexpr std::string_view cms_signed_data = "1.2.840.113549.1.7.2";
inline constexpr std::string_view cms_content_type = "1.2.840.113549.1.9.3";
inline constexpr std::string_view cms_message_digest = "1.2.840.113549.1.9.4";
inline constexpr std::string_view cms_signing_certificate_v2 = "1.2.840.113549.1.9.16.2.47";
inline constexpr std::string_view tst_info = "1.2.840.113549.1.9.16.1.4";

inline constexpr std::string_view qcp_n_qscd = "0.4.0.194112.1.2";       // EN 319 411-2 5.3
inline constexpr std::string_view qcp_l_qscd = "0.4.0.194112.1.3";
inline constexpr std::string_view qc_compliance = "0.4.0.1862.1.1";      // EN 319 412-5 4.2.1
inline constexpr std::string_view qc_sscd = "0.4.0.1862.1.4";            // 4.2.2
inline constexpr std::string_view qc_pds = "0.4.0.1862.1.5";             // 4.3.4
inline constexpr std::string_view qc_type = "0.4.0.1862.1.6";            // 4.2.3
inline constexpr std::string_view qc_type_esign = "0.4.0.1862.1.6.1";
inline constexpr std::string_view qc_type_eseal = "0.4.0.1862.1.6.2";
inline constexpr std::string_view semantics_natural = "0.4.0.194121.1.1"; // EN 319 412-1 5.1.3
inline constexpr std::string_view semantics_legal = "0.4.0.194121.1.2";   // 5.1.4
inline constexpr std::string_view qualified_timestamp = "0.4.0.19422.1.1";   // EN 319 422 9.1
inline constexpr std::string_view validity_assured = "0.4.0.194121.2.1";  // 5.2
}

struct Attribute {
    std::string_view type; // one of `oids`
    std::string value;     // UTF-8
};
using Name = std::vector<Attribute>;

// DER of the Name. invalid_argument: an empty value, or one that its string type cannot hold.
Result<Bytes> encode_name(const Name& name);

[[nodiscard]] bool is_printable_string(std::string_view text); // X.680 41.4

}
