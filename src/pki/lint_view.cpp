#include "pki/lint_view.h"

#include <algorithm>

#include <openssl/objects.h>

#include "pki/asn1.h"
#include "pki/name.h"

namespace qss::pki {

namespace {

// Identifier octets (X.690 8.1.2).
constexpr std::uint8_t tag_boolean = 0x01;
constexpr std::uint8_t tag_integer = 0x02;
constexpr std::uint8_t tag_bit_string = 0x03;
constexpr std::uint8_t tag_octet_string = 0x04;
constexpr std::uint8_t tag_null = 0x05;
constexpr std::uint8_t tag_oid = 0x06;
constexpr std::uint8_t tag_sequence = 0x30;
constexpr std::uint8_t tag_set = 0x31;
constexpr std::uint8_t tag_uri = 0x86;         // GeneralName
constexpr std::uint8_t constructed_0 = 0xA0;   // [0]
constexpr std::size_t max_elements = 64;

Status need(bool condition, std::string_view what)
{
    if (!condition)
        return fail(ErrorCode::malformed, std::string(what));
    return {};
}

// The elements of a SEQUENCE or SET that fills `der`.
Result<std::vector<Tlv>> elements(ByteView der, std::uint8_t tag, std::string_view what)
{
    const auto outer = read_tlvs(der);
    TRY(need(outer && outer->size() == 1 && outer->front().tag == tag, what));
    auto inner = read_tlvs(outer->front().contents);
    TRY(need(inner.has_value() && inner->size() <= max_elements, what));
    return std::move(*inner);
}

Result<std::string> object(const std::vector<Tlv>& parts, std::string_view what)
{
    auto oid = parts.empty() ? std::string() : dotted(parts.front());
    TRY(need(!oid.empty(), what));
    return oid;
}

Result<LintName> read_name(ByteView der, std::string_view what)
{
    TRY_ASSIGN(rdns, elements(der, tag_sequence, what));
    LintName name;
    for (const auto& rdn : rdns) {
        TRY_ASSIGN(attributes, elements(rdn.whole, tag_set, what));
        auto& read = name.emplace_back();
        for (const auto& attribute : attributes) {
            TRY_ASSIGN(parts, elements(attribute.whole, tag_sequence, what));
            TRY(need(parts.size() == 2, what));
            TRY_ASSIGN(type, object(parts, what));
            read.push_back({std::move(type), parts[1].tag, to_string(parts[1].contents)});
        }
    }
    return name;
}

Result<std::vector<LintExtension>> read_extensions(ByteView der)
{
    constexpr std::string_view what = "extensions";
    TRY_ASSIGN(all, elements(der, tag_sequence, what));
    std::vector<LintExtension> extensions;
    for (const auto& extension : all) {
        TRY_ASSIGN(parts, elements(extension.whole, tag_sequence, what));
        TRY(need(parts.size() == 2 || (parts.size() == 3 && parts[1].tag == tag_boolean), what));
        TRY(need(parts.back().tag == tag_octet_string, what));
        // DER has no DEFAULT FALSE, and one TRUE (X.690 11.1, 11.5).
        TRY(need(parts.size() == 2 || equal_public(parts[1].contents, Bytes{0xFF}), what));
        TRY_ASSIGN(oid, object(parts, what));
        extensions.push_back({std::move(oid), parts.size() == 3, parts.back().contents});
    }
    return extensions;
}

Result<std::uint16_t> read_key_usage(ByteView value)
{
    const auto bits = read_tlvs(value);
    TRY(need(bits && bits->size() == 1 && bits->front().tag == tag_bit_string, "keyUsage"));
    const auto contents = bits->front().contents; // the count of unused bits, then the octets
    TRY(need(!contents.empty() && contents.size() <= 3, "keyUsage"));
    const unsigned first = contents.size() > 1 ? contents[1] : 0;
    const unsigned second = contents.size() > 2 ? contents[2] : 0;
    return static_cast<std::uint16_t>(first << 8 | second);
}

Result<std::vector<std::string>> read_purposes(ByteView value)
{
    TRY_ASSIGN(all, elements(value, tag_sequence, "extKeyUsage"));
    std::vector<std::string> purposes;
    for (const auto& one : all)
        purposes.push_back(dotted(one));
    return purposes;
}

Result<std::vector<LintPolicy>> read_policies(ByteView value)
{
    constexpr std::string_view what = "certificatePolicies";
    TRY_ASSIGN(all, elements(value, tag_sequence, what));
    std::vector<LintPolicy> policies;
    for (const auto& policy : all) {
        TRY_ASSIGN(parts, elements(policy.whole, tag_sequence, what));
        TRY_ASSIGN(oid, object(parts, what));
        policies.push_back({std::move(oid), parts.size() > 1});
    }
    return policies;
}

Result<LintDistributionPoint> read_distribution_point(ByteView der)
{
    constexpr std::string_view what = "cRLDistributionPoints";
    constexpr std::uint8_t crl_issuer = 0xA2;
    TRY_ASSIGN(fields, elements(der, tag_sequence, what));
    LintDistributionPoint point;
    point.is_plain = fields.size() == 1 && fields.front().tag == constructed_0;
    for (const auto& field : fields) {
        point.has_name_or_issuer |= field.tag == constructed_0 || field.tag == crl_issuer;
        if (field.tag != constructed_0)
            continue;
        TRY_ASSIGN(names, elements(field.contents, constructed_0, what)); // fullName
        point.is_plain = point.is_plain && names.size() == 1;
        for (const auto& name : names)
            if (name.tag == tag_uri)
                point.uris.push_back(to_string(name.contents));
    }
    return point;
}

Result<std::vector<LintDistributionPoint>> read_crl_points(ByteView value)
{
    TRY_ASSIGN(all, elements(value, tag_sequence, "cRLDistributionPoints"));
    std::vector<LintDistributionPoint> points;
    for (const auto& one : all) {
        TRY_ASSIGN(point, read_distribution_point(one.whole));
        points.push_back(std::move(point));
    }
    return points;
}

Result<std::vector<LintAccess>> read_access(ByteView value)
{
    constexpr std::string_view what = "authorityInfoAccess";
    TRY_ASSIGN(all, elements(value, tag_sequence, what));
    std::vector<LintAccess> access;
    for (const auto& description : all) {
        TRY_ASSIGN(parts, elements(description.whole, tag_sequence, what));
        TRY(need(parts.size() == 2, what));
        TRY_ASSIGN(method, object(parts, what));
        access.push_back({std::move(method), parts[1].tag == tag_uri, to_string(parts[1].contents)});
    }
    return access;
}

Result<std::vector<LintStatement>> read_statements(ByteView value)
{
    constexpr std::string_view what = "qcStatements";
    TRY_ASSIGN(all, elements(value, tag_sequence, what));
    std::vector<LintStatement> statements;
    for (const auto& statement : all) {
        TRY_ASSIGN(parts, elements(statement.whole, tag_sequence, what));
        TRY_ASSIGN(oid, object(parts, what));
        TRY(need(parts.size() <= 2, what));
        parts.erase(parts.begin());
        statements.push_back({std::move(oid), std::move(parts)});
    }
    return statements;
}

Result<std::vector<LintGeneralName>> read_general_names(ByteView value)
{
    TRY_ASSIGN(all, elements(value, tag_sequence, "subjectAltName"));
    std::vector<LintGeneralName> names;
    for (const auto& one : all)
        names.push_back({one.tag, one.contents});
    return names;
}

}

std::optional<std::vector<Tlv>> read_tlvs(ByteView der)
{
    std::vector<Tlv> all;
    while (!der.empty()) {
        const auto* cursor = der.data();
        long size = 0;
        int number = 0;
        int tag_class = 0;
        const int flags = ASN1_get_object(&cursor, &size, &number, &tag_class, static_cast<long>(der.size()));
        const auto header = static_cast<std::size_t>(cursor - der.data());
        const bool definite = (flags & 0x81) == 0; // 0x80: an error, 0x01: without a length
        if (!definite || number > 30 || header + static_cast<std::size_t>(size) > der.size()) {
            crypto::openssl_errors();
            return std::nullopt;
        }
        const auto end = header + static_cast<std::size_t>(size);
        all.push_back({der.front(), der.subspan(header, static_cast<std::size_t>(size)), der.first(end)});
        der = der.subspan(end);
    }
    return all;
}

std::string dotted(const Tlv& tlv)
{
    if (tlv.tag != tag_oid)
        return {};
    const auto* cursor = tlv.whole.data();
    const ObjectPtr oid(d2i_ASN1_OBJECT(nullptr, &cursor, static_cast<long>(tlv.whole.size())));
    char text[128];
    if (!oid || OBJ_obj2txt(text, sizeof text, oid.get(), 1) <= 0) {
        crypto::openssl_errors();
        return {};
    }
    return text;
}

Result<LintView> LintView::read(const Certificate& certificate)
{
    LintView view;
    view.certificate = &certificate;
    TRY_ASSIGN(signed_parts, elements(certificate.der(), tag_sequence, "certificate"));
    TRY(need(signed_parts.size() == 3, "certificate"));
    view.outer_algorithm = signed_parts[1].whole;
    TRY_ASSIGN(fields, elements(signed_parts[0].whole, tag_sequence, "tbsCertificate"));
    view.tbs = std::move(fields);
    TRY(view.read_fields());
    for (const auto& extension : view.extensions)
        TRY(view.read_extension(extension));
    return view;
}

Status LintView::read_fields()
{
    constexpr std::size_t required = 7; // version to subjectPublicKeyInfo
    TRY(need(tbs.size() >= required && tbs[0].tag == constructed_0 && tbs[1].tag == tag_integer,
             "tbsCertificate"));
    inner_algorithm = tbs[2].whole;
    TRY_ASSIGN(issuer_name, read_name(tbs[3].whole, "issuer"));
    issuer = std::move(issuer_name);
    TRY_ASSIGN(both, elements(tbs[4].whole, tag_sequence, "validity"));
    TRY(need(both.size() == 2, "validity"));
    times = std::move(both);
    TRY_ASSIGN(subject_name, read_name(tbs[5].whole, "subject"));
    subject = std::move(subject_name);
    for (std::size_t i = required; i < tbs.size(); ++i) {
        has_issuer_unique_id |= tbs[i].tag == 0x81;
        has_subject_unique_id |= tbs[i].tag == 0x82;
        if (tbs[i].tag == 0xA3) {
            TRY_ASSIGN(read, read_extensions(tbs[i].contents));
            extensions = std::move(read);
        }
    }
    return {};
}

Status LintView::read_extension(const LintExtension& extension)
{
    const auto& [oid, critical, value] = extension;
    const auto into = [](auto& member, auto read) -> Status {
        TRY(read);
        member = std::move(*read);
        return {};
    };
    if (oid == oids::key_usage)
        return into(key_usage, read_key_usage(value));
    if (oid == oids::extended_key_usage)
        return into(purposes, read_purposes(value));
    if (oid == oids::basic_constraints)
        return into(basic_constraints, elements(value, tag_sequence, "basicConstraints"));
    if (oid == oids::authority_key_identifier)
        return into(authority_key_id, elements(value, tag_sequence, "authorityKeyIdentifier"));
    if (oid == oids::private_key_usage_period)
        return into(key_use, elements(value, tag_sequence, "privateKeyUsagePeriod"));
    if (oid == oids::certificate_policies)
        return into(policies, read_policies(value));
    if (oid == oids::crl_distribution_points)
        return into(crl_points, read_crl_points(value));
    if (oid == oids::authority_info_access)
        return into(access, read_access(value));
    if (oid == oids::qc_statements)
        return into(statements, read_statements(value));
    if (oid == oids::subject_alt_name)
        return into(alt_names, read_general_names(value));
    const auto whole = read_tlvs(value);
    if (oid == oids::subject_key_identifier) {
        TRY(need(whole && whole->size() == 1 && whole->front().tag == tag_octet_string,
                 "subjectKeyIdentifier"));
        subject_key_id = whole->front().contents;
    }
    // RFC 6960 4.2.2.2.1, EN 319 412-1 5.2, RFC 9608 2
    if (oid == oids::ocsp_no_check || oid == oids::validity_assured || oid == oids::no_rev_avail)
        TRY(need(whole && whole->size() == 1 && whole->front().tag == tag_null &&
                     whole->front().contents.empty(),
                 "an extension whose value is NULL"));
    return {};
}

const LintExtension* LintView::extension(std::string_view oid) const
{
    const auto found = std::find_if(extensions.begin(), extensions.end(),
                                    [&](const auto& candidate) { return candidate.oid == oid; });
    return found == extensions.end() ? nullptr : &*found;
}

bool LintView::is_critical(std::string_view oid) const
{
    return std::any_of(extensions.begin(), extensions.end(),
                       [&](const auto& candidate) { return candidate.oid == oid && candidate.critical; });
}

const LintStatement* LintView::statement(std::string_view oid) const
{
    const auto found = std::find_if(statements.begin(), statements.end(),
                                    [&](const auto& candidate) { return candidate.oid == oid; });
    return found == statements.end() ? nullptr : &*found;
}

bool LintView::has_access(std::string_view method) const
{
    return std::any_of(access.begin(), access.end(),
                       [&](const auto& candidate) { return candidate.method == method; });
}

std::string LintView::semantics() const
{
    const auto* claim = statement(oids::qc_syntax_v2);
    if (claim == nullptr || claim->info.size() != 1 || claim->info.front().tag != tag_sequence)
        return {};
    const auto parts = read_tlvs(claim->info.front().contents);
    return parts && !parts->empty() ? dotted(parts->front()) : std::string();
}

std::size_t count(const LintName& name, std::string_view type)
{
    std::size_t found = 0;
    for (const auto& rdn : name)
        for (const auto& attribute : rdn)
            if (attribute.type == type)
                ++found;
    return found;
}

std::string value_of(const LintName& name, std::string_view type)
{
    for (const auto& rdn : name)
        for (const auto& attribute : rdn)
            if (attribute.type == type)
                return attribute.value;
    return {};
}

}
