// The payloads of an account's small records (docs/formats/mailbox.md), each a plain struct with
// encode and decode.
//
// Threads: plain values. decode never trusts the bytes: Corrupt when they make no sense.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mailbox/page.h"
#include "mailbox/types.h"

namespace rook::mailbox {

// Of an account's records as a whole (Y), and the newest version of each value that this program
// reads.
constexpr std::uint8_t kFormatVersion = 1, kValueVersion = 1;

// A
struct AccountRecord {
    ModSeq modseq;              // the last one given out
    std::uint64_t next_id = 1;  // of mailboxes, emails, threads and subscriptions
    std::uint32_t last_uidvalidity = 0;
    ModSeq log_floor;                       // changes up to here are no longer on record (C, X)
    std::uint64_t bytes = 0, messages = 0;  // sums over the mailboxes
    friend bool operator==(const AccountRecord&, const AccountRecord&) = default;
};
std::string encode(const AccountRecord&);
Result<AccountRecord> decode_account(std::string_view);

// M: what changes with every message.
struct Counters {
    Uid uidnext{1};
    ModSeq highest_modseq;
    std::uint32_t messages = 0, unseen = 0, deleted = 0;
    std::uint64_t size = 0, deleted_size = 0;
    friend bool operator==(const Counters&, const Counters&) = default;

    void add(const Entry&);
    void remove(const Entry&);
};
std::string encode(const Counters&, Uid recent_from);
struct StoredCounters {
    Counters counters;
    Uid recent_from;
};
Result<StoredCounters> decode_counters(std::string_view);

// N: what hardly ever changes.
struct Properties {
    std::string name;
    Role role = Role::None;
    std::uint32_t uidvalidity = 0;
    std::int64_t created = 0;
    KeywordNames keywords = std::make_shared<const std::vector<std::string>>();
};
using PropertiesPtr =
    std::shared_ptr<const Properties>;  // shared by the pending and the visible tip
std::string encode(const Properties&);
Result<Properties> decode_properties(std::string_view);

// D: entries that no mailbox shows any more, in the pages under its number. Their emails do not
// know yet.
struct DoomedRecord {
    Properties properties;       // of the mailbox that had them
    std::uint64_t expunged = 0;  // its number; 0: it was removed, and had the record's own
};
std::string encode(const DoomedRecord&);
Result<DoomedRecord> decode_doomed(std::string_view);

// I
std::string encode(const PageInfo&);
Result<PageInfo> decode_page_info(std::string_view, Uid low);

// E
struct Place {
    std::uint64_t mailbox = 0;
    Uid uid;
    friend auto operator<=>(const Place&, const Place&) = default;
};
constexpr std::size_t kMaxPlaces = 4096;  // entries an email may be in: its record stays small
struct EmailRecord {
    ThreadId thread;
    std::uint64_t size = 0;
    std::uint32_t body_chunks = 0, summary_chunks = 0;
    std::int64_t freed_at = 0;  // when the last entry went; 0 while it has one
    std::vector<Place> places;  // with those of entries that a D record is about
};
std::string encode(const EmailRecord&);
Result<EmailRecord> decode_email(std::string_view);

// C: what one transaction did, by mailbox.
struct ChangeRecord {
    enum class Kind : std::uint8_t {
        Added = 1,
        Flagged = 2,
        Expunged = 3,
        Mailbox = 4,
        MailboxGone = 5,
        Subscription = 6
    };
    struct Item {
        Kind kind;
        std::uint64_t mailbox = 0;
        UidSet uids;                  // Added, Flagged
        std::vector<Entry> expunged;  // Expunged: uid and email only
    };
    std::int64_t at = 0;
    std::vector<Item> items;
};
std::string encode(const ChangeRecord&);
Result<ChangeRecord> decode_change(std::string_view);

// X
struct ExpungedRecord {
    std::int64_t at = 0;
    UidSet uids;
};
std::string encode(const ExpungedRecord&);
Result<ExpungedRecord> decode_expunged(std::string_view);

// F: an email without an entry, and the last one that it had, so that it can be put back.
struct FreedRecord {
    std::uint64_t mailbox = 0;
    std::string name;  // of the mailbox, which may be gone too
    Uid uid;
    Flags flags = 0;
    std::vector<std::string> keywords;
    std::int64_t received = 0, saved = 0;
};
std::string encode(const FreedRecord&);
Result<FreedRecord> decode_freed(std::string_view);

}  // namespace rook::mailbox
