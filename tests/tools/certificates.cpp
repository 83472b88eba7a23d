// Writes certificates for judges that are not ours: of every profile, key type, issuer's key type and kind of
// subject, from a fixed seed; with one fault each; and of every profile with fixed contents, for snapshots.
//   test-certificates DIRECTORY    files *.der, and index.tsv: kind, name, profile, findings; and our rules
#include <fstream>
#include <iostream>
#include <map>
#include <random>

#include "pki/lint.h"
#include "unit/pki/broken_certificates.h"

namespace qss::pki {
namespace {

using namespace testing;

constexpr crypto::KeyType key_types[] = {crypto::KeyType::p256, crypto::KeyType::p384,
                                         crypto::KeyType::rsa3072, crypto::KeyType::rsa4096};

class Writer {
public:
    explicit Writer(std::string directory)
        : m_directory(std::move(directory)), m_index(m_directory + "/index.tsv")
    {
    }

    void write(std::string_view kind, const std::string& name, const Profile& profile, ByteView der,
               const std::vector<std::string>& findings = {})
    {
        std::ofstream(m_directory + "/" + name + ".der", std::ios::binary) << as_text(der);
        m_index << kind << '\t' << name << '\t' << profile.name << '\t';
        for (const auto& finding : findings)
            m_index << finding << ' ';
        m_index << '\n';
    }

    void write_rule(std::string_view code) { m_index << "rule\t" << code << "\t\t\n"; }

private:
    std::string m_directory;
    std::ofstream m_index;
};

// People and companies as they come, from one seed.
class Subjects {
public:
    struct Made {
        Name name;
        Semantics semantics;
    };

    Made of(SubjectKind kind)
    {
        switch (kind) {
        case SubjectKind::natural_person: return natural();
        case SubjectKind::legal_person: return legal();
        case SubjectKind::provider: return {provider("TEST " + pick(m_words)), Semantics::none};
        case SubjectKind::machine: return {{{oids::common_name, pick(m_words)}}, Semantics::none};
        }
        return {};
    }

private:
    template <class List>
    std::string pick(const List& list)
    {
        return std::string(list[m_random() % std::size(list)]);
    }

    std::string digits(std::size_t count)
    {
        std::string text;
        while (text.size() < count)
            text += static_cast<char>('0' + m_random() % 10);
        return text;
    }

    Made natural()
    {
        const auto& [given_name, surname] = m_people[m_random() % std::size(m_people)];
        Name name{{oids::country, pick(m_countries)}, {oids::organisation, pick(m_companies)}};
        std::string common_name;
        switch (m_random() % 8) {
        case 0:
            common_name = pick(m_words);
            name.push_back({oids::pseudonym, common_name});
            break;
        case 1:
            common_name = surname;
            name.push_back({oids::surname, common_name});
            break;
        default:
            common_name = std::string(given_name) + " " + surname;
            name.push_back({oids::surname, surname});
            name.push_back({oids::given_name, given_name});
        }
        const bool claimed = m_random() % 4 != 0;
        name.push_back({oids::serial_number,
                        claimed ? pick(m_schemes) + pick(m_countries) + "-" + digits(11) : digits(20)});
        name.push_back({oids::common_name, "TEST " + common_name});
        return {name, claimed ? Semantics::natural : Semantics::none};
    }

    Made legal()
    {
        const auto company = pick(m_companies);
        return {{{oids::country, pick(m_countries)},
                 {oids::organisation, company},
                 {oids::organisation_identifier, pick(m_numbers)},
                 {oids::common_name, "TEST " + company}},
                Semantics::legal};
    }

    std::mt19937_64 m_random{4};
    static constexpr std::pair<const char*, const char*> m_people[] = {
        {"Anna", "Bērziņa"},
        {"Żaneta", "Brzęczyszczykiewicz"},
        {"Ελένη", "Παπαδοπούλου"},
        {"Мария", "Стоянова"},
        {"Søren", "Åkerlund-Østergård"},
        {"Þórdís", "Kolbrún Reykfjörð"},
        {"Zoé", "O'Neil de la Croix"},
        {"Նարե", "Հակոբյան"},
        {"ნინო", "გელაშვილი"},
        {"小龍", "李"},
        {"Nguyễn Thị Minh Khai", "Trần"},
        {"Wolfeschlegelsteinhausenbergerdorff Adolph Blaine Charles David Earl",
         "Keihanaikukauakahihuliheekahaunaele-Keihanaikukauakahihuliheekahaunaele"},
    };
    static constexpr const char* m_words[] = {"Zvaigzne", "Ήλιος", "Луна", "machine-7.example.com", "Œuvre"};
    static constexpr const char* m_countries[] = {"LV", "DE", "GR", "BG", "IS", "AD", "ZW", "PT"};
    static constexpr const char* m_schemes[] = {"PAS", "IDC", "PNO", "TIN"};
    static constexpr const char* m_companies[] = {
        "SIA Paraugs", "Ελληνική Εταιρεία Α.Ε.", "ООД Пример", "Müller & Söhne GmbH",
        "Gesellschaft für elektronische Vertrauensdienste und vertrauenswürdige Fernsignaturen mbH"};
    static constexpr const char* m_numbers[] = {
        "NTRLV-40003000001",         "NTRLV-UR.40003000001", "VATLV-LV40003000001",
        "VATEL-123456789",           "VATXI-GD123",          "VATGR-123456789",
        "PSDDE-BAFIN-123ABC",        "PSDLV-FKTK-1",         "LEIXG-529900T8BM49AURSDO55",
        "LEIXG-5493001KJTIIGC8Y1R12"};
};

class Good {
public:
    explicit Good(Writer& writer) : m_writer(writer)
    {
        for (const auto type : key_types) {
            m_keys.emplace(type, new_key(type));
            auto issuer_key = new_key(type);
            auto made = contents(ProfileId::root, issuer_key.public_key(), nullptr, provider("TEST Issuer"));
            auto issuer = *make(ProfileId::root, made, issuer_key);
            m_issuers.emplace(type, Issuer{std::move(issuer_key), std::move(issuer)});
        }
    }

    void write_all()
    {
        for (std::size_t i = 0; i < profile_count; ++i)
            for (const auto subject : key_types)
                for (const auto issuer : key_types)
                    write(profile(static_cast<ProfileId>(i)), subject, issuer);
        for (int i = 0; i < 80; ++i)
            for (const auto id : {ProfileId::natural_person_esign, ProfileId::legal_person_eseal})
                write(profile(id), crypto::KeyType::p256, crypto::KeyType::p256);
    }

private:
    struct Issuer {
        crypto::PrivateKey key;
        Certificate certificate;
    };

    void write(const Profile& profile, crypto::KeyType subject_type, crypto::KeyType issuer_type)
    {
        const auto& issuer = m_issuers.at(issuer_type);
        const auto& subject_key = m_keys.at(subject_type);
        const bool self = profile.is_self_signed();
        const auto subject = m_subjects.of(profile.subject);
        auto made = contents(profile.id, subject_key.public_key(), self ? nullptr : &issuer.certificate,
                             subject.name);
        made.semantics = subject.semantics;
        const auto certificate = make(profile.id, made, self ? subject_key : issuer.key);
        QSS_ASSERT(certificate.has_value());
        const auto linted = lint(*certificate, profile);
        if (!linted) {
            std::cerr << profile.name << ": " << linted.error().detail << '\n';
            std::exit(1);
        }
        m_writer.write("good", "good-" + std::to_string(m_count++), profile, certificate->der());
    }

    Writer& m_writer;
    Subjects m_subjects;
    std::map<crypto::KeyType, crypto::PrivateKey> m_keys;
    std::map<crypto::KeyType, Issuer> m_issuers;
    int m_count = 0;
};

// RFC 6979 A.2.5: a private key that everybody knows, on P-256, as PKCS #8.
crypto::PrivateKey known_key()
{
    constexpr std::string_view pem = "-----BEGIN PRIVATE KEY-----\n"
                                     "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgya+p2EW6dRZrXCFX\n"
                                     "Z7HWk05Qw9s26JsSe4piKxIPZyGhRANCAARg/tS6JVqdMclh63TGNW1owEm4kjth\n"
                                     "+mzmaWIuYPKftnkD/hAIuLyZpBrp6VYovGTy8bIMLX6fUXejwpTURiKZ\n"
                                     "-----END PRIVATE KEY-----\n";
    return std::move(*crypto::PrivateKey::from_pem(pem));
}

// Everything but the signature is the same each time.
void write_fixed(Writer& writer)
{
    const auto key = known_key();
    const auto fixed = [](CertificateContents made) {
        made.serial = Bytes(17, 0x11);
        return made;
    };
    const auto issuer =
        *make(ProfileId::root,
              fixed(contents(ProfileId::root, key.public_key(), nullptr, provider("TEST Issuing CA"))), key);
    for (std::size_t i = 0; i < profile_count; ++i) {
        const auto id = static_cast<ProfileId>(i);
        const bool self = profile(id).is_self_signed();
        const auto made = fixed(contents(id, key.public_key(), self ? nullptr : &issuer, subject_for(id)));
        writer.write("fixed", "fixed-" + std::string(profile(id).name), profile(id),
                     make(id, made, key)->der());
    }
}

}
}

int main(int argc, char** argv)
{
    using namespace qss::pki;
    if (argc != 2) {
        std::cerr << "usage: test-certificates DIRECTORY\n";
        return 2;
    }
    Writer writer(argv[1]);
    for (const auto& rule : lint_rules())
        writer.write_rule(rule.code);
    write_fixed(writer);
    for (const auto& broken : BrokenCertificates().all())
        writer.write("broken", broken.name, profile(broken.profile), broken.der, broken.findings);
    Good(writer).write_all();
    return 0;
}
