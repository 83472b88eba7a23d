#include "sam/row.h"

#include "base/canonical.h"
#include "base/result.h"

namespace qss::sam {

namespace {

using Words = std::array<std::uint64_t, 4>;

Words words_of(ByteView element)
{
    QSS_ASSERT(element.size() == 32);
    Words words{};
    for (std::size_t i = 0; i < element.size(); ++i)
        words[i / 8] |= std::uint64_t{element[i]} << (8 * (i % 8));
    return words;
}

void add_words(Words& sum, const Words& value)
{
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < sum.size(); ++i) {
        const std::uint64_t partial = sum[i] + carry;
        carry = partial < carry ? 1U : 0U;
        sum[i] = partial + value[i];
        carry += sum[i] < partial ? 1U : 0U;
    }
}

}

Bytes Row::sealed_encoding() const
{
    CanonicalWriter out("QSS-SAM-ROW-v1");
    out.u64(static_cast<std::uint64_t>(kind)).bytes(id).bytes(owner);
    out.u64(lookup ? 1 : 0).bytes(lookup ? *lookup : Bytes());
    out.u64(static_cast<std::uint64_t>(state)).u64(static_cast<std::uint64_t>(due_unix_ms));
    out.u64(static_cast<std::uint64_t>(version)).bytes(contents);
    return out.take();
}

void MultisetSum::add(ByteView element)
{
    add_words(m_words, words_of(element));
}

void MultisetSum::subtract(ByteView element)
{
    Words negative = words_of(element); // two's complement
    for (auto& word : negative)
        word = ~word;
    add_words(negative, Words{1, 0, 0, 0});
    add_words(m_words, negative);
}

void MultisetSum::add(const MultisetSum& other)
{
    add_words(m_words, other.m_words);
}

Bytes MultisetSum::bytes() const
{
    Bytes out(32);
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i] = static_cast<std::uint8_t>(m_words[i / 8] >> (8 * (i % 8)));
    return out;
}

}
