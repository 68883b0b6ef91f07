// Line ends of files, LF, become those of mail, CRLF. A CRLF stays, a lone CR too.
//
// Threads: one at a time.
#pragma once

#include <string>
#include <string_view>

namespace rook::admin {

class CrLf {
public:
    std::string convert(std::string_view piece) {
        std::string out;
        out.reserve(piece.size() + piece.size() / 32);
        for (char c : piece) {
            if (c == '\n' && last_ != '\r') out += '\r';
            out += c;
            last_ = c;
        }
        return out;
    }

private:
    char last_ = 0;
};

inline std::string to_crlf(std::string_view text) { return CrLf().convert(text); }

}  // namespace rook::admin
