// What the mailbox layer is about: entries, flags, mailboxes, and the changes that it tells.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/ranges.h"

namespace rook::mailbox {

// The system flags (RFC 9051 2.3.2), as bits. \Recent is a session's, not an entry's: see View.
using Flags = std::uint8_t;
constexpr Flags kSeen = 1, kAnswered = 2, kFlagged = 4, kDeleted = 8, kDraft = 16;

// Keywords as bits: bit i is the mailbox's keyword_names[i]. A mailbox's names are only ever added
// to, so a bit never changes its meaning.
using Keywords = std::uint64_t;
constexpr std::size_t kMaxKeywords = 64;       // a mailbox
constexpr std::size_t kMaxKeywordBytes = 100;  // one name
using KeywordNames =
    std::shared_ptr<const std::vector<std::string>>;  // shared by snapshots; never null

// An email in a mailbox.
struct Entry {
    Uid uid;
    Flags flags = 0;
    std::uint32_t size = 0;  // of the message, in bytes
    EmailId email;
    Keywords keywords = 0;
    ModSeq modseq;
    std::int64_t received = 0;  // INTERNALDATE, seconds since 1970 UTC
    std::int64_t saved = 0;     // when it came into this mailbox (RFC 8514)
};

// Flags and keywords by name, as a client gives them.
struct FlagList {
    Flags flags = 0;
    std::vector<std::string> keywords;
};

// Special uses (RFC 6154). One mailbox a role; None may be many.
enum class Role : std::uint8_t {
    None,
    Inbox,
    Drafts,
    Sent,
    Junk,
    Trash,
    Archive,
    All,
    Flagged,
    Important
};

// A mailbox as it was when asked.
struct MailboxInfo {
    MailboxId id;
    std::string name;  // UTF-8 NFC, levels joined by '/'; the inbox is "INBOX"
    Role role = Role::None;
    std::uint32_t uidvalidity = 0;
    Uid uidnext;
    ModSeq highest_modseq;
    std::uint32_t messages = 0, unseen = 0, deleted = 0;
    std::uint64_t size = 0;  // sum of the entries' sizes
    std::uint64_t deleted_size = 0;
    Uid recent_from;  // entries from here on are recent to the next session that selects it
    std::uint32_t recent =
        0;  // how many those are; an upper bound until the mailbox has been opened once
    KeywordNames keyword_names;
};

// Who made a change, so that a session is not told its own flag changes a second time. 0: nobody in
// particular.
using Origin = std::uint64_t;

// Committed facts, told in commit order. Self-contained: telling them reads no disk.
struct Added {
    MailboxId mailbox;
    std::vector<Entry> entries;  // rising uids
    KeywordNames keyword_names;
};
struct Flagged {
    MailboxId mailbox;
    std::vector<Entry> entries;  // as they are now
    KeywordNames keyword_names;
    Origin origin = 0;
};
struct Expunged {
    MailboxId mailbox;
    UidSet uids;
    ModSeq modseq;
};
struct MailboxChanged {  // created, renamed, deleted, subscribed
    MailboxId mailbox;
    bool is_gone = false;
};
using Change = std::variant<Added, Flagged, Expunged, MailboxChanged>;

}  // namespace rook::mailbox
