// STORE and its like: changing flags and keywords, some pages a transaction.
#include "mailbox/account_impl.h"
#include "mailbox/range_cursor.h"

namespace rook::mailbox {
namespace {

// A transaction's size: some 100 KB of pages, a millisecond under the lock.
constexpr std::size_t kPagesATime = 64;

// What was asked, in one transaction's words.
class Edit {
public:
    Edit(const FlagEdit& asked, BoxEdit& box) : asked_(asked), box_(box) {}

    bool is_refused(const Entry& e) const {
        return asked_.unchanged_since && e.modseq > *asked_.unchanged_since;
    }
    Result<> apply(Entry& e) {
        const auto names = TRY(keywords());
        const auto flags = asked_.flags.flags;
        switch (asked_.how) {
            case FlagEdit::How::Replace:
                e.flags = flags;
                e.keywords = names;
                break;
            case FlagEdit::How::Add:
                e.flags |= flags;
                e.keywords |= names;
                break;
            case FlagEdit::How::Remove:
                e.flags &= static_cast<Flags>(~flags);
                e.keywords &= ~names;
                break;
        }
        return {};
    }

private:
    // A name that the mailbox has not is made when the first message gets it: when all are refused
    // or gone, none is.
    Result<Keywords> keywords() {
        if (!keywords_) {
            keywords_ = asked_.how == FlagEdit::How::Remove
                            ? box_.known_keywords(asked_.flags.keywords)
                            : TRY(box_.keywords(asked_.flags.keywords));
        }
        return *keywords_;
    }

    const FlagEdit& asked_;
    BoxEdit& box_;
    std::optional<Keywords> keywords_;
};

// One page's share of the change.
Result<> edit_page(Txn& txn, BoxEdit& box, const PageInfo& info, RangeCursor<Uid>& wanted,
                   Edit& edit, Origin origin, FlagsSet& out) {
    auto before = TRY(box.page(info));
    Page after = *before;
    std::vector<Entry> changed;
    for (auto& e : after.entries) {
        if (!wanted.contains(e.uid)) continue;
        if (edit.is_refused(e)) {
            out.modified.add(e.uid);
            continue;
        }
        auto now = e;
        TRY(edit.apply(now));
        if (now.flags != e.flags || now.keywords != e.keywords) {
            now.modseq = txn.modseq();
            e = now;
            changed.push_back(e);
        }
        out.entries.push_back(e);
    }
    if (!changed.empty()) {
        box.put_flagged(std::move(before), std::move(after), std::move(changed), origin);
    }
    return {};
}

// Marking what is to be expunged goes through on a full disk, like the EXPUNGE that needs it. Only
// adding: it ends when everything is marked.
bool begins_expunge(const FlagEdit& asked) {
    return asked.how == FlagEdit::How::Add && (asked.flags.flags & kDeleted) != 0 &&
           asked.flags.keywords.empty();
}

// What was asked for and is neither changed nor refused.
UidSet missing(const UidSet& asked, Uid uidnext, const FlagsSet& done) {
    std::vector<Range<Uid>> ranges(done.modified.begin(), done.modified.end());
    for (auto& e : done.entries) ranges.push_back({e.uid, e.uid});
    const auto present = UidSet::from_unsorted(std::move(ranges));
    UidSet gone;
    auto there = present.begin();
    for (auto& range : asked) {
        std::uint64_t at = std::max(range.first.v, 1u);
        const std::uint64_t end = std::min(range.last.v, uidnext.v - 1);
        while (at <= end) {
            while (there != present.end() && there->last.v < at) ++there;
            const auto next =
                there == present.end() ? end + 1 : std::min<std::uint64_t>(there->first.v, end + 1);
            if (next > at)
                gone.add(Uid{static_cast<std::uint32_t>(at)},
                         Uid{static_cast<std::uint32_t>(next - 1)});
            at = next <= end ? std::uint64_t{there->last.v} + 1 : next;
        }
    }
    return gone;
}

}  // namespace

Result<FlagsSet> AccountImpl::set_flags(MailboxId mailbox, const UidSet& set,
                                        const FlagEdit& asked) {
    const auto n = TRY(number_of(mailbox));
    FlagsSet out;
    Uid uidnext{1};
    RangeCursor<Uid> wanted(set);
    Commits commits;
    for (std::uint64_t from = set.is_empty() ? 0xFFFFFFFF : set.first().v; from <= 0xFFFFFFFF;) {
        auto txn = TRY(Txn::begin(*this));
        if (begins_expunge(asked)) txn->mark_freeing();
        auto* box = TRY(txn->box(n));
        uidnext = box->counters().uidnext;
        Edit edit(asked, *box);
        const auto index = box->index();
        auto place = index.find(Uid{static_cast<std::uint32_t>(from)});
        from = std::uint64_t{1} << 32;
        for (std::size_t pages = 0; place; ++pages) {
            const auto next = index.next(*place);
            const auto last = next ? Uid{index.at(*next).low.v - 1} : Uid{0xFFFFFFFF};
            if (pages == kPagesATime) {
                from = index.at(*place).low.v;
                break;
            }
            if (wanted.touches(index.at(*place).low, last)) {
                TRY(edit_page(*txn, *box, index.at(*place), wanted, edit, asked.origin, out));
            }
            const auto coming = wanted.next_after(last);
            if (!next || !coming) break;
            place = index.forward(*next, *coming);
        }
        TRY(commits.add(*txn));
    }
    TRY(commits.wait());
    out.gone = missing(set, uidnext, out);
    return out;
}

}  // namespace rook::mailbox
