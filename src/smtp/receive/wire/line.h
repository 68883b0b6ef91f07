// An SMTP command line out of what has come in (RFC 5321 2.3.8).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rook::smtp::wire {

enum class LineStatus : std::uint8_t {
    NeedMore,
    Complete,
    TooLong,  // no end within the limit: there is no telling where the next command starts
    Bad,      // ends with LF alone, or holds a NUL or a bare CR
};

struct Line {
    LineStatus status = LineStatus::NeedMore;
    std::string_view text;  // without its end; a view into the input
    std::size_t taken = 0;  // of the input, with its end
};

// CRLF and nothing else ends a command: what two servers take for two different lines is how
// messages are smuggled past one of them.
Line take_line(std::string_view input, std::size_t limit);

}  // namespace rook::smtp::wire
