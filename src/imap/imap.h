// IMAP4rev1 (RFC 3501) and IMAP4rev2 (RFC 9051): what the program needs to know of this folder.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "auth/auth.h"
#include "base/clock.h"
#include "base/log.h"
#include "directory/directory.h"
#include "mailbox/accounts.h"
#include "net/session.h"

namespace rook::imap {

// All are settings.
struct Options {
    bool literal_minus = false;          // advertise LITERAL- instead of LITERAL+ (RFC 7888)
    std::size_t line_bytes = 64 * 1024;  // a command without its literals
    std::size_t line_bytes_before_login = 8 * 1024;
    std::size_t command_bytes = 1024 * 1024;  // a command with its literals, APPEND's message apart
    unsigned bad_commands = 20;               // in a row, then BYE
    std::chrono::seconds login_timeout{60};
    std::chrono::seconds idle_timeout{1800};  // RFC 9051 5.4: at least 30 minutes
};

// What sessions use; outlives them.
struct Services {
    mailbox::Accounts& accounts;
    auth::Authenticator& authenticator;
    directory::Directory& directory;
    const Clock& clock;
    Log& log;
    // Of a peer's network: net::Server::hash_lane_full().
    std::function<bool(const std::string&)> hashes_full = [](auto&) { return false; };
    Options options = {};
};

std::unique_ptr<net::Session> make_session(const Services&, net::Link&);

}  // namespace rook::imap
