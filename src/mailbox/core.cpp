#include "mailbox/core.h"

#include <utility>

#include "base/check.h"
#include "base/codec.h"
#include "mailbox/keys.h"

namespace rook::mailbox {

using store::Table;

AccountTip Core::tip() const {
    std::lock_guard lock(state_mutex_);
    return visible_;
}

SlotPtr Core::find_slot(std::uint64_t mailbox) const {
    std::lock_guard lock(state_mutex_);
    auto found = slots_.find(mailbox);
    return found == slots_.end() ? nullptr : found->second;
}

BoxTip Core::visible(const Slot& slot) const {
    std::lock_guard lock(state_mutex_);
    return slot.visible;
}

bool Core::is_removed() const {
    std::lock_guard lock(state_mutex_);
    return is_removed_;
}

Uid Core::recent_from(const Slot& slot) const {
    std::lock_guard lock(state_mutex_);
    return slot.recent_from;
}

SlotPtr Core::add_slot(std::uint64_t mailbox) {
    auto slot = std::make_shared<Slot>(mailbox);
    slot->recent = 0;
    std::lock_guard lock(state_mutex_);
    slots_[mailbox] = slot;
    return slot;
}

Result<ContentPtr> Core::content(Slot& slot) {
    for (bool is_loaded = false;; is_loaded = true) {
        {
            std::lock_guard lock(state_mutex_);
            if (!slot.visible.properties || is_removed_) {
                return fail(Why::Gone, "The mailbox has been deleted");
            }
            if (slot.visible.content->index) return slot.visible.content;
        }
        if (is_loaded) return fail(Why::Busy, "The mailbox is being recovered, try again");
        std::lock_guard txn(txn_mutex_);
        TRY(settle());
        TRY(load_index(slot));
    }
}

// --- pages ---

PagePtr Core::pinned_locked(std::uint64_t mailbox, const PageInfo& info) const {
    auto pin = pinned_.find({mailbox, info.low.v});
    if (pin == pinned_.end()) return nullptr;
    for (auto& page : pin->second.versions) {
        if (page && page->version == info.version) return page;
    }
    return nullptr;
}

Result<PagePtr> Core::read_page(std::uint64_t mailbox, Uid low) {
    const auto key = keys::page(mailbox, low);
    auto value = TRY(services_.store.find(id_, Table::Records, key));
    if (!value) return nullptr;
    auto payload = TRY(unseal(key, *value, kValueVersion)).payload;
    return std::make_shared<const Page>(TRY(decode_page(payload, id_, low)));
}

Result<PagePtr> Core::page(std::uint64_t mailbox, const PageInfo& info) {
    const Cache::Key key{Cache::Kind::Page, id_, mailbox, info.low.v};
    if (auto cached = services_.cache.find<Page>(key); cached && cached->version == info.version) {
        return cached;
    }
    {
        std::lock_guard lock(state_mutex_);
        if (pinned_.contains({mailbox, info.low.v})) return pinned_locked(mailbox, info);
    }
    auto page = TRY(read_page(mailbox, info.low));
    if (page && page->version == info.version) {
        services_.cache.put(key, page, page->bytes());
        return page;
    }
    // Durable already, and perhaps not yet visible: then the old one is pinned by now.
    std::lock_guard lock(state_mutex_);
    return pinned_locked(mailbox, info);
}

Result<PagePtr> Core::pending_page(std::uint64_t mailbox, const PageInfo& info) {
    const Cache::Key key{Cache::Kind::Page, id_, mailbox, info.low.v};
    if (auto cached = services_.cache.find<Page>(key); cached && cached->version == info.version) {
        return cached;
    }
    {
        std::lock_guard lock(state_mutex_);
        if (auto pinned = pinned_locked(mailbox, info)) return pinned;
    }
    auto page = TRY(read_page(mailbox, info.low));
    if (!page || page->version != info.version) {
        return fail(Why::Corrupt, "The mailbox is damaged", "page does not match its index");
    }
    services_.cache.put(key, page, page->bytes());
    return page;
}

Result<std::vector<std::optional<std::string>>> Core::pending_records(
    const std::vector<std::string>& wanted) {
    std::vector<std::optional<std::string>> values(wanted.size());
    std::vector<std::string> missing;
    std::vector<std::size_t> places;
    {
        std::lock_guard lock(state_mutex_);
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            if (auto found = overlay_.find(wanted[i]); found != overlay_.end()) {
                values[i] = found->second.value;
            } else {
                missing.push_back(wanted[i]);
                places.push_back(i);
            }
        }
    }
    if (missing.empty()) return values;
    auto stored = TRY(services_.store.find_many(id_, Table::Records, missing));
    for (std::size_t i = 0; i < stored.size(); ++i) {
        if (!stored[i]) continue;
        values[places[i]] = TRY(unseal(missing[i], *stored[i], kValueVersion)).payload;
    }
    return values;
}

// --- a transaction's way ---

Result<std::future<Result<>>> Core::queue(QueuedPtr queued, Write write) {
    auto future = queued->done.get_future();
    std::lock_guard submit(submit_mutex_);
    {
        std::lock_guard lock(state_mutex_);
        if (is_removed_) return fail(Why::Gone, "The account has been removed");
        if (is_broken_) return fail(Why::Busy, "The server's disk failed, try again");
        queued->number = ++queued_;
        for (auto& page : write.pages) {
            auto& versions = pinned_[{page.mailbox, page.low.v}].versions;
            if (versions.empty()) versions.push_back(page.before);
            versions.push_back(page.after);
            queued->pages.push_back({page.mailbox, page.low});
        }
        for (auto& [key, value] : write.overlay) {
            queued->overlay.push_back(key);
            overlay_[key] = {std::move(value), queued->number};
        }
    }
    pending_ = queued->tip;
    for (auto& box : queued->boxes) {
        if (box.properties) box.slot->pending.properties = *box.properties;
        if (box.content) box.slot->pending.content = box.content;
    }
    services_.store.submit(id_, std::move(write.batch),
                           [self = shared_from_this(), queued](Result<> result) {
                               self->told(queued, std::move(result));
                           });
    return future;
}

void Core::told(const QueuedPtr& queued, Result<> result) {
    std::vector<FeedPtr> to_wake;
    if (result) {
        {
            std::lock_guard lock(state_mutex_);
            show_locked(*queued, to_wake);
        }
        publish(*queued);
        for (auto& feed : to_wake) feed->wake();
    } else {
        // Under this lock a batch is either submitted before (and the store fails it too) or not at
        // all.
        std::lock_guard submit(submit_mutex_);
        std::lock_guard lock(state_mutex_);
        is_broken_ = true;
    }
    queued->done.set_value(std::move(result));
    std::lock_guard lock(state_mutex_);
    told_ = queued->number;
    all_told_.notify_all();
}

void Core::show_locked(Queued& queued, std::vector<FeedPtr>& to_wake) {
    visible_ = queued.tip;
    for (auto& box : queued.boxes) show_box_locked(box, to_wake);
    unpin_locked(queued);
}

void Core::show_box_locked(Queued::Box& box, std::vector<FeedPtr>& to_wake) {
    auto& slot = *box.slot;
    if (box.properties) slot.visible.properties = *box.properties;
    if (box.content) slot.visible.content = box.content;
    if (!box.delta) return;
    auto& delta = *box.delta;
    for (auto& e : delta.expunged) {
        if (slot.recent && e.uid >= slot.recent_from) --*slot.recent;
    }
    if (!delta.added.empty()) {
        // A new message is recent to one session: the first that may change the mailbox.
        auto first = std::find_if(slot.feeds.begin(), slot.feeds.end(),
                                  [](auto& feed) { return !feed->is_read_only(); });
        if (first != slot.feeds.end()) {
            (*first)->claim_recent(delta.added.front().uid, delta.added.back().uid);
            slot.recent_from = delta.uidnext;
            slot.recent = 0;
        } else if (slot.recent) {
            *slot.recent += static_cast<std::uint32_t>(delta.added.size());
        }
    }
    for (auto& feed : slot.feeds) {
        if (feed->push(box.delta)) to_wake.push_back(feed);
    }
    if (delta.is_gone) slots_.erase(slot.mailbox);
}

void Core::unpin_locked(const Queued& queued) {
    for (auto& [mailbox, low] : queued.pages) {
        auto pin = pinned_.find({mailbox, low.v});
        CHECK(pin != pinned_.end());
        auto& versions = pin->second.versions;
        versions.erase(versions.begin());
        const Cache::Key key{Cache::Kind::Page, id_, mailbox, low.v};
        if (auto& now = versions.front()) {
            services_.cache.put(key, now, now->bytes());
        } else {
            services_.cache.erase(key);
        }
        if (versions.size() == 1) pinned_.erase(pin);
    }
    for (auto& key : queued.overlay) {
        auto found = overlay_.find(key);
        if (found != overlay_.end() && found->second.number == queued.number) overlay_.erase(found);
    }
}

void Core::publish(const Queued& queued) {
    if (!services_.hub.has_listeners(id_)) return;
    std::vector<Change> changes;
    for (auto& box : queued.boxes) {
        if (!box.delta) continue;
        const MailboxId id{id_, box.slot->mailbox};
        auto& delta = *box.delta;
        if (delta.is_gone || delta.is_renamed) changes.push_back(MailboxChanged{id, delta.is_gone});
        if (!delta.flagged.empty()) {
            changes.push_back(Flagged{id, delta.flagged, delta.keywords, delta.origin});
        }
        if (!delta.added.empty()) changes.push_back(Added{id, delta.added, delta.keywords});
        if (!delta.expunged.empty()) {
            UidSet uids;
            for (auto& e : delta.expunged) uids.add(e.uid);
            changes.push_back(Expunged{id, std::move(uids), delta.modseq});
        }
    }
    if (queued.has_new_subscriptions) changes.push_back(MailboxChanged{MailboxId{id_, 0}});
    services_.hub.publish(id_, changes);
}

Result<> Core::wait_for_queued(std::unique_lock<std::mutex>& txn_lock) {
    std::unique_lock lock(state_mutex_);
    const auto target = queued_;
    txn_lock.unlock();
    all_told_.wait(lock, [&] { return told_ >= target; });
    if (is_broken_) return fail(Why::Busy, "The server's disk failed, try again");
    return {};
}

void Core::distrust() {
    std::lock_guard lock(state_mutex_);
    is_broken_ = true;
}

void Core::set_removed() {
    std::vector<FeedPtr> to_wake;
    {
        std::lock_guard lock(state_mutex_);
        is_removed_ = true;
        for (auto& [mailbox, slot] : slots_) {
            for (auto& feed : slot->feeds) {
                if (feed->push_gone()) to_wake.push_back(feed);
            }
        }
    }
    for (auto& feed : to_wake) feed->wake();
    // Nothing may be written behind the removal.
    std::lock_guard txn(txn_mutex_);
    std::unique_lock lock(state_mutex_);
    all_told_.wait(lock, [&] { return told_ == queued_; });
}

}  // namespace rook::mailbox
