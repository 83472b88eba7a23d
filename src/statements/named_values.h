// Named values, in the order of their names: what an order asks for (Order::parameters), and what came of
// it. One form for every action, so that the officer's tool shows whatever it is given. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace qss::statements {

class NamedValues { // tag "QSS-VALUES-v1"
public:
    using Map = std::map<std::string, Bytes, std::less<>>;

    // malformed: a name twice or out of order, or more than 64 values, or one above 16 KiB.
    static Result<NamedValues> decode(ByteView encoding);
    [[nodiscard]] Bytes encode() const;

    NamedValues& set(std::string_view name, ByteView value);
    NamedValues& set(std::string_view name, std::string_view text) { return set(name, as_bytes(text)); }

    // Taken out one by one: invalid_argument when it is not there, or no text of up to limits::name_size.
    Result<Bytes> take(std::string_view name);
    Result<std::string> take_text(std::string_view name);
    // invalid_argument, naming it, when something is left that nobody asked for.
    [[nodiscard]] Status finish() const;

    [[nodiscard]] const Map& all() const { return m_values; }

private:
    Map m_values;
};

}
