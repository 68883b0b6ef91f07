// What is left of a damaged account: every record that can be read, every message whose bytes are
// whole, and which rows are neither. Private to mailbox/: repair.cpp makes an account of it again.
//
// Threads: plain values; as large as the account's records.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "mailbox/records.h"
#include "store/store.h"

namespace rook::mailbox {

struct Remains {
    struct Box {
        std::optional<Properties> properties;
        std::optional<StoredCounters> counters;
        bool is_doomed = false;
        std::vector<Entry> entries;  // rising uids
        UidSet expunged;             // on record
        Uid last;                    // the highest that was seen
    };
    struct Email {
        bool has_record = false, is_changed = false;
        EmailRecord record;
        std::optional<std::uint64_t> size;  // of the body, when all of it can be read
        bool is_derived = false;            // Summary and signature are whole
        bool is_free_listed = false;        // under record.freed_at
        std::int64_t received = 0;          // as far as anything says so
    };

    bool has_format = false;
    std::optional<AccountRecord> account;
    std::map<std::uint64_t, Box> boxes;  // some are only mentioned
    std::map<EmailId, Email> emails;
    // The highest that were seen.
    ModSeq modseq;
    std::uint64_t id = 0;
    std::uint32_t uidvalidity = 0;
    // Rows that go unless they are written anew: what is damaged, what belongs to no message, the
    // pages and the log of changes.
    std::set<std::pair<store::Table, std::string>> rows;
    // Chunks of whole bodies that a walk can read, and readers cannot: to be written again.
    std::vector<std::string> hidden;
    std::vector<std::string> damage;  // "record ...: checksum does not match"
};

// Unsupported when a newer program wrote any of it; whatever cannot be read for another reason than
// damage of its own is the error.
Result<Remains> read_remains(const store::Store&, AccountId);

}  // namespace rook::mailbox
