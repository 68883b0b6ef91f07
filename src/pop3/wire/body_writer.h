// A message's bytes as the body of a multi-line response (RFC 1939 3): dots stuffed, the end added.
//
// The bytes go out as they are stored, bare CR and LF too, so that the sizes that STAT and LIST
// tell are the octets that come (without stuffing and end, RFC 1939 11). A line that starts with a
// dot is stuffed after any LF, whether or not a CR stands before it: clients that end lines at LF
// would otherwise take "\n.\r\n" in a message for the end of the response.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace rook::pop3::wire {

class BodyWriter {
public:
    // Calls `sink` with pieces that together are the bytes, stuffed. Pieces of a message may be cut
    // anywhere.
    template <std::invocable<std::string_view> Sink>
    void write(std::string_view bytes, Sink&& sink);
    // The CRLF that the message lacks, if it does, and the line of one dot.
    std::string_view end() const {
        return ends_line_ ? std::string_view(".\r\n") : std::string_view("\r\n.\r\n");
    }

private:
    bool at_line_start_ = true;
    bool ends_with_cr_ = false;
    bool ends_line_ = true;  // with CRLF, or nothing was written
};

template <std::invocable<std::string_view> Sink>
void BodyWriter::write(std::string_view bytes, Sink&& sink) {
    if (bytes.empty()) return;
    if (at_line_start_ && bytes.front() == '.') sink(std::string_view("."));
    const char* piece = bytes.data();
    const char* const end = piece + bytes.size();
    const char* at = piece;
    while (at < end) {
        const auto* lf =
            static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
        if (!lf) break;
        at = lf + 1;
        if (at < end && *at == '.') {
            sink(std::string_view(piece, static_cast<std::size_t>(at - piece)));
            sink(std::string_view("."));
            piece = at;
        }
    }
    sink(std::string_view(piece, static_cast<std::size_t>(end - piece)));
    at_line_start_ = bytes.back() == '\n';
    const bool cr_before = bytes.size() > 1 ? end[-2] == '\r' : ends_with_cr_;
    ends_line_ = at_line_start_ && cr_before;
    ends_with_cr_ = bytes.back() == '\r';
}

}  // namespace rook::pop3::wire
