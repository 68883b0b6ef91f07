// The bytes after DATA, as they come: dots unstuffed, the end found (RFC 5321 4.1.1.4, 4.5.2).
//
// CRLF.CRLF ends a message and nothing else does: not a dot between bare CRs or LFs, in any
// mixture. A message with a bare CR or LF in it is marked, read to its real end, and must be
// refused: another server may have seen, or may come to see, its end somewhere else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rook::smtp::wire {

class DataReader {
public:
    // Takes from the front of `input` and appends the message's bytes to `out`. Takes all of it
    // unless the message ends in it; then what follows is the next command.
    std::size_t read(std::string_view input, std::string& out);
    bool is_done() const { return state_ == State::Done; }
    // A bare CR or LF was there: `out` is not to be used any more.
    bool has_bare_line_end() const { return bare_; }

private:
    enum class State : std::uint8_t { LineStart, Dot, DotCr, Text, Cr, Done };

    std::size_t read_text(std::string_view input, std::string& out);

    State state_ = State::LineStart;  // the CRLF of the DATA command is the first of CRLF.CRLF
    bool bare_ = false;
};

}  // namespace rook::smtp::wire
