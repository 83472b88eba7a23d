// CBOR, item by item, whatever comes next. What is read to its end and written again is the same bytes: an
// item has one encoding.
#include "webauthn/cbor.h"

namespace {

using namespace qss::webauthn;

constexpr std::size_t at_most = 4096;

// Reads one item of any kind and writes it; false: there is none that we take.
bool copy_item(CborReader& from, CborWriter& to)
{
    const auto is = [&from](auto read, auto write) {
        auto attempt = from;
        const auto value = read(attempt);
        if (!value)
            return false;
        write(*value);
        from = attempt;
        return true;
    };
    return is([](auto& r) { return r.integer(); }, [&to](auto value) { to.integer(value); }) ||
           is([](auto& r) { return r.text(at_most); }, [&to](auto value) { to.text(value); }) ||
           is([](auto& r) { return r.bytes(at_most); }, [&to](auto value) { to.bytes(value); }) ||
           is([](auto& r) { return r.array_up_to(at_most); }, [&to](auto value) { to.array(value); }) ||
           is([](auto& r) { return r.map_up_to(at_most); }, [&to](auto value) { to.map(value); });
}

}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    CborReader reader(qss::ByteView{data, size});
    CborWriter copy;
    while (!reader.finish() && copy_item(reader, copy)) {}
    if (reader.finish())
        QSS_ASSERT(qss::equal_public(copy.take(), {data, size}));
    return 0;
}
