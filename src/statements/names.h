// Scripts of names (Unicode UAX 24, by block): a name that mixes Latin and Cyrillic letters looks like
// another person's (EN 319 412-2 NAT-4.2.4-19). Pure.
#pragma once

#include <string_view>

namespace qss::statements {

// Digits, blanks and punctuation belong to every script. `text` is valid UTF-8.
[[nodiscard]] bool in_one_script(std::string_view text);
[[nodiscard]] bool has_letter(std::string_view text);
// Letters of a script, and the marks that identity documents print between and above them: no digits that
// look like letters, no mathematical or full-width alphabets, which belong to no script here.
[[nodiscard]] bool has_only_name_characters(std::string_view text);

}
