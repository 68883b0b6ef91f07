#include "mailbox/view.h"

#include <algorithm>

#include "mailbox/view_impl.h"

namespace rook::mailbox {
namespace {

constexpr auto kUidBelow = [](const Entry& e, Uid uid) { return e.uid < uid; };
// A picture is stale when a commit came in between; so often in a row for one page it is damage.
constexpr int kTries = 1000;

std::unexpected<Error> damaged() {
    return fail(Why::Corrupt, "The mailbox is damaged", "page does not match its index");
}

}  // namespace

std::size_t ViewImpl::Picture::ghosts_before(Uid uid) const {
    return static_cast<std::size_t>(
        std::lower_bound(ghosts->begin(), ghosts->end(), uid, kUidBelow) - ghosts->begin());
}

// Walks a span's entries and its ghosts in UID order.
struct ViewImpl::Merge {
    Merge(const Picture& picture, const Span& span, Uid from)
        : span_(span), ghosts_(*picture.ghosts) {
        entry_ = span.page ? span.page->rank(from) : 0;
        ghost_ = picture.ghosts_before(from);
    }
    bool at_end() const { return !has_entry() && !has_ghost(); }
    bool is_ghost() const {
        return has_ghost() &&
               (!has_entry() || ghosts_[ghost_].uid < span_.page->entries[entry_].uid);
    }
    const Entry& entry() const {
        return is_ghost() ? ghosts_[ghost_] : span_.page->entries[entry_];
    }
    Seq seq() const { return {static_cast<std::uint32_t>(span_.before + entry_ + ghost_ + 1)}; }
    void next() { is_ghost() ? ++ghost_ : ++entry_; }
    // Takes what is left at once where that is a row of entries without a hole: most pages are.
    void take_run(Seq last, UidSet& taken) {
        if (!has_entry() || has_ghost()) return;
        const auto& entries = span_.page->entries;
        const auto count = entries.size() - entry_;
        const auto from = entries[entry_].uid, to = entries.back().uid;
        if (to.v - from.v + 1 != count || seq().v + count - 1 > last.v) return;
        taken.add(from, to);
        entry_ = entries.size();
    }

private:
    bool has_entry() const { return span_.page && entry_ < span_.page->entries.size(); }
    bool has_ghost() const {
        return ghost_ < ghosts_.size() && ghosts_[ghost_].uid.v <= span_.last;
    }
    const Span& span_;
    const Ghosts& ghosts_;
    std::size_t entry_, ghost_;
};

ViewImpl::ViewImpl(AccountPtr account, Core& core, SlotPtr slot)
    : account_(std::move(account)),
      core_(core),
      slot_(std::move(slot)),
      ghosts_(std::make_shared<const Ghosts>()) {}

Result<std::unique_ptr<View>> ViewImpl::make(AccountPtr account, Core& core, SlotPtr slot,
                                             Account::Access access,
                                             std::function<void()> on_news) {
    const bool is_read_only = access == Account::Access::ReadOnly;
    std::unique_ptr<ViewImpl> view(new ViewImpl(std::move(account), core, slot));
    view->feed_ = std::make_shared<Feed>(core.services().next_origin++, is_read_only,
                                         core.services().limits.view_queue, std::move(on_news));
    for (;;) {
        TRY(core.content(*slot));
        // One lock: a message that comes now is either in the picture or in the feed.
        std::lock_guard lock(core.state_mutex());
        auto& tip = slot->visible;
        if (!tip.properties) return fail(Why::Gone, "The mailbox has been deleted");
        if (!tip.content->index) continue;
        auto& counters = tip.content->counters;
        view->uidvalidity_ = tip.properties->uidvalidity;
        view->keywords_told_ = tip.properties->keywords->size();
        view->count_ = counters.messages;
        view->limit_ = counters.uidnext;
        view->modseq_ = counters.highest_modseq;
        if (slot->recent_from < counters.uidnext) {
            view->claims_.push_back({slot->recent_from, Uid{counters.uidnext.v - 1}});
            view->recent_count_ = slot->recent.value_or(0);
        }
        if (!is_read_only) {
            slot->recent_from = counters.uidnext;
            slot->recent = 0;
        }
        slot->feeds.push_back(view->feed_);
        return view;
    }
}

ViewImpl::~ViewImpl() {
    {
        std::lock_guard lock(core_.state_mutex());
        std::erase(slot_->feeds, feed_);
    }
    feed_->close();
}

bool ViewImpl::is_claimed(Uid uid) const {
    auto above = std::upper_bound(claims_.begin(), claims_.end(), uid,
                                  [](Uid u, const Range<Uid>& range) { return u < range.first; });
    return above != claims_.begin() && uid <= std::prev(above)->last;
}

ModSeq ViewImpl::highest_modseq() const {
    std::lock_guard lock(core_.state_mutex());
    return std::max(modseq_, feed_->passed());
}

// All names that there are: entries that are read may have newer ones than were told.
KeywordNames ViewImpl::keyword_names() const {
    std::lock_guard lock(core_.state_mutex());
    if (!slot_->visible.properties) return std::make_shared<const std::vector<std::string>>();
    return slot_->visible.properties->keywords;
}

void ViewImpl::absorb(Feed::Taken taken) const {
    is_gone_ = is_gone_ || taken.is_gone;
    for (auto& claim : taken.claims) {
        if (!claims_.empty() && claims_.back().last.v + 1 == claim.first.v) {
            claims_.back().last = claim.last;
        } else {
            claims_.push_back(claim);
        }
    }
    if (taken.has_overflowed) {
        has_overflowed_ = true;
        queue_.clear();
        queue_.shrink_to_fit();
    }
    std::vector<Entry> more = std::move(taken.expunged);
    for (auto& delta : taken.deltas) {
        more.insert(more.end(), delta->expunged.begin(), delta->expunged.end());
        queue_.push_back(std::move(delta));
    }
    if (more.empty()) return;
    const auto by_uid = [](const Entry& a, const Entry& b) { return a.uid < b.uid; };
    std::sort(more.begin(), more.end(), by_uid);
    auto ghosts = std::make_shared<Ghosts>(ghosts_->size() + more.size());
    std::merge(ghosts_->begin(), ghosts_->end(), more.begin(), more.end(), ghosts->begin(), by_uid);
    ghosts_ = std::move(ghosts);
}

Result<ViewImpl::Picture> ViewImpl::refresh() const {
    Feed::Taken taken;
    ContentPtr content;
    {
        // One lock: the ghosts are exactly what the index no longer has.
        std::lock_guard lock(core_.state_mutex());
        if (feed_->has_any()) taken = feed_->take();
        if (slot_->visible.properties) content = slot_->visible.content;
    }
    absorb(std::move(taken));
    if (is_gone_ || !content || !content->index) {
        return fail(Why::Gone, "The mailbox has been deleted");
    }
    return Picture{std::move(content), ghosts_};
}

Result<ViewImpl::Span> ViewImpl::span(const Picture& picture,
                                      const std::optional<PagePlace>& place) const {
    Span span;
    if (!place) return span;
    auto& index = picture.index();
    auto& info = index.at(*place);
    span.page = TRY(core_.page(slot_->mailbox, info));
    span.is_stale = !span.page;
    span.before = place->before;
    if (place->node != 0 || place->page != 0) span.first = info.low.v;
    if (auto next = index.next(*place)) span.last = index.at(*next).low.v - 1;
    return span;
}

Result<> ViewImpl::with_picture(const std::function<Result<bool>(const Picture&)>& step) const {
    for (int tries = 0; tries < kTries; ++tries) {
        const auto picture = TRY(refresh());
        if (TRY(step(picture))) return {};
    }
    return damaged();
}

// --- walking ---

Result<bool> ViewImpl::walk_picture(const Picture& picture, const UidSet& set, ModSeq since,
                                    Uid& from, const std::function<bool(const Item&)>& each) const {
    auto& index = picture.index();
    auto place = index.first();
    std::optional<PagePlace> held;  // where `here` is
    Span here;
    for (auto& range : set) {
        if (range.last < from) continue;
        std::uint64_t at = std::max(range.first, from).v;
        const std::uint64_t end =
            std::min<std::uint64_t>(range.last.v, std::uint64_t{limit_.v} - 1);
        while (at <= end) {
            from = Uid{static_cast<std::uint32_t>(at)};
            if (place) place = index.forward(*place, from);
            if (place && index.at(*place).version <= since) {
                const auto next = index.next(*place);
                const auto behind = next ? index.at(*next).low : Uid{0xFFFFFFFF};
                if (picture.ghosts_before(from) == picture.ghosts_before(behind)) {
                    at = next ? std::max<std::uint64_t>(at + 1, behind.v) : end + 1;
                    continue;
                }
            }
            if (!held || held->node != place->node || held->page != place->page) {
                here = TRY(span(picture, place));
                held = place;
            }
            if (here.is_stale) return false;
            for (Merge m(picture, here, from); !m.at_end() && m.entry().uid.v <= end; m.next()) {
                if (m.entry().modseq <= since) continue;
                if (!each({m.seq(), m.entry(), m.is_ghost()})) return true;
            }
            at = here.last + 1;
        }
    }
    return true;
}

Result<> ViewImpl::walk_changed(const UidSet& set, ModSeq since,
                                const std::function<bool(const Item&)>& each) {
    // Everything below `from` has been walked: a newer picture goes on from there.
    Uid from;
    return with_picture(
        [&](const Picture& picture) { return walk_picture(picture, set, since, from, each); });
}

Result<> ViewImpl::walk(const UidSet& set, const std::function<bool(const Item&)>& each) {
    return walk_changed(set, ModSeq{}, each);
}

Result<UidSet> ViewImpl::existing(const UidSet& set) {
    UidSet found;
    TRY(walk(set, [&](const Item& item) {
        found.add(item.entry.uid);
        return true;
    }));
    return found;
}

Result<SeqSet> ViewImpl::seqs(const UidSet& set) {
    SeqSet found;
    TRY(walk(set, [&](const Item& item) {
        found.add(item.seq);
        return true;
    }));
    return found;
}

Result<std::optional<Seq>> ViewImpl::seq(Uid uid) {
    std::optional<Seq> found;
    TRY(walk(UidSet(uid), [&](const Item& item) {
        found = item.seq;
        return false;
    }));
    return found;
}

Result<std::optional<Seq>> ViewImpl::first_unseen() {
    std::optional<Seq> found;
    TRY(with_picture([&](const Picture& picture) -> Result<bool> {
        auto& index = picture.index();
        for (auto place = index.first(); place; place = index.next(*place)) {
            if (index.at(*place).unseen == 0) continue;
            const auto here = TRY(span(picture, place));
            if (here.is_stale) return false;
            for (Merge m(picture, here, here.page->low); !m.at_end(); m.next()) {
                if (m.is_ghost() || (m.entry().flags & kSeen)) continue;
                if (m.entry().uid < limit_) found = m.seq();
                return true;
            }
        }
        return true;
    }));
    return found;
}

// --- places ---

// The page in whose span the message with `nth` before it is.
std::optional<PagePlace> ViewImpl::place_of(const Picture& picture, std::uint32_t nth) const {
    auto& nodes = picture.index().nodes();
    if (nodes.empty()) return std::nullopt;
    PagePlace at;
    for (std::size_t n = 1; n < nodes.size(); ++n) {
        const auto before = at.before + nodes[n - 1]->count;
        if (before + picture.ghosts_before(nodes[n]->pages.front().low) > nth) break;
        at = {n, 0, before};
    }
    auto& pages = nodes[at.node]->pages;
    for (std::size_t p = 1; p < pages.size(); ++p) {
        const auto before = at.before + pages[p - 1].count;
        if (before + picture.ghosts_before(pages[p].low) > nth) break;
        at = {at.node, p, before};
    }
    return at;
}

Result<bool> ViewImpl::take_uids(const Picture& picture, Range<Seq> range, UidSet& found) const {
    UidSet taken = found;
    for (auto place = place_of(picture, range.first.v - 1);;) {
        const auto here = TRY(span(picture, place));
        if (here.is_stale) return false;
        Merge m(picture, here, Uid{static_cast<std::uint32_t>(here.first)});
        if (m.seq() >= range.first) m.take_run(range.last, taken);
        for (; !m.at_end() && m.seq() <= range.last; m.next()) {
            if (m.seq() >= range.first) taken.add(m.entry().uid);
        }
        if (!place || m.seq() > range.last) break;
        place = picture.index().next(*place);
        if (!place) break;
    }
    found = std::move(taken);
    return true;
}

Result<UidSet> ViewImpl::uids(const SeqSet& set) {
    UidSet found;
    for (auto range : set) {
        range.last = std::min(range.last, Seq{count_});
        if (range.first.v == 0) range.first.v = 1;
        if (range.last < range.first) continue;
        TRY(with_picture([&](const Picture& picture) { return take_uids(picture, range, found); }));
    }
    return found;
}

Result<std::optional<Uid>> ViewImpl::uid(Seq seq) {
    const auto found = TRY(uids(SeqSet(seq)));
    return found.is_empty() ? std::nullopt : std::optional(found.first());
}

Uid ViewImpl::last_uid() const {
    if (count_ == 0) return Uid{};
    UidSet found;
    const Range<Seq> last{Seq{count_}, Seq{count_}};
    auto read =
        with_picture([&](const Picture& picture) { return take_uids(picture, last, found); });
    return read && !found.is_empty() ? found.last() : Uid{limit_.v - 1};
}

}  // namespace rook::mailbox
