#include "imap/wire/pattern.h"

#include <algorithm>

#include "base/ascii.h"

namespace rook::imap::wire {

namespace {

using Bits = std::vector<std::uint64_t>;

void set(Bits& bits, std::size_t i) { bits[i / 64] |= std::uint64_t{1} << (i % 64); }

}  // namespace

Pattern::Pattern(std::string_view text, char separator) : separator_(separator) {
    index_.fill(-1);
    const auto words = text.size() / 64 + 1;
    stars_.resize(words);
    percents_.resize(words);
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '*' || text[i] == '%') {
            // Wildcards side by side are one, and "*" is the stronger.
            bool is_star = text[i] == '*';
            while (i + 1 < text.size() && (text[i + 1] == '*' || text[i + 1] == '%')) {
                is_star |= text[++i] == '*';
            }
            set(is_star ? stars_ : percents_, length_++);
            continue;
        }
        auto& index = index_[static_cast<unsigned char>(text[i])];
        if (index < 0) {
            index = static_cast<std::int16_t>(bytes_.size());
            bytes_.push_back({text[i], Bits(words)});
        }
        set(bytes_[static_cast<std::size_t>(index)].places, length_++);
        ++literals_;
    }
}

const Pattern::Bits* Pattern::places_of(char c) const {
    const auto index = index_[static_cast<unsigned char>(c)];
    return index < 0 ? nullptr : &bytes_[static_cast<std::size_t>(index)].places;
}

bool Pattern::matches(std::string_view name, std::size_t any_case) const {
    if (name.size() < literals_) return false;
    const auto words = length_ / 64 + 1;
    Bits at(words);
    set(at, 0);
    // A wildcard may match nothing: who stands before it stands behind it too. Behind a wildcard
    // there is never another, so one step is enough.
    const auto pass_wildcards = [&] {
        std::uint64_t carry = 0;
        for (std::size_t w = 0; w < words; ++w) {
            const auto before = at[w] & (stars_[w] | percents_[w]);
            at[w] |= before << 1 | carry;
            carry = before >> 63;
        }
    };
    pass_wildcards();
    for (std::size_t i = 0; i < name.size(); ++i) {
        const char c = name[i];
        const auto* same = places_of(c);
        const auto* other =
            i < any_case ? places_of(is_upper(c) ? to_lower(c) : to_upper(c)) : nullptr;
        std::uint64_t carry = 0, any = 0;
        for (std::size_t w = 0; w < words; ++w) {
            const auto next = at[w] & ((same ? (*same)[w] : 0) | (other ? (*other)[w] : 0));
            const auto stay = at[w] & (stars_[w] | (c == separator_ ? 0 : percents_[w]));
            at[w] = next << 1 | carry | stay;
            carry = next >> 63;
            any |= at[w];
        }
        if (!any) return false;
        pass_wildcards();
    }
    return at[length_ / 64] >> (length_ % 64) & 1;
}

}  // namespace rook::imap::wire
