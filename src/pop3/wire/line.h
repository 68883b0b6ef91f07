// A POP3 command line out of what has come in (RFC 1939 3).
#pragma once

#include <cstddef>
#include <string_view>

namespace rook::pop3::wire {

enum class LineStatus : std::uint8_t {
    NeedMore,
    Complete,
    TooLong,  // no end within the limit: there is no telling where the next command starts
    Bad,      // holds a NUL or a bare CR
};

struct Line {
    LineStatus status = LineStatus::NeedMore;
    std::string_view text;  // without its end; a view into the input
    std::size_t taken = 0;  // of the input, with its end
};

// Lines end with CRLF; LF alone is taken too, for people who type by hand.
Line take_line(std::string_view input, std::size_t limit);

}  // namespace rook::pop3::wire
