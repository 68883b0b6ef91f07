// A message's bytes as the body of a multi-line response (RFC 1939 3): dots stuffed, the end added.
//
// The bytes go out as they are stored, bare CR and LF too, so that the sizes that STAT and LIST
// tell are the octets that come (without stuffing and end, RFC 1939 11). A line that starts with a
// dot is stuffed after any LF, whether or not a CR stands before it: clients that end lines at LF
// would otherwise take "\n.\r\n" in a message for the end of the response.
#pragma once

#include <string>
#include <string_view>

namespace rook::pop3::wire {

class BodyWriter {
public:
    // The bytes, stuffed; a message may be cut into pieces anywhere. Most have nothing to stuff and
    // come back without a copy.
    std::string write(std::string bytes);
    // The CRLF that the message lacks, if it does, and the line of one dot.
    std::string_view end() const {
        return ends_line_ ? std::string_view(".\r\n") : std::string_view("\r\n.\r\n");
    }

private:
    bool at_line_start_ = true;
    bool ends_with_cr_ = false;
    bool ends_line_ = true;  // with CRLF, or nothing was written
};

}  // namespace rook::pop3::wire
