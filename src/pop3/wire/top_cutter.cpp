#include "pop3/wire/top_cutter.h"

#include <algorithm>

namespace rook::pop3::wire {

std::size_t TopCutter::take(std::string_view piece) {
    std::size_t at = 0;
    while (at < piece.size() && !is_done()) {
        const auto lf = piece.find('\n', at);
        if (!in_body_) {
            const auto line = piece.substr(at, lf == piece.npos ? lf : lf - at);
            line_is_empty_ = line_is_empty_ && line.find_first_not_of('\r') == line.npos;
        }
        if (lf == piece.npos) return piece.size();
        at = lf + 1;
        if (in_body_) {
            --left_;
        } else {
            in_body_ = line_is_empty_;
            line_is_empty_ = true;
        }
    }
    return at;
}

}  // namespace rook::pop3::wire
