// The queue between the publisher and one view.
//
// Threads: everything but `wake` is under the account's state lock (core.h). The publisher calls
// wake() with no lock of the account held.
#pragma once

#include <algorithm>
#include <functional>
#include <mutex>
#include <vector>

#include "mailbox/delta.h"

namespace rook::mailbox {

class Feed {
public:
    Feed(Origin origin, bool is_read_only, std::size_t limit, std::function<void()> on_news)
        : origin_(origin),
          limit_(limit),
          is_read_only_(is_read_only),
          on_news_(std::move(on_news)) {}

    // The publisher's. True when the view wants to be woken.
    bool push(const DeltaPtr&);
    // The view can no longer be served: its next news() says MailboxGone.
    bool push_gone();
    void claim_recent(Uid first, Uid last) { claims_.push_back({first, last}); }
    void wake();

    // The view's. What has come since the last take. Does not count as told.
    struct Taken {
        std::vector<DeltaPtr> deltas;    // none when has_overflowed
        std::vector<Entry> expunged;     // when has_overflowed: all that went since the last take
        std::vector<Range<Uid>> claims;  // uids that are recent to this view
        bool has_overflowed = false, is_gone = false;
    };
    Taken take();
    // Deltas of this weight have been told: there is room again.
    void told(std::size_t weight) { weight_ -= std::min(weight, weight_); }
    // The view has compared itself with the store.
    void caught_up();
    // The last change that the view itself made while nothing waited to be told: its command has
    // answered it, so it is behind the view. 0 when there was none.
    ModSeq passed() const { return passed_; }
    // The view is about to look: wake it again for what comes after.
    void looked() { is_woken_ = false; }
    // After this `on_news` is not called again.
    void close();

    Origin origin() const { return origin_; }
    bool is_read_only() const { return is_read_only_; }
    bool has_any() const { return !queue_.empty() || has_overflowed_ || is_gone_; }
    bool has_overflowed() const { return has_overflowed_; }
    bool has_news() const { return news_ > 0 || has_overflowed_ || is_gone_; }

private:
    void overflow();
    bool want_wake();

    const Origin origin_;
    const std::size_t limit_;
    const bool is_read_only_;
    bool is_woken_ = false, has_overflowed_ = false, is_gone_ = false;
    std::size_t weight_ = 0;  // queued here or held by the view, not yet told
    std::size_t news_ = 0;    // deltas in queue_ that have something to tell
    std::size_t ghosts_ = 0;  // expunges since the overflow
    ModSeq passed_;
    std::vector<DeltaPtr> queue_;
    std::vector<Entry> expunged_;
    std::vector<Range<Uid>> claims_;

    std::mutex wake_mutex_;
    std::function<void()> on_news_;  // under wake_mutex_
};

}  // namespace rook::mailbox
