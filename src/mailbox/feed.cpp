#include "mailbox/feed.h"

#include <utility>

namespace rook::mailbox {
namespace {

// A view that has not told this many times its queue's limit of expunges is given up: what it must
// remember would be too much.
constexpr std::size_t kGhostFactor = 16;

}  // namespace

bool Feed::push(const DeltaPtr& delta) {
    if (is_gone_) return false;
    if (delta->is_gone) return push_gone();
    if (has_overflowed_) {
        expunged_.insert(expunged_.end(), delta->expunged.begin(), delta->expunged.end());
        ghosts_ += delta->expunged.size();
        return ghosts_ > limit_ * kGhostFactor ? push_gone() : want_wake();
    }
    const bool is_news = delta->is_news_to(origin_);
    if (!is_news && weight_ == 0) {
        passed_ = delta->modseq;
        return false;
    }
    queue_.push_back(delta);
    weight_ += delta->weight();
    news_ += is_news;
    if (weight_ > limit_) overflow();
    if (ghosts_ > limit_ * kGhostFactor) return push_gone();
    return is_news && want_wake();
}

void Feed::overflow() {
    has_overflowed_ = true;
    for (auto& delta : queue_) {
        expunged_.insert(expunged_.end(), delta->expunged.begin(), delta->expunged.end());
    }
    ghosts_ = expunged_.size();
    queue_.clear();
    queue_.shrink_to_fit();
    news_ = 0;
}

bool Feed::push_gone() {
    is_gone_ = true;
    queue_.clear();
    expunged_.clear();
    return want_wake();
}

bool Feed::want_wake() {
    if (is_woken_) return false;
    return is_woken_ = true;
}

Feed::Taken Feed::take() {
    Taken taken;
    taken.deltas = std::exchange(queue_, {});
    taken.expunged = std::exchange(expunged_, {});
    taken.claims = std::exchange(claims_, {});
    taken.has_overflowed = has_overflowed_;
    taken.is_gone = is_gone_;
    news_ = 0;
    return taken;
}

void Feed::caught_up() {
    has_overflowed_ = false;
    weight_ = ghosts_ = 0;
}

void Feed::wake() {
    std::lock_guard lock(wake_mutex_);
    if (on_news_) on_news_();
}

void Feed::close() {
    std::lock_guard lock(wake_mutex_);
    on_news_ = nullptr;
}

}  // namespace rook::mailbox
