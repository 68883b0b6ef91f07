// What an endpoint's text means, and who a peer is.
//
// Threads: pure functions.
#pragma once

#include <sys/socket.h>

#include <string>
#include <string_view>

#include "base/result.h"
#include "net/session.h"

namespace rook::net {

struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;
    std::string unix_path;  // empty: TCP
    std::string host;       // as it was written, for messages
    std::uint16_t port = 0;
};

// "127.0.0.1:1143", "[::1]:1143", "unix:/path". No names: a listener must not depend on DNS.
// BadSyntax with an example.
Result<Address> parse_address(std::string_view text);

Peer peer_of(const sockaddr_storage&);

}  // namespace rook::net
