// What a view has to tell: deltas replayed in order, or, when too many waited, a comparison with
// the mailbox as it is.
#include <algorithm>

#include "base/sabotage.h"
#include "mailbox/view_impl.h"

namespace rook::mailbox {
namespace {

constexpr int kTries = 100;

std::atomic<Flags> last_flags;  // of any account: for Sabotage::LeakFlag only

// A later count makes an earlier one, with nothing between, superfluous.
void push_exists(std::vector<News>& out, Exists exists) {
    if (!out.empty() && std::holds_alternative<Exists>(out.back())) {
        out.back() = exists;
    } else {
        out.emplace_back(exists);
    }
}

}  // namespace

bool ViewImpl::has_news() const {
    if (is_gone_told_) return false;
    if (is_gone_ || has_overflowed_) return true;
    for (auto& delta : queue_) {
        if (delta->is_news_to(origin())) return true;
    }
    std::lock_guard lock(core_.state_mutex());
    return feed_->has_news();
}

bool ViewImpl::is_behind() const {
    if (has_overflowed_) return true;
    std::lock_guard lock(core_.state_mutex());
    return feed_->has_overflowed();
}

std::vector<News> ViewImpl::gone() {
    if (is_gone_told_) return {};
    is_gone_told_ = true;
    return {MailboxGone{}};
}

std::vector<News> ViewImpl::news(Tell tell) {
    Feed::Taken taken;
    {
        std::lock_guard lock(core_.state_mutex());
        feed_->looked();
        if (feed_->has_any()) taken = feed_->take();
    }
    absorb(std::move(taken));
    if (is_gone_) return gone();
    if (has_overflowed_) return tell == Tell::Everything ? catch_up() : std::vector<News>{};

    std::vector<News> out;
    std::size_t weight = 0;
    while (!queue_.empty()) {
        auto& delta = *queue_.front();
        if (!is_half_told_) tell_delta(delta, out);
        is_half_told_ = true;
        if (!delta.expunged.empty()) {
            if (tell == Tell::NoExpunge) break;
            tell_expunged(delta, out);
        }
        is_half_told_ = false;
        modseq_ = delta.modseq;
        weight += delta.weight();
        queue_.pop_front();
    }
    if (weight > 0) {
        std::lock_guard lock(core_.state_mutex());
        feed_->told(weight);
    }
    return out;
}

void ViewImpl::tell_keywords(const KeywordNames& names, std::vector<News>& out) {
    if (names->size() <= keywords_told_) return;
    keywords_told_ = names->size();
    out.emplace_back(NewKeywords{names});
}

// All but its expunges.
void ViewImpl::tell_delta(const Delta& delta, std::vector<News>& out) {
    if (delta.has_new_keywords) tell_keywords(delta.keywords, out);
    if (delta.origin == 0 || delta.origin != origin()) {
        for (std::size_t i = 0; i < delta.flagged.size(); ++i) {
            auto entry = delta.flagged[i];
            if (sabotaged(Sabotage::LeakFlag)) entry.flags = last_flags.exchange(entry.flags);
            out.emplace_back(NewFlags{Seq{delta.flagged_ranks[i] + 1}, std::move(entry)});
        }
    }
    if (delta.added.empty()) return;
    count_ += static_cast<std::uint32_t>(delta.added.size());
    limit_ = delta.uidnext;
    for (auto& e : delta.added) recent_count_ += is_claimed(e.uid);
    push_exists(out, {count_, recent_count_});
}

void ViewImpl::tell_expunged(const Delta& delta, std::vector<News>& out) {
    // Rising: each number counts only what is left before it.
    auto ghosts = std::make_shared<Ghosts>();
    std::set_difference(ghosts_->begin(), ghosts_->end(), delta.expunged.begin(),
                        delta.expunged.end(), std::back_inserter(*ghosts),
                        [](const Entry& a, const Entry& b) { return a.uid < b.uid; });
    ghosts_ = std::move(ghosts);
    for (std::size_t i = 0; i < delta.expunged.size(); ++i) {
        const auto uid = delta.expunged[i].uid;
        const bool is_forgotten = sabotaged(Sabotage::ForgetExpunge) && uid.v % 5 == 0;
        if (!is_forgotten) out.emplace_back(Vanished{Seq{delta.expunged_ranks[i] + 1}, uid});
        --count_;
        recent_count_ -= is_claimed(uid);
    }
}

// --- after an overflow ---

std::vector<News> ViewImpl::catch_up() {
    for (int tries = 0; tries < kTries; ++tries) {
        auto picture = refresh();
        if (!picture) break;
        std::vector<News> out;
        auto is_whole = compare(*picture, out);
        if (!is_whole) break;
        if (!*is_whole) continue;
        std::lock_guard lock(core_.state_mutex());
        if (slot_->visible.content != picture->content) continue;
        feed_->caught_up();
        has_overflowed_ = is_half_told_ = false;
        auto& counters = picture->content->counters;
        std::uint32_t recent = 0;
        count_ = counters.messages;
        limit_ = counters.uidnext;
        modseq_ = counters.highest_modseq;
        ghosts_ = std::make_shared<const Ghosts>();
        for (auto& item : out) {
            if (auto* exists = std::get_if<Exists>(&item)) recent = exists->recent;
            if (auto* added = std::get_if<NewKeywords>(&item))
                keywords_told_ = added->names->size();
        }
        recent_count_ = recent;
        return out;
    }
    is_gone_ = true;
    return gone();
}

// False when a page was newer than the picture. The view is left as it is.
Result<bool> ViewImpl::compare(const Picture& picture, std::vector<News>& out) {
    const auto names = keyword_names();
    if (names->size() > keywords_told_) out.emplace_back(NewKeywords{names});
    if (!TRY(compare_ghosts(picture, out))) return false;
    if (!TRY(compare_pages(picture, out))) return false;
    return true;
}

Result<bool> ViewImpl::compare_ghosts(const Picture& picture, std::vector<News>& out) {
    auto& index = picture.index();
    for (auto& ghost : *picture.ghosts) {
        if (ghost.uid >= limit_) break;
        std::uint32_t rank = 0;
        if (auto place = index.find(ghost.uid)) {
            const auto here = TRY(span(picture, place));
            if (here.is_stale) return false;
            rank = here.before + static_cast<std::uint32_t>(here.page->rank(ghost.uid));
        }
        out.emplace_back(Vanished{Seq{rank + 1}, ghost.uid});
    }
    return true;
}

// The ghosts are told by now: places are those of the mailbox.
Result<bool> ViewImpl::compare_pages(const Picture& picture, std::vector<News>& out) {
    auto& index = picture.index();
    const auto told = highest_modseq();
    std::uint32_t recent = 0;
    for (auto place = index.first(); place; place = index.next(*place)) {
        auto& info = index.at(*place);
        const auto next = index.next(*place);
        const auto last = next ? index.at(*next).low.v - 1 : 0xFFFFFFFF;
        const bool has_claimed =
            !claims_.empty() && claims_.back().last >= info.low && claims_.front().first.v <= last;
        if (info.version <= told && !has_claimed) continue;
        const auto here = TRY(span(picture, place));
        if (here.is_stale) return false;
        for (std::size_t i = 0; i < here.page->entries.size(); ++i) {
            auto& e = here.page->entries[i];
            recent += is_claimed(e.uid);
            if (e.uid >= limit_ || e.modseq <= told) continue;
            out.emplace_back(NewFlags{Seq{place->before + static_cast<std::uint32_t>(i) + 1}, e});
        }
    }
    // Told even without anything new: it carries how many are recent.
    out.emplace_back(Exists{picture.content->counters.messages, recent});
    return true;
}

}  // namespace rook::mailbox
