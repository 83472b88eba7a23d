// The strict JSON layer: any bytes are refused or read; what was read is valid, and what the writer
// writes, the reader takes.
#include "api/json.h"
#include "base/canonical.h"
#include "base/limits.h"

using namespace qss;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto text = as_text({data, size});
    auto reader = api::json::Reader::parse(text);
    if (!reader)
        return 0;
    QSS_ASSERT(is_valid_utf8(text));
    auto member = reader->text("a", 64);
    if (member) {
        QSS_ASSERT(member->size() <= 64 && is_valid_utf8(*member));
        auto again = api::json::Reader::parse(api::json::Writer().text("a", *member).str());
        QSS_ASSERT(again && *again->text("a", 64) == *member);
    }
    (void)reader->integer("i", -5, 5);
    (void)reader->texts("l", 16);
    (void)reader->base64url("b", 16);
    if (auto inner = reader->optional_object_or_empty_array("o"); inner && *inner)
        (void)(*inner)->finish();
    (void)reader->finish();
    return 0;
}
