// An IMAP client that counts what it is told and holds the server to it.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "load/connection.h"

namespace rook::bench {

// What came with a tagged OK.
struct Reply {
    std::string tagged;  // The tagged line.
    std::uint64_t fetched = 0, expunged = 0, statuses = 0, listed = 0;
    std::uint64_t found = 0;          // Numbers in SEARCH.
    std::uint64_t exists = 0;         // The last EXISTS.
    std::uint64_t literal_bytes = 0;  // In all literals.
    std::string codes;                // Untagged OK lines, which hold UIDVALIDITY and others.

    // The number of that name: "FETCH", "EXPUNGE", "STATUS", "SEARCH", "EXISTS", "LIST".
    std::uint64_t count_of(std::string_view name) const;
    // The number after a word of `codes`, such as "UIDVALIDITY".
    std::uint64_t code(std::string_view name) const;
};

class ImapClient {
public:
    ImapClient(int port, Connection::Security security, Ticket* ticket = nullptr);

    void login(const std::string& user, const std::string& password);
    void logout();
    // Sends a command, reads to its tagged reply, which must be OK; throws with the line otherwise.
    Reply command(std::string_view text);
    // A message by a non-synchronising literal.
    Reply append(std::string_view mailbox, std::string_view message);
    // In two halves, for what is pipelined.
    std::string send(std::string_view text);
    Reply read(const std::string& tag);
    // The next response without a tag, for a client in IDLE.
    std::string_view untagged() { return connection_.line(); }

    Connection& connection() { return connection_; }

private:
    Connection connection_;
    int commands_ = 0;
    bool leaving_ = false;  // BYE is expected.
};

}  // namespace rook::bench
