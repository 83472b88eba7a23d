// Text from outside that a person will read in one line: names, labels. Refuses whatever could hide,
// reorder or break what is shown (Unicode TR 36 and UAX 9: controls, bidirectional overrides,
// zero-width characters). Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace qss {

// The code points of a text that is_valid_utf8 holds for.
std::u32string decode_utf8(std::string_view valid);

// invalid_argument, naming `what`, unless `text` is UTF-8 of at most `max_size` bytes with nothing
// but visible characters and single inner blanks. The empty text passes.
Status check_shown_text(std::string_view text, std::string_view what, std::size_t max_size);

}
