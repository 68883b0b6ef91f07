// Where TOP ends a message: after its header, the empty line and so many lines of the body (RFC
// 1939 7).
#pragma once

#include <cstdint>
#include <string_view>

namespace rook::pop3::wire {

class TopCutter {
public:
    explicit TopCutter(std::uint64_t body_lines) : left_(body_lines) {}

    // How much of the next piece of the message belongs to the answer.
    std::size_t take(std::string_view piece);
    // No more pieces are wanted.
    bool is_done() const { return in_body_ && left_ == 0; }

private:
    std::uint64_t left_;
    bool in_body_ = false;
    bool line_is_empty_ = true;  // nothing but CR since the last LF
};

}  // namespace rook::pop3::wire
