// LMTP (RFC 2033) and message submission (RFC 6409) on one SMTP session: what the program needs to
// know of this folder.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "auth/auth.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "directory/directory.h"
#include "mailbox/accounts.h"
#include "net/session.h"

namespace rook::smtp {

enum class Kind : std::uint8_t { Lmtp, Submission };

// All are settings.
struct Options {
    std::string hostname;                    // in the greeting and in Received
    std::size_t line_bytes = 8 * 1024;       // a command line
    std::size_t recipients = 1'000;          // a message
    unsigned bad_commands = 20;              // in a row, then 421
    std::chrono::seconds login_timeout{60};  // submission: until AUTH has succeeded
    std::chrono::seconds idle_timeout{300};  // RFC 5321 4.5.3.2.7
};

// What sessions use; outlives them.
struct Services {
    mailbox::Accounts& accounts;
    auth::Authenticator& authenticator;
    directory::Directory& directory;
    const Clock& clock;
    Random& random;
    Log& log;
    // Of a peer's network: net::Server::hash_lane_full().
    std::function<bool(const std::string&)> hashes_full = [](auto&) { return false; };
    Options options = {};
};

std::unique_ptr<net::Session> make_session(const Services&, Kind, net::Link&);

}  // namespace rook::smtp
