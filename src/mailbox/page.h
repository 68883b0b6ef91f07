// A page: up to 64 entries of a mailbox in UID order; the unit of storage, of sharing and of
// caching.
//
// Threads: a page that is shared (PagePtr) is never changed; a change makes a new one with a new
// version.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mailbox/types.h"

namespace rook::mailbox {

constexpr std::size_t kPageEntries = 64;

struct Page {
    Uid low;         // of its key: no entry is below, and it does not move when entries go
    ModSeq version;  // of the transaction that wrote it: two pages with one low and one version are
                     // equal
    std::vector<Entry> entries;

    // The place of the first entry with this uid or a higher one.
    std::size_t rank(Uid) const;
    const Entry* find(Uid) const;
    // What it costs in memory.
    std::size_t bytes() const { return sizeof(Page) + entries.capacity() * sizeof(Entry) + 64; }
};
using PagePtr = std::shared_ptr<const Page>;  // shared by the cache, walks and queued transactions

// What the page index knows of a page.
struct PageInfo {
    Uid low;
    std::uint8_t count = 0, unseen = 0, deleted = 0;
    ModSeq version;
    friend bool operator==(const PageInfo&, const PageInfo&) = default;
};
PageInfo info_of(const Page&);

// The payload of a P record. Entries of emails made in `account` spare their account's number.
std::string encode_page(const Page&, AccountId account);
// Corrupt when the bytes make no sense: uids out of order or below `low`, too many entries.
Result<Page> decode_page(std::string_view payload, AccountId account, Uid low);

}  // namespace rook::mailbox
