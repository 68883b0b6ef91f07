// A session's picture of one selected mailbox: sequence numbers that change only when the session
// says so.
//
// Made by Account::select. It shares the mailbox's page index; pages are read when they are needed
// and may be newer than the view, so it puts back what it has not told as expunged (ghosts) and
// leaves out UIDs above its own (docs/architecture.md, "Pages and views"). Threads: the session's
// (one at a time), but for the Hub, which only queues. Walking reads the disk; news() does not.
// Lifetime: keeps its Account alive.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "base/result.h"
#include "mailbox/types.h"

namespace rook::mailbox {

class Account;

// What a view has to tell, in the order in which a session must tell it. Numbers are as the client
// will know them at that point.
struct Exists {
    std::uint32_t count;
    std::uint32_t recent;
};  // new messages came
struct NewFlags {
    Seq seq;
    Entry entry;
};  // somebody changed its flags
struct Vanished {
    Seq seq;
    Uid uid;
};  // expunged: higher numbers move down by one
struct NewKeywords {
    KeywordNames names;
};  // the mailbox has more keywords: told before the entries that carry them
struct MailboxGone {};  // deleted, or the view fell behind what can be caught up: end the selection
using News = std::variant<Exists, NewFlags, Vanished, NewKeywords, MailboxGone>;

// The RFC's rule on EXPUNGE (RFC 9051 7.5.1): held back while sequence numbers are in flight.
enum class Tell : std::uint8_t { Everything, NoExpunge };

class View {
public:
    virtual ~View() = default;

    virtual Account& account() = 0;
    virtual MailboxId mailbox() const = 0;
    virtual std::uint32_t uidvalidity() const = 0;
    virtual bool is_read_only() const = 0;
    // Marks this view's own changes: pass it to Account's verbs, and news() will not tell this view
    // the flags that it set itself (the command has answered them).
    virtual Origin origin() const = 0;

    // As told so far.
    virtual std::uint32_t count() const = 0;
    virtual std::uint32_t recent() const = 0;
    virtual bool is_recent(Uid) const = 0;
    virtual KeywordNames keyword_names() const = 0;
    virtual Uid uidnext() const = 0;
    virtual ModSeq highest_modseq() const = 0;
    virtual Result<std::optional<Seq>> first_unseen() = 0;

    // nullopt when the view has no such message.
    virtual Result<std::optional<Uid>> uid(Seq) = 0;
    virtual Result<std::optional<Seq>> seq(Uid) = 0;
    // The view's last UID; 0 when empty.
    virtual Uid last_uid() const = 0;
    // The uids that the view has out of `set`, and those at the places in `set` (places that do not
    // exist are left out).
    virtual Result<UidSet> existing(const UidSet& set) = 0;
    virtual Result<UidSet> uids(const SeqSet& set) = 0;
    virtual Result<SeqSet> seqs(const UidSet& set) = 0;

    // Calls `each` for the view's entries in `set`, in rising order, until it returns false. An
    // entry that the mailbox no longer has (a ghost) comes with is_gone; its email can still be
    // read. Pages come from the cache or the disk; a set of one costs one page.
    struct Item {
        Seq seq;
        const Entry& entry;
        bool is_gone;
    };
    virtual Result<> walk(const UidSet& set, const std::function<bool(const Item&)>& each) = 0;
    // Only entries changed after `since` are walked; whole pages that are older are skipped
    // (CONDSTORE's CHANGEDSINCE).
    virtual Result<> walk_changed(const UidSet& set, ModSeq since,
                                  const std::function<bool(const Item&)>& each) = 0;

    // Takes what has happened and may be told now; the view's numbers move along. With NoExpunge it
    // stops before the first expunge.
    virtual std::vector<News> news(Tell) = 0;
    virtual bool has_news() const = 0;
    // More has come than the view queued: news() will read the disk, so a worker must ask for it.
    virtual bool is_behind() const = 0;
};

}  // namespace rook::mailbox
