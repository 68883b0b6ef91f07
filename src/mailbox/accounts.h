// The accounts' mail as a whole: opens, creates, removes, tidies and checks.
//
// Owned by: server/wiring; one a process; outlives every session. Threads: any.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "directory/directory.h"
#include "mailbox/account.h"
#include "mailbox/hub.h"
#include "mailbox/restore.h"
#include "store/store.h"

namespace rook::mailbox {

// All are settings ([limits] in the configuration).
struct Limits {
    std::uint64_t message_bytes = 50u << 20;
    std::size_t staged_in_memory =
        256 * 1024;                  // of an arriving message, before chunks go to the store
    std::size_t mailboxes = 10'000;  // an account
    std::size_t mailbox_name_bytes = 1'000;
    std::size_t mailbox_depth = 32;            // levels
    std::size_t page_cache_bytes = 64u << 20;  // decoded pages and summaries, the whole process
    std::size_t view_queue =
        10'000;  // entries a view may have untold before it compares with the store instead
    std::chrono::hours undelete{24 * 14};    // expunged mail is freed after this, at least a day
    std::chrono::hours change_log{24 * 30};  // C and X records are kept for this
};

struct CheckProblem {
    AccountId account;
    std::string what;  // "mailbox INBOX: page 65: checksum does not match"
};
struct CheckReport {
    std::uint64_t accounts = 0, mailboxes = 0, entries = 0, emails = 0, bytes = 0;
    std::vector<CheckProblem> problems;
    std::vector<CheckProblem> repaired;  // what is gone, and what came back
};

// A walk over everything that is stored, in slices, so that it can be watched and given up.
class Checking {
public:
    virtual ~Checking() = default;
    // Goes on for a moment, up to some 8 MB of mail; true while there is more.
    virtual Result<bool> step() = 0;
    // In a unit of its own: for a percentage.
    virtual std::uint64_t done() const = 0;
    virtual std::uint64_t all() const = 0;
    // Whole when step() has said false.
    virtual const CheckReport& report() const = 0;
};

class Accounts {
public:
    static Result<std::unique_ptr<Accounts>> open(store::Store&, directory::Directory&,
                                                  const Clock&, Random&, Log&, Limits);
    virtual ~Accounts() = default;

    // NotFound when there is no such account. Loads it, sweeps what a crash left, or shares the one
    // in memory.
    virtual Result<AccountPtr> open(AccountId) = 0;

    // Writes the account's records with INBOX, Drafts, Sent, Junk, Trash and Archive, subscribed,
    // then reveals the address. `account.id` is filled in. Exists, NotFound (domain).
    virtual Result<AccountId> create(directory::Account account) = 0;
    // Hides the address, then erases everything of it. Its open sessions get Gone.
    virtual Result<> remove(AccountId) = 0;

    // Begins to take the records of an account of a backup: as a new account, or in the place of
    // the one that has the address. Exists, NotFound (domain).
    virtual Result<std::unique_ptr<Restoring>> begin_restore(RestoreWish) = 0;

    virtual Hub& hub() = 0;
    virtual const Limits& limits() const = 0;
    // Of the cache that limits().page_cache_bytes bounds.
    virtual std::size_t page_cache_bytes() const = 0;

    // Frees what is due (free list, old changes), a slice of at most 100 ms; true when more is due.
    // The server calls it from a worker on a timer.
    virtual Result<bool> tidy() = 0;

    // Walks every record of every account: checksums, page and index counts, quota, entries <->
    // emails <-> bodies. What is written meanwhile is no damage: an account's records are compared
    // as they were at one moment. Not to outlive this.
    // An account in which something is found can be repaired and walked once more (repair.h): only
    // while nobody else uses any of this. All others are left as they are.
    enum class Then : std::uint8_t { Report, Repair };
    virtual Result<std::unique_ptr<Checking>> begin_check(Then) = 0;
    // All of it at once.
    Result<CheckReport> check(Then = Then::Report);
};

}  // namespace rook::mailbox
