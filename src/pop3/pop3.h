// POP3 (RFC 1939 and its extensions): what the program needs to know of this folder.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "auth/auth.h"
#include "base/clock.h"
#include "base/log.h"
#include "mailbox/accounts.h"
#include "net/session.h"

namespace rook::pop3 {

// All are settings.
struct Options {
    std::size_t line_bytes = 8 * 1024;  // RFC 2449 4 asks for 255; SASL responses are longer
    unsigned bad_commands = 20;         // in a row, then the connection closes
    std::chrono::seconds login_timeout{60};
    std::chrono::seconds idle_timeout{1800};  // RFC 1939 3: at least 10 minutes
};

// What sessions use; outlives them.
struct Services {
    mailbox::Accounts& accounts;
    auth::Authenticator& authenticator;
    const Clock& clock;
    Log& log;
    // Of a peer's network: net::Server::hash_lane_full().
    std::function<bool(const std::string&)> hashes_full = [](auto&) { return false; };
    Options options = {};
};

std::unique_ptr<net::Session> make_session(const Services&, net::Link&);

}  // namespace rook::pop3
