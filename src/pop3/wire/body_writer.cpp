#include "pop3/wire/body_writer.h"

namespace rook::pop3::wire {

std::string BodyWriter::write(std::string bytes) {
    if (bytes.empty()) return bytes;
    std::string stuffed;
    std::size_t done = 0;
    // By the dots: an attachment has many lines and none of them.
    for (auto dot = bytes.find('.'); dot != bytes.npos; dot = bytes.find('.', dot + 1)) {
        if (dot == 0 ? !at_line_start_ : bytes[dot - 1] != '\n') continue;
        stuffed.append(bytes, done, dot - done) += '.';
        done = dot;
    }
    at_line_start_ = bytes.back() == '\n';
    const bool cr_before = bytes.size() > 1 ? bytes[bytes.size() - 2] == '\r' : ends_with_cr_;
    ends_line_ = at_line_start_ && cr_before;
    ends_with_cr_ = bytes.back() == '\r';
    if (stuffed.empty()) return bytes;
    return stuffed.append(bytes, done);
}

}  // namespace rook::pop3::wire
