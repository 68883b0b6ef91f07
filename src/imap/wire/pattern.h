// LIST's wildcards (RFC 9051 6.3.9): "*" is any text, "%" any text without the separator.
//
// All places where the pattern may stand are kept as bits and moved together, one step a byte of
// the name: no pattern takes longer than its length times the name's, divided by 64.
// Threads: a plain value.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace rook::imap::wire {

class Pattern {
public:
    explicit Pattern(std::string_view text, char separator = '/');

    // The first `any_case` bytes of the name match in any case: INBOX.
    bool matches(std::string_view name, std::size_t any_case = 0) const;

private:
    using Bits = std::vector<std::uint64_t>;
    struct Byte {
        char byte;
        Bits places;  // that go on with it
    };
    const Bits* places_of(char c) const;

    char separator_;
    std::size_t literals_ = 0;  // bytes that are no wildcards: no shorter name matches
    std::size_t length_ = 0;    // places, the last apart
    Bits stars_, percents_;
    std::vector<Byte> bytes_;
    std::array<std::int16_t, 256> index_;  // into bytes_, or -1
};

}  // namespace rook::imap::wire
