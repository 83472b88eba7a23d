// The main database's schema: numbered, forward only; migration i takes version i to i + 1. A migration
// that has shipped is never edited.
#pragma once

#include <span>
#include <string_view>

namespace qss::store {

std::span<const std::string_view> migrations();

}
