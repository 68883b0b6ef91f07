// The Received field of a message (RFC 5321 4.4, RFC 3848, RFC 6531 4.3).
#pragma once

#include <string>
#include <string_view>

#include "net/session.h"
#include "smtp/smtp.h"

namespace rook::smtp {

struct TraceFacts {
    Kind kind;
    std::string_view hello;  // the name the client gave, whatever it is
    const net::Peer& peer;
    std::string_view hostname;  // ours
    std::string_view id;
    bool is_tls = false, is_logged_in = false, is_utf8 = false;
};

// "from ... by ... with ... id ...", folded; the recipient and the date are added to each copy
// (mailbox/delivery.h). Nothing that the client said can end the line or open a comment.
std::string received_text(const TraceFacts&);

}  // namespace rook::smtp
