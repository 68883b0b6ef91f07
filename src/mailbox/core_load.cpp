// Reading an account's state from the store: at first use, and again after a failed commit.
#include "base/codec.h"
#include "mailbox/core.h"
#include "mailbox/keys.h"
#include "mailbox/sweep.h"

namespace rook::mailbox {

using store::Table;

namespace {

using Slots = std::unordered_map<std::uint64_t, SlotPtr>;

Slot& slot_of(Slots& slots, std::uint64_t mailbox) {
    auto& slot = slots[mailbox];
    if (!slot) slot = std::make_shared<Slot>(mailbox);
    return *slot;
}

Result<> read_mailbox_record(std::string_view key, std::string_view value, Slots& slots) {
    Reader in(key.substr(1));
    const auto mailbox = in.u64();
    if (in.failed() || !in.at_end()) return fail(Why::Corrupt, "Stored data is damaged", "key");
    const auto payload = TRY(unseal(key, value, kValueVersion)).payload;
    auto& slot = slot_of(slots, mailbox);
    if (key[0] == keys::kCounters) {
        const auto stored = TRY(decode_counters(payload));
        slot.visible.content = std::make_shared<const Content>(Content{stored.counters, {}});
        slot.recent_from = stored.recent_from;
    } else {
        slot.visible.properties =
            std::make_shared<const Properties>(TRY(decode_properties(payload)));
    }
    return {};
}

// Calls `each` until it fails, and gives that failure.
template <class Each>
Result<> scan_all(store::Store& store, AccountId id, std::string_view from, std::string_view to,
                  const Each& each) {
    Result<> outcome;
    TRY(store.scan(id, Table::Records, from, to, [&](auto key, auto value) {
        outcome = each(key, value);
        return outcome.has_value();
    }));
    return outcome;
}

}  // namespace

Result<> Core::load_into(AccountTip& tip, Slots& slots) {
    auto& store = services_.store;
    const auto records =
        TRY(store.find_many(id_, Table::Records, {keys::format(), keys::account()}));
    if (!records[0] || !records[1]) {
        return fail(Why::Corrupt, "The account is damaged", "account record is missing");
    }
    const auto format = TRY(unseal(keys::format(), *records[0], kFormatVersion)).payload;
    if (format.size() != 1 || static_cast<std::uint8_t>(format[0]) > kFormatVersion) {
        return fail(Why::Unsupported, "The account was written by a newer version");
    }
    const auto account = TRY(unseal(keys::account(), *records[1], kValueVersion)).payload;
    tip.record = TRY(decode_account(account));

    // M and N are neighbours.
    TRY(scan_all(store, id_, std::string(1, keys::kCounters), keys::after(keys::kProperties),
                 [&](auto key, auto value) -> Result<> {
                     auto read = read_mailbox_record(key, value, slots);
                     if (read || read.error().why != Why::Corrupt) return read;
                     return {};
                 }));
    // A damaged mailbox keeps nobody from the others; `rookery check` says what is wrong with it.
    std::erase_if(slots, [&](auto& item) {
        auto& [mailbox, slot] = item;
        if (slot->visible.properties && slot->visible.content) return false;
        services_.log.error("mailbox-damaged", {{"account", id_.v}, {"mailbox", mailbox}});
        return true;
    });
    auto names = std::make_shared<Names>();
    for (auto& [mailbox, slot] : slots) {
        slot->pending = slot->visible;
        (*names)[slot->visible.properties->name] = mailbox;
    }
    if (names->size() != slots.size()) {
        return fail(Why::Corrupt, "The account is damaged", "two mailboxes of one name");
    }
    tip.mailboxes = std::move(names);

    auto subscriptions = std::make_shared<Names>();
    TRY(scan_all(store, id_, std::string(1, keys::kSubscription), keys::after(keys::kSubscription),
                 [&](auto key, auto value) -> Result<> {
                     const auto payload = TRY(unseal(key, value, kValueVersion)).payload;
                     (*subscriptions)[std::string(payload)] = Reader(key.substr(1)).u64();
                     return {};
                 }));
    tip.subscriptions = std::move(subscriptions);
    return {};
}

Result<> Core::load() {
    TRY(sweep_staged_copies(services_.store, id_));
    TRY(sweep_staged_emails(services_.store, id_));
    AccountTip tip;
    Slots slots;
    TRY(load_into(tip, slots));
    std::lock_guard txn(txn_mutex_);
    std::lock_guard lock(state_mutex_);
    pending_ = visible_ = std::move(tip);
    slots_ = std::move(slots);
    return {};
}

Result<> Core::settle() {
    {
        std::unique_lock lock(state_mutex_);
        if (is_removed_) return fail(Why::Gone, "The account has been removed");
        if (!is_broken_) return {};
        all_told_.wait(lock, [&] { return told_ == queued_; });
    }
    return reload();
}

Result<> Core::reload() {
    // Emails that are being staged now are somebody's: only copies, which are made under txn_mutex,
    // can be left over.
    TRY(sweep_staged_copies(services_.store, id_));
    AccountTip tip;
    Slots slots;
    TRY(load_into(tip, slots));
    // Ids given to emails that are being staged stay theirs.
    tip.record.next_id = std::max(tip.record.next_id, pending_.record.next_id);
    services_.cache.erase_account(id_);
    std::vector<FeedPtr> to_wake;
    {
        std::lock_guard lock(state_mutex_);
        pending_ = visible_ = std::move(tip);
        pinned_.clear();
        overlay_.clear();
        adopt_locked(std::move(slots), to_wake);
        is_broken_ = false;
    }
    for (auto& feed : to_wake) feed->wake();
    services_.log.warning("account-reloaded", {{"account", id_.v}});
    return {};
}

// Takes what was read; mailboxes that are as they were keep their index and their views.
void Core::adopt_locked(Slots read, std::vector<FeedPtr>& to_wake) {
    for (auto& [mailbox, slot] : slots_) {
        auto found = read.find(mailbox);
        const bool is_same =
            found != read.end() && slot->visible.content &&
            found->second->visible.content->counters == slot->visible.content->counters;
        if (is_same) {
            slot->visible.properties = found->second->visible.properties;
        } else {
            slot->visible = found == read.end() ? BoxTip{} : found->second->visible;
            slot->recent.reset();
            for (auto& feed : slot->feeds) {
                if (feed->push_gone()) to_wake.push_back(feed);
            }
        }
        slot->pending = slot->visible;
        if (found != read.end()) found->second = slot;
    }
    slots_ = std::move(read);
}

Result<> Core::load_index(Slot& slot) {
    // A transaction that changes a mailbox's messages loads its index first: without one, nothing
    // of it is on its way.
    if (!slot.pending.content || slot.pending.content->index) return {};
    std::vector<PageInfo> pages;
    const auto prefix = keys::index(slot.mailbox, Uid{0});
    const auto end = keys::index(slot.mailbox + 1, Uid{0});
    TRY(scan_all(services_.store, id_, prefix, end, [&](auto key, auto value) -> Result<> {
        const auto payload = TRY(unseal(key, value, kValueVersion)).payload;
        const Uid low{Reader(key.substr(9)).u32()};
        pages.push_back(TRY(decode_page_info(payload, low)));
        return {};
    }));
    PageIndex index(std::move(pages));
    if (index.entry_count() != slot.pending.content->counters.messages) {
        return fail(Why::Corrupt, "The mailbox is damaged", "page index does not add up");
    }
    const auto recent = TRY(count_recent(slot, index, recent_from(slot)));
    auto content =
        std::make_shared<const Content>(Content{slot.pending.content->counters, std::move(index)});
    slot.pending.content = content;
    std::lock_guard lock(state_mutex_);
    slot.visible.content = std::move(content);
    slot.recent = recent;
    return {};
}

Result<std::uint32_t> Core::count_recent(const Slot& slot, const PageIndex& index, Uid from) {
    auto place = index.find(from);
    if (!place) return 0;
    const auto& info = index.at(*place);
    const auto behind = index.entry_count() - place->before;
    if (from <= info.low) return behind;
    auto page = TRY(pending_page(slot.mailbox, info));
    return behind - static_cast<std::uint32_t>(page->rank(from));
}

}  // namespace rook::mailbox
