// A certificate taken apart for the lint, down to what its rules ask for. Views point into the certificate,
// which must outlive them. Inner header of `pki`. Pure.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "pki/certificate.h"

namespace qss::pki {

struct Tlv {
    std::uint8_t tag = 0; // the identifier octet
    ByteView contents;
    ByteView whole;
};
// All of them, to the last byte; nothing when that is not so.
std::optional<std::vector<Tlv>> read_tlvs(ByteView der);

struct LintAttribute {
    std::string type; // OID
    std::uint8_t tag = 0;
    std::string value;
};
using LintName = std::vector<std::vector<LintAttribute>>; // of RDNs

struct LintExtension {
    std::string oid;
    bool critical = false;
    ByteView value;
};

struct LintPolicy {
    std::string oid;
    bool has_qualifier = false;
};

struct LintDistributionPoint {
    bool has_name_or_issuer = false;
    bool is_plain = false; // nothing but one full name
    std::vector<std::string> uris;
};

struct LintAccess {
    std::string method;
    bool is_uri = false;
    std::string uri;
};

struct LintStatement {
    std::string oid;
    std::vector<Tlv> info; // what follows the identifier
};

struct LintGeneralName {
    std::uint8_t tag = 0;
    ByteView contents;
};

class LintView {
public:
    // malformed: a field or an extension that we know is not what its standard says.
    static Result<LintView> read(const Certificate& certificate);

    const Certificate* certificate = nullptr;
    std::vector<Tlv> tbs;                   // the fields from version on
    ByteView outer_algorithm, inner_algorithm;
    LintName issuer, subject;
    std::vector<Tlv> times;                 // notBefore, notAfter
    bool has_issuer_unique_id = false;
    bool has_subject_unique_id = false;
    std::vector<LintExtension> extensions;

    std::optional<std::uint16_t> key_usage; // as profile.h numbers the bits
    std::vector<std::string> purposes;      // of extKeyUsage
    std::vector<Tlv> basic_constraints, authority_key_id, key_use; // their fields
    std::optional<ByteView> subject_key_id;
    std::vector<LintPolicy> policies;
    std::vector<LintDistributionPoint> crl_points;
    std::vector<LintAccess> access;
    std::vector<LintGeneralName> alt_names;
    std::vector<LintStatement> statements;

    [[nodiscard]] const LintExtension* extension(std::string_view oid) const; // the first
    [[nodiscard]] bool has(std::string_view oid) const { return extension(oid) != nullptr; }
    [[nodiscard]] bool is_critical(std::string_view oid) const; // and there
    [[nodiscard]] const LintStatement* statement(std::string_view oid) const;
    [[nodiscard]] bool has_access(std::string_view method) const;
    // The semantics that pkixQCSyntax-v2 claims; empty: none.
    [[nodiscard]] std::string semantics() const;

private:
    Status read_fields();
    Status read_extension(const LintExtension& extension);
};

[[nodiscard]] std::string dotted(const Tlv& object); // empty: no OBJECT IDENTIFIER

// Of names.
[[nodiscard]] std::size_t count(const LintName& name, std::string_view type);
[[nodiscard]] std::string value_of(const LintName& name, std::string_view type); // the first; empty: none

}
