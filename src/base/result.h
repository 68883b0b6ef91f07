// How the whole program says that something failed: a Result holds a value or an Error, and an
// Error holds a reason that every protocol can translate.
//
// Expected outcomes (no such mailbox, over quota, bad syntax, disk full) are Results. Absence alone
// is an optional or a null from a function called `find`. Exceptions are for bugs: see
// base/check.h.
#pragma once

#include <cstdint>
#include <expected>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>

namespace rook {

// Why something failed, in words every protocol can translate (imap/reply_code.cpp,
// pop3/reply_code.cpp, smtp/reply_code.cpp each hold the one switch over it).
enum class Why : std::uint8_t {
    NotFound,     // no such mailbox, account, message
    Exists,       // the name is taken
    Denied,       // not allowed for this user, or wrong credentials
    Insecure,     // needs TLS first
    OverQuota,    // the account's own limit
    TooBig,       // a limit of the server on one thing: a message, a line, a number of parts
    Limit,        // too many of something: mailboxes, keywords, connections
    Busy,         // somebody else holds it, or the server is short of something: try again
    Gone,         // it was there and was expunged or deleted meanwhile
    BadSyntax,    // the peer's words make no sense
    Unsupported,  // the peer's words make sense and we do not do that
    Cannot,       // a valid request that can never work on this thing (deleting INBOX)
    NoSpace,      // the disk is full, or below its reserve
    Io,           // the store failed
    Corrupt,      // a checksum does not match
};

std::string_view to_string(Why);

struct Error {
    Why why;
    std::string said;    // Shown to the peer: no paths, no account names it did not send us.
    std::string detail;  // For the log only.
    std::source_location where;
};

template <class T = void>
using Result = std::expected<T, Error>;

// Makes the failed Result: `return fail(Why::NotFound, "No such mailbox");`
inline std::unexpected<Error> fail(Why why, std::string said, std::string detail = {},
                                   std::source_location where = std::source_location::current()) {
    return std::unexpected(Error{why, std::move(said), std::move(detail), where});
}

// Ends the calling function with the error, or is the value.
#define TRY(expr)                                            \
    __extension__({                                          \
        auto try_ = (expr);                                  \
        if (!try_) [[unlikely]]                              \
            return std::unexpected(std::move(try_).error()); \
        std::move(try_).value();                             \
    })

}  // namespace rook
