// What goes wrong, in SMTP's numbers (RFC 5321 4.2, RFC 3463).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "smtp/smtp.h"

namespace rook::smtp {

struct Code {
    int basic = 250;                      // 452
    std::string_view enhanced = "2.0.0";  // "4.2.2"
    bool is_permanent() const { return basic >= 500; }
};

// An account over its quota: LMTP's client is a mail server with a queue, which may try again for
// days (452); submission's is a person, who would not know of a retry (552).
Code reply_code(Why, Kind);

// One line of a reply, with CRLF: "250 2.1.0 text", "250-SIZE 1000" (no enhanced code: ""). Text is
// made printable ASCII and cut to what fits a line (RFC 5321 4.5.3.1.5).
enum class Last : std::uint8_t { Yes, No };
std::string reply_line(Code, std::string_view text, Last = Last::Yes);

}  // namespace rook::smtp
