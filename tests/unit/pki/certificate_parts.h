// A certificate in pieces, each of which a test may spoil: what the builder refuses to make.
#pragma once

#include "pki/asn1.h"
#include "pki/der.h"
#include "pki/extensions.h"
#include "pki/lint_view.h"
#include "unit/pki/test_pki.h"

namespace qss::pki::testing {

struct PartExtension {
    std::string oid;
    Critical critical = Critical::no;
    Bytes value;
};

struct PartAttribute {
    std::string_view type;
    std::string value;
    std::uint8_t tag = 0x0C; // UTF8String
};

inline Bytes encode_attribute(const PartAttribute& attribute)
{
    const bool printable = attribute.type == oids::country || attribute.type == oids::serial_number;
    const auto tag = printable && attribute.tag == 0x0C ? static_cast<std::uint8_t>(0x13) : attribute.tag;
    return der::sequence({der::oid(attribute.type), der::tlv(tag, as_bytes(attribute.value))});
}

inline Bytes encode_parts_name(const std::vector<PartAttribute>& attributes)
{
    Bytes rdns;
    for (const auto& attribute : attributes)
        rdns = concat({rdns, der::set({encode_attribute(attribute)})});
    return der::sequence({rdns});
}

// Fields of TBSCertificate, each whole.
struct Parts {
    Bytes version, serial, algorithm, issuer, not_before, not_after, subject, spki;
    Bytes unique_ids;
    std::vector<PartExtension> extensions;
    Bytes more_extensions; // whole
    std::optional<Bytes> outer_algorithm; // when it is not the inner one

    static Parts of(ByteView tbs)
    {
        const auto fields = *read_tlvs(read_tlvs(tbs)->front().contents);
        const auto times = *read_tlvs(fields[4].contents);
        Parts parts{to_bytes(fields[0].whole),
                    to_bytes(fields[1].whole),
                    to_bytes(fields[2].whole),
                    to_bytes(fields[3].whole),
                    to_bytes(times[0].whole),
                    to_bytes(times[1].whole),
                    to_bytes(fields[5].whole),
                    to_bytes(fields[6].whole),
                    {},
                    {},
                    {},
                    {}};
        const auto all = *read_tlvs(read_tlvs(fields[7].contents)->front().contents);
        for (const auto& extension : all) {
            const auto inner = *read_tlvs(extension.contents);
            parts.extensions.push_back({dotted(inner[0]), inner.size() == 3 ? Critical::yes : Critical::no,
                                        to_bytes(inner.back().contents)});
        }
        return parts;
    }

    PartExtension& at(std::string_view oid)
    {
        return *std::find_if(extensions.begin(), extensions.end(),
                             [&](const auto& extension) { return extension.oid == oid; });
    }
    void drop(std::string_view oid)
    {
        std::erase_if(extensions, [&](const auto& extension) { return extension.oid == oid; });
    }
    void add(std::string_view oid, ByteView value, Critical critical = Critical::no)
    {
        extensions.push_back({std::string(oid), critical, to_bytes(value)});
    }

    [[nodiscard]] Bytes encode() const
    {
        auto all = more_extensions;
        for (const auto& [oid, critical, value] : extensions)
            all = concat({all, extension(oid, critical, value)});
        const auto tail = extensions.empty() ? Bytes{} : der::explicitly(3, der::sequence({all}));
        return der::sequence({version, serial, algorithm, issuer, der::sequence({not_before, not_after}),
                              subject, spki, unique_ids, tail});
    }

    [[nodiscard]] Bytes sign(const crypto::PrivateKey& key) const
    {
        const auto tbs = encode();
        const auto fields = *der::signature_fields(tbs, key);
        if (!outer_algorithm)
            return der::sequence({tbs, fields});
        const auto signature = read_tlvs(fields)->back().whole;
        return der::sequence({tbs, *outer_algorithm, signature});
    }
};

}
