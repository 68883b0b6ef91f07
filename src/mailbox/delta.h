// What one transaction did to one mailbox, as views replay it.
//
// A view that takes every delta in order is, after each, exactly the mailbox as that transaction
// left it: so the places (ranks) that the transaction worked out are right for every view, and
// telling them reads nothing. Threads: immutable once queued; shared by the views of the mailbox.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "mailbox/types.h"

namespace rook::mailbox {

struct Delta {
    // The mailbox afterwards.
    ModSeq modseq;
    Uid uidnext;
    std::uint32_t count = 0;
    KeywordNames keywords;

    bool has_new_keywords = false;
    bool is_gone = false;         // removed
    bool is_renamed = false;      // created, renamed: nothing for a view
    std::vector<Entry> flagged;   // as they are afterwards, rising uids
    std::vector<Entry> added;     // rising uids
    std::vector<Entry> expunged;  // as they were, rising uids
    // How many entries are before each afterwards.
    std::vector<std::uint32_t> flagged_ranks, expunged_ranks;
    Origin origin = 0;  // of `flagged`

    std::size_t weight() const { return 1 + flagged.size() + added.size() + expunged.size(); }
    bool is_news_to(Origin view) const {
        return has_new_keywords || is_gone || !added.empty() || !expunged.empty() ||
               (!flagged.empty() && (origin == 0 || origin != view));
    }
};
using DeltaPtr = std::shared_ptr<const Delta>;  // shared by the feeds of one mailbox's views

}  // namespace rook::mailbox
