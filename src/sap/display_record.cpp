#include "sap/display_record.h"

#include <algorithm>

#include "base/canonical.h"
#include "base/limits.h"
#include "base/text.h"

namespace qss::sap {

namespace {

constexpr std::string_view tag = "QSS-DISPLAY-v1";
constexpr std::size_t language_size = 35; // RFC 5646 4.4.1
constexpr std::size_t version_size = 16;

bool is_ascii_of(std::string_view text, std::string_view special)
{
    return std::all_of(text.begin(), text.end(), [&](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               special.find(c) != std::string_view::npos;
    });
}

Status check_name(std::string_view text, std::string_view what)
{
    if (text.empty())
        return fail(ErrorCode::invalid_argument, "display record: no " + std::string(what));
    return check_shown_text(text, "display record: " + std::string(what), limits::name_size);
}

}

Status DisplayRecord::check() const
{
    TRY(check_name(enterprise, "enterprise"));
    TRY(check_name(pack, "pack"));
    TRY(check_name(application, "application"));
    if (language.size() < 2 || language.size() > language_size || !is_ascii_of(language, "-"))
        return fail(ErrorCode::invalid_argument, "display record: language is not a BCP 47 tag");
    if (consent_version.empty() || consent_version.size() > version_size ||
        !is_ascii_of(consent_version, ".-"))
        return fail(ErrorCode::invalid_argument, "display record: version of the consent text");
    if (labels.size() > limits::digests_per_session)
        return fail(ErrorCode::invalid_argument, "display record: too many labels");
    for (const auto& label : labels)
        TRY(check_shown_text(label, "display record: label", limits::label_size));
    return {};
}

Bytes DisplayRecord::encode() const
{
    CanonicalWriter writer(tag);
    writer.text(enterprise)
        .text(pack)
        .text(application)
        .text(language)
        .text(consent_version)
        .u64(labels.size());
    for (const auto& label : labels)
        writer.text(label);
    return writer.take();
}

Bytes DisplayRecord::hash() const
{
    return crypto::sha256(encode());
}

Result<DisplayRecord> DisplayRecord::decode(ByteView encoding)
{
    if (encoding.size() > limits::display_record_size)
        return fail(ErrorCode::too_large, "display record");
    TRY_ASSIGN(reader, CanonicalReader::open(encoding, tag));
    TRY_ASSIGN(enterprise, reader.text(limits::name_size));
    TRY_ASSIGN(pack, reader.text(limits::name_size));
    TRY_ASSIGN(application, reader.text(limits::name_size));
    TRY_ASSIGN(language, reader.text(language_size));
    TRY_ASSIGN(consent_version, reader.text(version_size));
    TRY_ASSIGN(count, reader.count(limits::digests_per_session));
    DisplayRecord record{enterprise, pack, application, language, consent_version, {}};
    for (std::size_t i = 0; i < count; ++i) {
        TRY_ASSIGN(label, reader.text(limits::label_size));
        record.labels.push_back(std::move(label));
    }
    TRY(reader.finish());
    TRY(record.check());
    return record;
}

}
