#include "sap/display_record.h"

#include <functional>

#include <gtest/gtest.h>

#include "base/limits.h"

namespace qss::sap {

TEST(DisplayRecord, refuses_what_can_not_be_shown_as_it_is)
{
    const std::vector<std::function<void(DisplayRecord&)>> spoils{
        [](auto& r) { r.enterprise.clear(); },
        [](auto& r) { r.pack.clear(); },
        [](auto& r) { r.application.clear(); },
        [](auto& r) { r.enterprise = "Kalnrozes\n100 EUR"; },
        [](auto& r) { r.labels = {"invoice\u202Efdp.exe"}; }, // right-to-left override
        [](auto& r) { r.labels = {"a\u200Bb"}; },
        [](auto& r) { r.labels = {"\xFF"}; },
        [](auto& r) { r.labels = {std::string(limits::label_size + 1, 'x')}; },
        [](auto& r) { r.labels.assign(limits::digests_per_session + 1, "x"); },
        [](auto& r) { r.pack = std::string(limits::name_size + 1, 'x'); },
        [](auto& r) { r.language.clear(); },
        [](auto& r) { r.language = "e"; },
        [](auto& r) { r.language = "en_GB"; },
        [](auto& r) { r.language = std::string(36, 'e'); },
        [](auto& r) { r.consent_version.clear(); },
        [](auto& r) { r.consent_version = "1 2"; },
    };
    const DisplayRecord good{"Kalnrozes SIA", "Contracts", "ERP", "en-GB", "1.2", {"Līgums.pdf", ""}};
    EXPECT_TRUE(good.check().has_value());
    EXPECT_TRUE(DisplayRecord::decode(good.encode()).has_value());
    for (std::size_t i = 0; i < spoils.size(); ++i) {
        auto record = good;
        spoils[i](record);
        EXPECT_FALSE(record.check().has_value()) << i;
        EXPECT_FALSE(DisplayRecord::decode(record.encode()).has_value()) << i;
    }
}

TEST(DisplayRecord, refuses_bytes_left_over_or_missing)
{
    auto encoded = DisplayRecord{"E", "P", "A", "en", "1", {"x"}}.encode();
    for (std::size_t size = 0; size < encoded.size(); ++size)
        EXPECT_FALSE(DisplayRecord::decode(ByteView(encoded).first(size)).has_value()) << size;
    encoded.push_back(0);
    EXPECT_FALSE(DisplayRecord::decode(encoded).has_value());
    EXPECT_FALSE(DisplayRecord::decode(Bytes(limits::display_record_size + 1)).has_value());
}

}
