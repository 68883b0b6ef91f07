// An account's state in memory: the pending tip that transactions build on, the visible tip that
// readers see, and the way from one to the other (docs/architecture.md, "A change, from command to
// every client").
//
// Private to mailbox/: Account's verbs, Txn and the views stand on it.
// Threads and locks, in the order in which they may be taken:
//   txn_mutex     held while a transaction is built (it may read the disk), never while it waits
//   for its commit; submit_mutex  held while a batch is queued, so that none built on a failed tip
//   slips in; state_mutex   held for moments, never over the disk: the visible tip, pins, overlay,
//   feeds. The committer takes it.
#pragma once

#include <condition_variable>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "mailbox/delta.h"
#include "mailbox/feed.h"
#include "mailbox/page_index.h"
#include "mailbox/records.h"
#include "mailbox/services.h"

namespace rook::mailbox {

// What changes with every message: the counters, and the page index once somebody needed it.
struct Content {
    Counters counters;
    std::optional<PageIndex> index;
};
using ContentPtr = std::shared_ptr<const Content>;  // shared by tips and walks

// A mailbox at one tip. Without properties it does not exist there.
struct BoxTip {
    PropertiesPtr properties;
    ContentPtr content;
};

using FeedPtr = std::shared_ptr<Feed>;  // shared by the view and a publisher that wakes it

struct Slot {
    explicit Slot(std::uint64_t n) : mailbox(n) {}
    const std::uint64_t mailbox;
    BoxTip pending;                       // under txn_mutex
    BoxTip visible;                       // under state_mutex, as is all below
    std::vector<FeedPtr> feeds;           // the open views'
    Uid recent_from{1};                   // nobody was told that entries from here on are recent
    std::optional<std::uint32_t> recent;  // how many those are; unknown until the index is loaded
};
using SlotPtr = std::shared_ptr<Slot>;  // shared by the account, queued transactions and views

using Names =
    std::map<std::string, std::uint64_t, std::less<>>;  // to mailbox or subscription number
using NamesPtr = std::shared_ptr<const Names>;          // copied to change

struct AccountTip {
    AccountRecord record;
    NamesPtr mailboxes = std::make_shared<const Names>(),
             subscriptions = std::make_shared<const Names>();
};

// A transaction on its way through the committer.
struct Queued {
    std::uint64_t number = 0;
    AccountTip tip;
    struct Box {
        SlotPtr slot;
        std::optional<PropertiesPtr> properties;  // absent: as they were; null: the mailbox is gone
        ContentPtr content;                       // null: as it was
        DeltaPtr delta;
    };
    std::vector<Box> boxes;
    struct PageKey {
        std::uint64_t mailbox;
        Uid low;
    };
    std::vector<PageKey> pages;
    std::vector<std::string> overlay;
    bool has_new_subscriptions = false;
    std::promise<Result<>> done;
};
using QueuedPtr =
    std::shared_ptr<Queued>;  // shared by the committer's callback and the waiting worker

class Core : public std::enable_shared_from_this<Core> {
public:
    Core(AccountId id, Services& services) : id_(id), services_(services) {}
    virtual ~Core() = default;
    Core(const Core&) = delete;
    Core& operator=(const Core&) = delete;

    AccountId account_id() const { return id_; }
    Services& services() const { return services_; }

    // Reads the account's records (not the mailboxes' pages or indexes). Once, before use.
    Result<> load();
    // --- readers: the visible tip ---
    AccountTip tip() const;
    SlotPtr find_slot(std::uint64_t mailbox) const;  // null when there is none
    BoxTip visible(const Slot&) const;
    // The visible content with its index, which is read first if nobody has. Gone when the mailbox
    // is.
    Result<ContentPtr> content(Slot&);
    // A page as an index says it is. Null when the index is no longer the newest: take a newer one
    // and come again.
    Result<PagePtr> page(std::uint64_t mailbox, const PageInfo&);
    bool is_removed() const;
    // The account is gone: every verb and every view says so from now on.
    void set_removed();

    // --- for Txn: the pending tip, under txn_mutex ---
    std::mutex& txn_mutex() { return txn_mutex_; }
    // Ready to build on: reloads after a failed commit, once every queued transaction has been
    // told.
    Result<> settle();
    AccountTip& pending() { return pending_; }
    SlotPtr add_slot(std::uint64_t mailbox);
    // The page as the pending tip has it.
    Result<PagePtr> pending_page(std::uint64_t mailbox, const PageInfo&);
    Result<> load_index(Slot&);
    // Small mutable records as the pending tip has them, in the order asked.
    Result<std::vector<std::optional<std::string>>> pending_records(
        const std::vector<std::string>& keys);
    Uid recent_from(const Slot&) const;

    struct Write {
        store::Batch batch;
        struct NewPage {
            std::uint64_t mailbox;
            Uid low;
            PagePtr before, after;  // null: none
        };
        std::vector<NewPage> pages;
        std::vector<std::pair<std::string, std::optional<std::string>>> overlay;
    };
    // Moves the pending tip, queues the batch. Wait for what it returns after letting go of
    // txn_mutex.
    Result<std::future<Result<>>> queue(QueuedPtr, Write);
    // What is on disk beside the pending tip is not known: the next transaction reloads.
    void distrust();
    // Lets go of txn_mutex and waits until all that is queued is durable: for a verb that found
    // nothing to do because of what is.
    Result<> wait_for_queued(std::unique_lock<std::mutex>& txn_lock);

    // --- for views: under state_mutex ---
    std::mutex& state_mutex() const { return state_mutex_; }

private:
    struct Pinned {
        std::vector<PagePtr> versions;  // the visible one first; a null is "no such page"
    };
    struct Overlaid {
        std::optional<std::string> value;
        std::uint64_t number;
    };
    using PinKey = std::pair<std::uint64_t, std::uint32_t>;

    Result<> load_into(AccountTip&, std::unordered_map<std::uint64_t, SlotPtr>&);
    Result<> reload();
    void adopt_locked(std::unordered_map<std::uint64_t, SlotPtr>, std::vector<FeedPtr>& to_wake);
    Result<std::uint32_t> count_recent(const Slot&, const PageIndex&, Uid from);
    Result<PagePtr> read_page(std::uint64_t mailbox, Uid low);
    PagePtr pinned_locked(std::uint64_t mailbox, const PageInfo&) const;
    void told(const QueuedPtr&, Result<>);
    void show_locked(Queued&, std::vector<FeedPtr>& to_wake);
    void show_box_locked(Queued::Box&, std::vector<FeedPtr>& to_wake);
    void unpin_locked(const Queued&);
    void publish(const Queued&);

    const AccountId id_;
    Services& services_;

    std::mutex txn_mutex_;
    AccountTip pending_;  // under txn_mutex_

    std::recursive_mutex submit_mutex_;  // recursive: a store may answer inside submit()

    mutable std::mutex state_mutex_;
    std::condition_variable all_told_;
    AccountTip visible_;
    std::unordered_map<std::uint64_t, SlotPtr> slots_;
    std::map<PinKey, Pinned> pinned_;
    std::unordered_map<std::string, Overlaid> overlay_;
    std::uint64_t queued_ = 0, told_ = 0;  // numbers of the last of each
    bool is_broken_ = false, is_removed_ = false;
};

}  // namespace rook::mailbox
