// Certificates with one fault each, and the findings that it must give. Our own lint is asked in
// lint_test.cpp; pkilint, which has the same names for them, in tests/interop/test_profiles.py.
#pragma once

#include <functional>

#include "unit/pki/certificate_parts.h"

namespace qss::pki::testing {

struct Broken {
    std::string name;
    ProfileId profile;
    std::vector<std::string> findings; // exactly these, in the order of the tables
    Bytes der;
};

class BrokenCertificates {
public:
    std::vector<Broken> all()
    {
        fields();
        issuer_names();
        natural_subjects();
        legal_subjects();
        natural_numbers();
        legal_numbers();
        presence();
        criticality();
        keys();
        locations();
        server_names();
        policies();
        statements();
        short_term();
        profiles();
        return std::move(m_all);
    }

private:
    using Spoil = std::function<void(Parts&)>;

    static constexpr auto natural = ProfileId::natural_person_esign;
    static constexpr auto legal = ProfileId::legal_person_eseal;

    Parts good(ProfileId id)
    {
        const bool self = profile(id).is_self_signed();
        const auto made =
            contents(id, m_chain.person_key.public_key(), self ? nullptr : &m_chain.issuing, subject_for(id));
        return Parts::of(*encode_tbs_certificate(profile(id), made, m_chain.issuing_key.type()));
    }

    void add(std::string name, ProfileId id, std::vector<std::string> findings, const Spoil& spoil)
    {
        auto parts = good(id);
        spoil(parts);
        m_all.push_back({std::move(name), id, std::move(findings), parts.sign(m_chain.issuing_key)});
    }

    void fields()
    {
        using namespace std::chrono;
        add("serial-zero", natural,
            {"pkix.certificate_serial_number_out_of_range", "qss.serial_number_too_short"},
            [](Parts& p) { p.serial = der::integer(std::uint64_t{0}); });
        add("serial-long", natural, {"pkix.certificate_serial_number_out_of_range"},
            [](Parts& p) { p.serial = der::integer(Bytes(21, 0x11)); });
        add("serial-short", natural, {"qss.serial_number_too_short"},
            [](Parts& p) { p.serial = der::integer(Bytes(15, 0x11)); });
        add("algorithm-mismatch", natural, {"pkix.certificate_signature_algorithm_mismatch"}, [](Parts& p) {
            p.outer_algorithm = der::algorithm_identifier(crypto::SignatureAlgorithm::ecdsa_sha512);
        });
        add("algorithm-sha1", natural, {"etsi.en_319_412_2.gen-4.2.2-1.discouraged_signature_algorithm"},
            [](Parts& p) {
                p.algorithm = der::sequence({der::oid("1.2.840.10045.4.1")}); // ecdsa-with-SHA1
                p.outer_algorithm = p.algorithm;
            });
        add("time-generalized-before-2050", natural, {"pkix.wrong_time_useful_type"},
            [](Parts& p) { p.not_before = der::generalized_time(now); });
        add("time-utc-without-seconds", natural, {"pkix.utctime_incorrect_syntax"},
            [](Parts& p) { p.not_before = der::tlv(0x17, as_bytes("2611240000Z")); });
        add("time-generalized-with-fraction", ProfileId::root, {"pkix.generalizedtime_incorrect_syntax"},
            [](Parts& p) {
                p.not_before = der::tlv(0x18, as_bytes("20500101000000.5Z"));
                p.not_after = der::tlv(0x18, as_bytes("20510101000000Z"));
            });
        add("issuer-unique-id", natural, {"pkix.issuer_unique_id_present"},
            [](Parts& p) { p.unique_ids = der::tlv(0x81, Bytes{0, 1}); });
        add("subject-unique-id", natural, {"pkix.subject_unique_id_present"},
            [](Parts& p) { p.unique_ids = der::tlv(0x82, Bytes{0, 1}); });
        add("key-used-after-sunset", natural, {"qss.key_after_its_sunset"}, [](Parts& p) {
            p.spki = rsa2048_spki();
            p.at(oids::subject_key_identifier).value = der::octet_string(*key_identifier(p.spki));
            p.not_after = der::time(sys_days(2029y / 1 / 1));
        });
        add("key-certified-after-sunset", natural, {"qss.key_after_its_sunset"}, [](Parts& p) {
            p.spki = rsa2048_spki();
            p.at(oids::subject_key_identifier).value = der::octet_string(*key_identifier(p.spki));
            p.not_before = der::time(sys_days(2027y / 1 / 1));
            p.not_after = der::time(sys_days(2028y / 1 / 1));
        });
        add("asn1-policies", natural, {"itu.invalid_asn1_syntax"},
            [](Parts& p) { p.at(oids::certificate_policies).value = der::null(); });
        add("asn1-explicit-default", natural, {"itu.invalid_asn1_syntax"}, [](Parts& p) {
            const auto& value = p.at(oids::subject_key_identifier).value;
            p.more_extensions = der::sequence(
                {der::oid(oids::subject_key_identifier), der::tlv(0x01, Bytes{0}), der::octet_string(value)});
            p.drop(oids::subject_key_identifier);
        });
        add("no-extensions", natural, {"etsi.extensions_field_absent"},
            [](Parts& p) { p.extensions.clear(); });
    }

    using Attributes = std::vector<PartAttribute>;

    static Attributes issuer_name()
    {
        return {{oids::country, "LV"},
                {oids::organisation, "SIA Uzticama"},
                {oids::organisation_identifier, "NTRLV-40003000000"},
                {oids::common_name, "TEST Issuing CA"}};
    }
    static Attributes without(Attributes name, std::string_view type)
    {
        std::erase_if(name, [&](const auto& attribute) { return attribute.type == type; });
        return name;
    }
    static Attributes with(Attributes name, std::string_view type, std::string value)
    {
        name.push_back({type, std::move(value)});
        return name;
    }
    static Attributes changed(Attributes name, std::string_view type, std::string value)
    {
        return with(without(std::move(name), type), type, std::move(value));
    }

    void issuer_names()
    {
        const auto issuer = [this](std::string name, std::string finding, const Attributes& attributes) {
            add("issuer-" + std::move(name), natural, {"etsi.en_319_412_2.gen-4.2.3.1-" + std::move(finding)},
                [&](Parts& p) { p.issuer = encode_parts_name(attributes); });
        };
        issuer("without-country", "2.country_attribute_absent", without(issuer_name(), oids::country));
        issuer("without-organization", "2.organization_name_attribute_absent",
               without(issuer_name(), oids::organisation));
        issuer("without-common-name", "2.common_name_attribute_absent",
               without(issuer_name(), oids::common_name));
        issuer("identifier-is-name", "3.organization_id_and_organization_name_attribute_values_equal",
               changed(issuer_name(), oids::organisation, "NTRLV-40003000000"));
        issuer("twice", "5.prohibited_duplicate_attribute_present",
               with(issuer_name(), oids::common_name, "Another"));
        issuer("country-unknown", "6.unknown_country_code", changed(issuer_name(), oids::country, "XX"));
    }

    static Attributes person_name()
    {
        return {{oids::country, "LV"},
                {oids::organisation, "SIA Paraugs"},
                {oids::surname, "Bērziņa"},
                {oids::given_name, "Anna"},
                {oids::serial_number, "PNOLV-010180-12345"},
                {oids::common_name, "TEST Anna Bērziņa"}};
    }

    void person(std::string name, std::vector<std::string> findings, const Attributes& attributes)
    {
        add("person-" + std::move(name), natural, std::move(findings),
            [&](Parts& p) { p.subject = encode_parts_name(attributes); });
    }

    void natural_subjects()
    {
        const auto nameless = without(without(person_name(), oids::surname), oids::given_name);
        const std::string missing = "etsi.en_319_412_2.nat-4.2.4-1.required_attribute_missing";
        const std::string mixed = "etsi.en_319_412_2.nat-4.2.4-4.mixed_pseudonym_and_name_attributes_present";
        person("without-country", {missing}, without(person_name(), oids::country));
        person("without-common-name", {missing}, without(person_name(), oids::common_name));
        person("without-name", {missing}, nameless);
        person("two-common-names", {"etsi.en_319_412_2.nat-4.2.4-3.prohibited_duplicate_attribute_present"},
               with(person_name(), oids::common_name, "Another"));
        person("pseudonym-and-names", {mixed}, with(person_name(), oids::pseudonym, "Zvaigzne"));
        person("pseudonym-and-given-name", {mixed},
               with(without(person_name(), oids::surname), oids::pseudonym, "Zvaigzne"));
        person("pseudonym-and-surname", {mixed},
               with(without(person_name(), oids::given_name), oids::pseudonym, "Zvaigzne"));
        person("pseudonym", {}, with(nameless, oids::pseudonym, "Zvaigzne"));
        person("country-unknown", {"qss.nat-4.2.4-1.unknown_country_code"},
               changed(person_name(), oids::country, "XX"));
        person("email-address", {"pkix.subject_email_address_not_in_san"}, [] {
            auto name = person_name();
            name.push_back({"1.2.840.113549.1.9.1", "anna@example.com", 0x16});
            return name;
        }());
        person("without-number", {"qss.subject"}, without(person_name(), oids::serial_number));
        person("surname-twice", {"qss.subject"}, with(person_name(), oids::surname, "Ozola"));
        person("with-locality", {"qss.subject"}, with(person_name(), "2.5.4.7", "Rīga"));
        person("name-as-bmp-string", {"qss.subject_encoding"}, [] {
            auto name = person_name();
            name[3] = {oids::given_name, std::string("\0A", 2), 0x1E};
            return name;
        }());
        add("person-empty", natural,
            {"pkix.name_empty", "etsi.en_319_412_2.nat-4.2.4-1.required_attribute_missing"},
            [](Parts& p) { p.subject = der::sequence({}); });
        add("person-rdn-with-a-type-twice", natural, {"pkix.rdn_contains_duplicate_attribute_types"},
            [](Parts& p) {
                auto name = without(person_name(), oids::given_name);
                const auto one = encode_attribute({oids::given_name, "Anna"});
                const auto two = encode_attribute({oids::given_name, "Beta"});
                const auto rest = encode_parts_name(name);
                p.subject = der::sequence({read_tlvs(rest)->front().contents, der::set({one, two})});
            });
        add("person-rdn-of-two", natural, {"qss.subject"}, [](Parts& p) {
            const auto name = without(without(person_name(), oids::given_name), oids::surname);
            const auto rest = encode_parts_name(name);
            p.subject = der::sequence({read_tlvs(rest)->front().contents,
                                       der::set({encode_attribute({oids::given_name, "Anna"}),
                                                 encode_attribute({oids::surname, "Ozoliņa"})})});
        });
    }

    static Attributes company_name()
    {
        return {{oids::country, "LV"},
                {oids::organisation, "SIA Paraugs"},
                {oids::organisation_identifier, "NTRLV-40003000001"},
                {oids::common_name, "TEST Paraugs"}};
    }

    void company(std::string name, std::vector<std::string> findings, const Attributes& attributes)
    {
        add("company-" + std::move(name), legal, std::move(findings),
            [&](Parts& p) { p.subject = encode_parts_name(attributes); });
    }

    void legal_subjects()
    {
        const std::string absent = "etsi.en_319_412_3.leg-4.2.1-2.";
        company("without-country", {absent + "country_attribute_absent"},
                without(company_name(), oids::country));
        company("without-organization", {absent + "organization_name_attribute_absent"},
                without(company_name(), oids::organisation));
        company("without-identifier", {absent + "organization_identifier_attribute_absent"},
                without(company_name(), oids::organisation_identifier));
        company("without-common-name", {absent + "common_name_attribute_absent"},
                without(company_name(), oids::common_name));
        company("two-organizations", {"etsi.en_319_412_3.leg-4.2.1-3.prohibited_duplicate_attribute_present"},
                with(company_name(), oids::organisation, "SIA Otra"));
        company("country-unknown", {"etsi.en_319_412_3.leg-4.2.1-4.unknown_country_code"},
                changed(company_name(), oids::country, "XX"));
        company(
            "identifier-is-name",
            {"etsi.en_319_412_3.leg-4.2.1-6.organization_id_and_organization_name_attribute_values_equal"},
            changed(company_name(), oids::organisation, "NTRLV-40003000001"));
        company("with-a-unit", {"qss.subject"}, with(company_name(), "2.5.4.11", "Grāmatvedība"));
    }

    void natural_numbers()
    {
        const auto number = [this](const std::string& value, std::string finding) {
            person("number-" + value.substr(0, 5), {"etsi.en_319_412_1.nat-5.1.3." + std::move(finding)},
                   changed(person_name(), oids::serial_number, value));
        };
        number("12345", "invalid_identifier_format");
        number("PNOLV", "invalid_identifier_format");
        number("TAXLV-12345", "deprecated_identifier_scheme");
        number("EIDLV-12345", "invalid_identifier_scheme");
        number("TINEL-12345", "invalid_identifier_country");
        number("EI:LV-12345", "invalid_identifier_scheme");
        person("number-TINGR", {}, changed(person_name(), oids::serial_number, "TINGR-12345"));
    }

    void legal_numbers()
    {
        const auto number = [this](std::string name, const std::string& value,
                                   std::vector<std::string> findings) {
            company("number-" + std::move(name), std::move(findings),
                    changed(company_name(), oids::organisation_identifier, value));
        };
        const std::string format = "etsi.en_319_412_1.leg-5.1.4-02.invalid_format";
        const std::string scheme = "etsi.en_319_412_1.leg-5.1.4-03.invalid_scheme";
        const std::string country = "etsi.en_319_412_1.leg-5.1.4-03.invalid_country";
        number("bare", "40003000001", {format});
        number("subdivision", "NTRDE+HE-123456", {format});
        number("EOR", "EORLV-40003000001", {scheme});
        number("EXC", "EXCLV-40003000001", {scheme});
        number("national", "EI:LV-40003000001", {scheme});
        number("NTR-of-EL", "NTREL-40003000001", {country});
        number("LEI-of-LV", "LEILV-529900T8BM49AURSDO55", {country});
        number("LEI-short", "LEIXG-529900T8BM49AURSDO5", {"iso.lei.invalid_lei_format"});
        number("LEI-checksum", "LEIXG-529900T8BM49AURSDO56", {"iso.lei.invalid_lei_checksum"});
        number("PSD-without-authority", "PSDLV-123456",
               {"etsi.ts_119_495.gen-5.2.1-3.invalid_psd_organization_id_format"});
        for (const auto* good : {"VATEL-123456789", "VATXI-123456789", "VATLV-40003000001",
                                 "NTRLV-UR.40003000001", "PSDDE-BAFIN-123ABC", "LEIXG-529900T8BM49AURSDO55"})
            number("good-" + std::string(good).substr(0, 5), good, {});
    }

    void presence()
    {
        const auto dropped = [this](ProfileId id, std::string_view oid, std::string finding) {
            add(std::string(profile(id).name) + "-without-" + std::string(oid), id, {std::move(finding)},
                [&](Parts& p) { p.drop(oid); });
        };
        dropped(natural, oids::authority_key_identifier, "pkix.authority_key_identifier_extension_absent");
        dropped(ProfileId::issuing_ca, oids::subject_key_identifier, "pkix.certificate_skid_ca_missing");
        dropped(natural, oids::subject_key_identifier, "pkix.certificate_skid_end_entity_missing");
        dropped(ProfileId::issuing_ca, oids::key_usage, "pkix.ca_certificate_no_ku_extension");
        dropped(natural, oids::key_usage, "etsi.en_319_412_2.key_usage_extension_absent");
        dropped(natural, oids::certificate_policies,
                "etsi.en_319_412_2.certificate_policies_extension_absent");
        dropped(natural, oids::authority_info_access,
                "etsi.en_319_412_2.authority_info_access_extension_absent");
        dropped(natural, oids::qc_statements, "etsi.en_319_412_2.qc_statements_extension_absent");
        dropped(natural, oids::crl_distribution_points,
                "etsi.en_319_412_2.gen-4.3.11-2.crldp_extension_missing");
        const auto added = [this](std::string_view oid, const Bytes& value, Critical critical,
                                  std::vector<std::string> findings) {
            add("person-with-" + std::string(oid), natural, std::move(findings),
                [&](Parts& p) { p.add(oid, value, critical); });
        };
        const auto any = der::oid(oids::any_policy);
        const auto domain = der::sequence({der::implicitly(2, as_bytes("example.com"))});
        added("2.5.29.30", der::sequence({der::explicitly(0, domain)}), Critical::yes,
              {"etsi.en_319_412_2.name_constraints_extension_present"});
        added("2.5.29.33",
              der::sequence(
                  {der::sequence({der::oid("1.3.6.1.4.1.32473.1.1"), der::oid("1.3.6.1.4.1.32473.1.2")})}),
              Critical::yes, {"etsi.en_319_412_2.policy_mappings_extension_present"});
        added("2.5.29.36", der::sequence({der::implicitly(0, Bytes{0})}), Critical::yes,
              {"etsi.en_319_412_2.policy_constraints_extension_present"});
        added("2.5.29.54", der::integer(std::uint64_t{0}), Critical::yes,
              {"etsi.en_319_412_2.inhibit_any_policy_extension_present"});
        added(oids::ocsp_no_check, der::null(), Critical::no, {"qss.extensions"});
        added(oids::extended_key_usage, der::sequence({der::oid("1.3.6.1.5.5.7.3.4")}), Critical::no,
              {"qss.extensions", "qss.extended_key_usage"}); // emailProtection
        add("policies-twice", natural, {"pkix.duplicate_extension"},
            [](Parts& p) { p.extensions.push_back(p.at(oids::certificate_policies)); });
    }

    void criticality()
    {
        const auto turned = [this](ProfileId id, std::string_view oid, Critical critical,
                                   std::string finding) {
            add(std::string(profile(id).name) + "-criticality-" + std::string(oid), id, {std::move(finding)},
                [&](Parts& p) { p.at(oid).critical = critical; });
        };
        turned(natural, oids::key_usage, Critical::no, "pkix.key_usage_extension_not_critical");
        turned(ProfileId::issuing_ca, oids::basic_constraints, Critical::no,
               "pkix.basic_constraints_extension_not_critical");
        turned(ProfileId::tsu, oids::extended_key_usage, Critical::no,
               "pkix.extended_key_usage_extension_with_timestamping_not_critical");
        turned(ProfileId::sam_evidence, oids::extended_key_usage, Critical::yes,
               "etsi.en_319_412_2.gen-4.3.10-1.eku_extension_is_critical");
        turned(natural, oids::authority_key_identifier, Critical::yes,
               "pkix.authority_key_identifier_critical");
        turned(natural, oids::subject_key_identifier, Critical::yes,
               "pkix.certificate_skid_extension_critical");
        turned(natural, oids::authority_info_access, Critical::yes,
               "pkix.authority_information_access_extension_critical");
        turned(natural, oids::certificate_policies, Critical::yes,
               "etsi.en_319_412_2.gen-4.3.3-1.critical_certificate_policies_extension");
        turned(natural, oids::crl_distribution_points, Critical::yes,
               "etsi.en_319_412_2.gen-4.3.11-5.crl_extension_is_critical");
        turned(natural, oids::qc_statements, Critical::yes,
               "etsi.en_319_412_5.qcs-4.1-02.qcstatements_extension_is_critical");
        turned(ProfileId::ocsp_responder, oids::ocsp_no_check, Critical::yes, "qss.criticality");
        const auto names = der::sequence({der::implicitly(2, as_bytes("example.com"))});
        add("person-with-critical-alt-name", natural,
            {"etsi.en_319_412_2.gen-4.3.5-1.san_extension_is_critical"},
            [&](Parts& p) { p.add(oids::subject_alt_name, names, Critical::yes); });
        add("person-with-critical-issuer-alt-name", natural,
            {"etsi.en_319_412_2.gen-4.3.6-1.ian_extension_is_critical"},
            [&](Parts& p) { p.add("2.5.29.18", names, Critical::yes); });
        add("person-with-alt-name", natural, {"qss.extensions", "qss.alt_names"},
            [&](Parts& p) { p.add(oids::subject_alt_name, names); });
    }

    void usage(std::string name, ProfileId id, unsigned bits, std::vector<std::string> findings)
    {
        add(std::string(profile(id).name) + "-usage-" + std::move(name), id, std::move(findings),
            [&](Parts& p) {
                p.at(oids::key_usage).value = der::named_bits(static_cast<std::uint16_t>(bits));
            });
    }

    void usages()
    {
        constexpr unsigned encipherment = 0x2000;
        const std::string nat = "etsi.en_319_412_2.nat-4.3.2-";
        const std::string leg = "etsi.en_319_412_3.leg-4.3.1-";
        usage("c", natural, digital_signature, {nat + "1.invalid_content_commitment_setting"});
        usage("c", legal, digital_signature, {leg + "3.invalid_content_commitment_setting"});
        usage("b", natural, content_commitment | digital_signature,
              {nat + "3.non_preferred_content_commitment_setting"});
        usage("b", legal, content_commitment | digital_signature,
              {leg + "4.non_preferred_content_commitment_setting"});
        usage("f", legal, content_commitment | digital_signature | encipherment,
              {nat + "1.mixed_key_usage_setting"});
        usage("unknown", natural, content_commitment | encipherment, {nat + "1.unknown_key_usage_setting"});
        usage("certificates", natural, content_commitment | key_cert_sign,
              {"pkix.ee_certificate_keycertsign_keyusage_set", nat + "1.unknown_key_usage_setting"});
        usage("crl-alone", ProfileId::issuing_ca, crl_sign,
              {"pkix.ca_certificate_keycertsign_keyusage_not_set"});
        usage("documents", ProfileId::issuing_ca, key_cert_sign | crl_sign | digital_signature,
              {"qss.key_usage"});
    }

    void keys()
    {
        usages();
        const auto authority = [this](std::string name, std::vector<std::string> findings,
                                      std::initializer_list<ByteView> fields) {
            add("authority-id-" + std::move(name), natural, std::move(findings),
                [&](Parts& p) { p.at(oids::authority_key_identifier).value = der::sequence(fields); });
        };
        const auto key_id = der::implicitly(0, Bytes(20, 1));
        const auto issuer = der::explicitly(1, der::explicitly(4, encode_parts_name(issuer_name())));
        const auto serial = der::implicitly(2, Bytes{1});
        authority("empty", {"pkix.authority_key_identifier_keyid_missing"}, {});
        authority("issuer-without-serial", {"pkix.aki_with_cert_issuer_but_serial_number_absent"},
                  {key_id, issuer});
        authority("serial-without-issuer", {"pkix.aki_with_serial_number_but_cert_issuer_absent"},
                  {key_id, serial});
        authority("all-three", {"qss.authority_key_identifier"}, {key_id, issuer, serial});
        add("subject-id-of-its-own", natural, {"pkix.unknown_subject_key_identifier_calculation_method"},
            [](Parts& p) { p.at(oids::subject_key_identifier).value = der::octet_string(Bytes(20, 7)); });
        add("path-length-of-a-leaf", natural, {"pkix.basic_constraints_has_pathlen_for_non_ca"},
            [](Parts& p) {
                p.add(oids::basic_constraints, der::sequence({der::integer(std::uint64_t{0})}),
                      Critical::yes);
            });
        add("path-length-one", ProfileId::issuing_ca, {"qss.basic_constraints"}, [](Parts& p) {
            p.at(oids::basic_constraints).value =
                der::sequence({der::boolean_true(), der::integer(std::uint64_t{1})});
        });
        add("two-purposes", ProfileId::tsu, {"qss.extended_key_usage"}, [](Parts& p) {
            p.at(oids::extended_key_usage).value =
                der::sequence({der::oid(oids::time_stamping), der::oid(oids::ocsp_signing)});
        });
        add("key-used-too-long", ProfileId::tsu, {"qss.private_key_usage_period"}, [](Parts& p) {
            p.at(oids::private_key_usage_period).value =
                der::sequence({der::implicitly(0, as_bytes("20261124000000Z")),
                               der::implicitly(1, as_bytes("20271124000000Z"))});
        });
    }

    static Bytes uri(std::string_view url) { return der::implicitly(6, as_bytes(url)); }
    static Bytes points(const Bytes& name)
    {
        return der::sequence({der::sequence({der::explicitly(0, der::explicitly(0, name))})});
    }
    static Bytes access(const Bytes& responder, const Bytes& issuer)
    {
        const auto one = [](std::string_view method, const Bytes& name) {
            return name.empty() ? Bytes{} : der::sequence({der::oid(method), name});
        };
        return der::sequence({one(oids::access_ocsp, responder), one(oids::access_ca_issuers, issuer)});
    }

    void locations()
    {
        const auto crl = [this](std::string name, std::vector<std::string> findings, const Bytes& value) {
            add("crl-" + std::move(name), natural, std::move(findings),
                [&](Parts& p) { p.at(oids::crl_distribution_points).value = value; });
        };
        const auto aia = [this](std::string name, std::vector<std::string> findings, const Bytes& value) {
            add("access-" + std::move(name), natural, std::move(findings),
                [&](Parts& p) { p.at(oids::authority_info_access).value = value; });
        };
        const std::string gen = "etsi.en_319_412_2.gen-4.";
        const auto responder = uri("http://pki.qss-sandbox.com/ocsp");
        const auto issuer = uri("http://pki.qss-sandbox.com/ca/issuing.cer");
        crl("by-ftp", {gen + "3.11-4.http_or_ldap_crldp_distribution_point_uri_missing"},
            points(uri("ftp://pki.qss-sandbox.com/a.crl")));
        crl("by-https", {gen + "3.11-4.http_or_ldap_crldp_distribution_point_uri_missing"},
            points(uri("https://pki.qss-sandbox.com/a.crl")));
        crl("internal", {"etsi.internal_domain_name"}, points(uri("http://pki.test/a.crl")));
        crl("one-label", {"etsi.internal_domain_name"}, points(uri("http://pki/a.crl")));
        crl("address", {"etsi.internal_domain_name"}, points(uri("http://10.0.0.1/a.crl")));
        crl("port", {"qss.locations"}, points(uri("http://pki.qss-sandbox.com:8080/a.crl")));
        crl("blank", {"pkix.invalid_uri_syntax"}, points(uri("http://pki.qss-sandbox.com/a b.crl")));
        aia("no-issuer", {gen + "4.1-3.ca_issuers_aia_access_method_absent"}, access(responder, {}));
        aia("issuer-by-ftp", {gen + "4.1-4.ca_issuers_aia_access_method_http_uri_missing"},
            access(responder, uri("ftp://pki.qss-sandbox.com/a.cer")));
        aia("no-responder", {gen + "4.1-8.ocsp_aia_access_method_absent"}, access({}, issuer));
        aia("responder-by-ftp", {gen + "4.1-6.ocsp_aia_access_method_http_uri_missing"},
            access(uri("ftp://pki.qss-sandbox.com/ocsp"), issuer));
        add("responder-by-ftp-alone", natural,
            {gen + "3.11-2.crldp_extension_missing", gen + "4.1-6.ocsp_aia_access_method_http_uri_missing"},
            [&](Parts& p) {
                p.drop(oids::crl_distribution_points);
                p.at(oids::authority_info_access).value =
                    access(uri("ftp://pki.qss-sandbox.com/ocsp"), issuer);
            });
        add("no-status-at-all", natural,
            {gen + "3.11-2.crldp_extension_missing", gen + "4.1-8.ocsp_aia_access_method_absent"},
            [&](Parts& p) {
                p.drop(oids::crl_distribution_points);
                p.at(oids::authority_info_access).value = access({}, issuer);
            });
    }

    void server_names()
    {
        const auto names = [this](std::string name, std::string finding, const Bytes& value) {
            add("server-" + std::move(name), ProfileId::server, {std::move(finding)},
                [&](Parts& p) { p.at(oids::subject_alt_name).value = der::sequence({value}); });
        };
        names("address-of-five", "pkix.ip_address_wrong_length", der::implicitly(7, Bytes(5, 1)));
        names("name-with-a-blank", "pkix.invalid_domain_name_syntax",
              der::implicitly(2, as_bytes("a b.example.com")));
        names("name-too-long", "pkix.dnsname_domain_name_too_long", [] {
            std::string name;
            for (int i = 0; i < 51; ++i)
                name += "host.";
            return der::implicitly(2, as_bytes(name + "com"));
        }());
        names("e-mail-address", "qss.alt_names", der::implicitly(1, as_bytes("anna@example.com")));
    }

    static Bytes policy(std::string_view oid) { return der::sequence({der::oid(oid)}); }

    void policies()
    {
        const auto replaced = [this](std::string name, std::vector<std::string> findings,
                                     std::initializer_list<ByteView> all) {
            add("policy-" + std::move(name), natural, std::move(findings),
                [&](Parts& p) { p.at(oids::certificate_policies).value = der::sequence(all); });
        };
        const auto own = policy("1.3.6.1.4.1.32473.1.1");
        const auto qscd = policy(oids::qcp_n_qscd);
        const auto cps = der::sequence(
            {der::oid("1.3.6.1.5.5.7.2.1"), der::ia5_string("https://pki.qss-sandbox.com/cps")});
        const auto qualified = der::sequence({der::oid("1.3.6.1.4.1.32473.1.1"), der::sequence({cps})});
        const std::string qcs = "etsi.en_319_412_2.qcs-5.2-";
        replaced("twice", {"pkix.duplicate_certificate_policy_oids"}, {qscd, own, own});
        replaced("qualifier", {"pkix.certificate_policies_policy_has_qualifier"}, {qscd, qualified});
        replaced("two-types", {qcs + "1.multiple_certificate_type_policy_identifiers_present"},
                 {qscd, policy("0.4.0.194112.1.0"), own});
        replaced("own-alone", {qcs + "1.recommended_certificate_type_policy_identifier_missing"}, {own});
        replaced("another-type", {qcs + "2.mismatched_policy_identifier_for_certificate_type"},
                 {policy("0.4.0.194112.1.0"), own});
        replaced("type-alone", {"qss.policies"}, {qscd});
        replaced("third", {"qss.policies"}, {qscd, own, policy("0.4.0.19431.1.1.4")}); // EUSPv2
    }

    static Bytes statement(std::string_view oid, const Bytes& info = {})
    {
        return der::sequence({der::oid(oid), info});
    }
    static Bytes type(std::string_view oid)
    {
        return statement(oids::qc_type, der::sequence({der::oid(oid)}));
    }
    static Bytes disclosure(std::string_view url, std::string_view language)
    {
        return statement(
            oids::qc_pds,
            der::sequence({der::sequence({der::ia5_string(url), der::printable_string(language)})}));
    }

    void spoilt(std::string name, ProfileId id, std::vector<std::string> findings,
                std::initializer_list<ByteView> all)
    {
        add(std::string(profile(id).name) + "-statement-" + std::move(name), id, std::move(findings),
            [&](Parts& p) { p.at(oids::qc_statements).value = der::sequence(all); });
    }

    void statements()
    {
        const std::string qcs = "etsi.en_319_412_5.qcs-5.01.";
        const std::string gen = "etsi.en_319_412_5.gen-4.";
        const auto compliance = statement(oids::qc_compliance);
        const auto sscd = statement(oids::qc_sscd);
        const auto esign = type(oids::qc_type_esign);
        const auto pds = disclosure("https://pki.qss-sandbox.com/pds/en", "en");
        const auto semantics =
            statement(oids::qc_syntax_v2, der::sequence({der::oid(oids::semantics_natural)}));
        spoilt("no-compliance", natural, {qcs + "qc_compliance_qualified_statement_absent"},
               {sscd, esign, pds, semantics});
        spoilt("no-device", natural, {qcs + "qc_sscd_qualified_statement_absent"},
               {compliance, esign, pds, semantics});
        spoilt("no-type", natural, {qcs + "qc_type_qualified_statement_absent"},
               {compliance, sscd, pds, semantics});
        spoilt("no-disclosure", natural, {"qss.qc_statements"}, {compliance, sscd, esign, semantics});
        spoilt("seal", natural, {gen + "2.3.qc_type_mismatch"},
               {compliance, sscd, type(oids::qc_type_eseal), pds, semantics});
        spoilt("signature", legal, {gen + "2.3.qc_type_mismatch"}, {compliance, sscd, esign, pds});
        spoilt("twice", natural, {"qss.qcs-4.1-02a.statement_twice"},
               {compliance, compliance, sscd, esign, pds, semantics});
        spoilt("http", natural, {gen + "3.4.url_scheme_not_https"},
               {compliance, sscd, esign, disclosure("http://pki.qss-sandbox.com/pds/en", "en"), semantics});
        spoilt("language-xx", natural, {gen + "3.4.iso_language_code_invalid"},
               {compliance, sscd, esign, disclosure("https://pki.qss-sandbox.com/pds/en", "xx"), semantics});
        spoilt("language-capital", natural, {gen + "3.4.iso_language_code_invalid"},
               {compliance, sscd, esign, disclosure("https://pki.qss-sandbox.com/pds/en", "EN"), semantics});
        spoilt("legislation", natural, {qcs + "qc_cc_legislation_qualified_statement_present"},
               {compliance, sscd, esign, pds, semantics,
                statement("0.4.0.1862.1.7", der::sequence({der::printable_string("LV")}))});
        spoilt("rfc-3039", natural, {"pkix.prohibited_qualified_statement_present"},
               {compliance, sscd, esign, pds, semantics, statement("1.3.6.1.5.5.7.11.1")});
        spoilt("retention", natural, {"qss.qc_statements"},
               {compliance, sscd, esign, pds, semantics,
                statement("0.4.0.1862.1.3", der::integer(std::uint64_t{10}))});
        spoilt("semantics-legal", natural, {"qss.qc_statements"},
               {compliance, sscd, esign, pds,
                statement(oids::qc_syntax_v2, der::sequence({der::oid("0.4.0.194121.1.4")}))}); // eIDAS legal
        spoilt("device-with-info", natural, {"qss.qc_statements"},
               {compliance, statement(oids::qc_sscd, der::null()), esign, pds, semantics});
    }

    void short_term()
    {
        constexpr auto assured = ProfileId::natural_person_assured;
        add("assured-and-revocable", assured, {"qss.gen-6.6.1-05.assured_and_revocable"}, [](Parts& p) {
            p.add(oids::crl_distribution_points, points(uri("http://pki.qss-sandbox.com/a.crl")));
        });
        add("revocable-and-assured", natural,
            {"qss.gen-6.6.1-05.assured_and_revocable", "qss.gen-4.4.1-8a.no_rev_avail_absent"},
            [](Parts& p) { p.add(oids::validity_assured, der::null()); });
        add("assured-without-no-status", assured, {"qss.gen-4.4.1-8a.no_rev_avail_absent"},
            [](Parts& p) { p.drop(oids::no_rev_avail); });
        add("no-status-without-assurance", assured, {"qss.rfc9608.no_rev_avail_alone"},
            [](Parts& p) { p.drop(oids::validity_assured); });
        add("assured-as-boolean", assured, {"itu.invalid_asn1_syntax"},
            [](Parts& p) { p.at(oids::validity_assured).value = der::boolean_true(); });
        add("assured-for-two-days", assured, {"qss.validity"},
            [](Parts& p) { p.not_after = der::time(now + std::chrono::days(2) - std::chrono::seconds(1)); });
    }

    void profiles()
    {
        add("person-for-a-second-too-long", natural, {"qss.validity"},
            [](Parts& p) { p.not_after = der::time(now + profile(natural).max_validity); });
        add("person-issued-by-itself", natural, {"qss.self_issued"}, [](Parts& p) {
            p.issuer = p.subject = encode_parts_name([] {
                auto name = person_name();
                name.push_back({oids::organisation_identifier, "NTRLV-40003000001"});
                return name;
            }());
        });
    }

    static Bytes rsa2048_spki()
    {
        static const auto key = new_key(crypto::KeyType::rsa2048);
        return key.public_key().spki();
    }

    Chain m_chain;
    std::vector<Broken> m_all;
};

}
