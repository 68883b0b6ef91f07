// A transaction on an account: holds the account's lock while it is built, makes one batch, one
// modseq, one delta a mailbox.
//
// Use: begin(), change through box() and email(), commit(). Dropped without commit(): nothing has
// happened. Threads: one. Errors of a step leave the transaction fit only to be dropped.
#pragma once

#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "mailbox/core.h"

namespace rook::mailbox {

class Txn;

// A mailbox that the transaction changes.
class BoxEdit {
public:
    BoxEdit(Txn& txn, SlotPtr slot);

    MailboxId id() const;
    const Counters& counters() const { return content_.counters; }
    const PageIndex& index() { return index_.index(); }
    const Properties& properties() const { return *properties_; }

    // As this transaction has it so far.
    Result<PagePtr> page(const PageInfo&);
    // Takes a page with changed flags of its entries; `changed` are those entries.
    void put_flagged(PagePtr before, Page after, std::vector<Entry> changed, Origin origin);
    // Takes a page without some of its entries, which are given; without any left the page goes.
    void put_expunged(PagePtr before, Page after, std::span<const Entry> gone);
    // Adds entries at the end: gives each its uid and modseq. Limit when UIDs run out.
    enum class Start : std::uint8_t { LastPage, NewPage };
    Result<> append(std::vector<Entry>& entries, Start = Start::LastPage);
    // Writes the new pages of these entries now; until the commit writes their index they are
    // invisible.
    void write_ahead(std::span<const Entry>, store::Batch&);
    // Bits of the keywords by these names, adding those that are new. Limit.
    Result<Keywords> keywords(const std::vector<std::string>& names);
    // The same, without adding: unknown names have no bit.
    Keywords known_keywords(const std::vector<std::string>& names) const;

    void set_properties(Properties);
    void remove();  // the mailbox; its entries are left to the tidier

private:
    friend class Txn;
    void put_page(PagePtr before, PagePtr after, Uid low);
    std::uint32_t rank(Uid);
    Result<> finish(Core::Write&, Queued&, ChangeRecord&, ModSeq, std::int64_t now);
    void write_pages(Core::Write&);
    void log(ChangeRecord&) const;

    struct Changed {
        PagePtr before, after;  // null: none
        bool is_written = false;
    };
    void put_page_record(store::Batch&, const Page&) const;
    Txn& txn_;
    SlotPtr slot_;
    PropertiesPtr properties_;
    bool has_new_properties_ = false, has_new_content_ = false;
    Content content_;
    IndexEditor index_;
    std::map<Uid, Changed> pages_;
    Delta delta_;
};

class Txn {
public:
    static Result<std::unique_ptr<Txn>> begin(Core&);

    Core& core() { return core_; }
    AccountTip& tip() { return tip_; }
    const AccountTip& tip() const { return tip_; }
    ModSeq modseq();  // this transaction's
    std::uint64_t take_id() { return tip_.record.next_id++; }
    std::int64_t now() const { return now_; }
    store::Batch& batch() { return write_.batch; }

    // NotFound when the mailbox does not exist (any more). Its index is loaded.
    Result<BoxEdit*> box(MailboxId);
    Result<BoxEdit*> box(std::uint64_t mailbox);
    // The same without the index: for names and properties only.
    Result<BoxEdit*> box_properties(std::uint64_t mailbox);
    BoxEdit& create_box(Properties);

    // Reads many emails' records at once. Absent ones are Corrupt.
    Result<> load_emails(std::span<const Entry>);
    // About what the records loaded so far will take in the batch: an email with many copies has a
    // long one.
    std::size_t email_bytes() const { return email_bytes_; }
    // Loaded or made before.
    EmailRecord& email(EmailId);
    void make_email(EmailId, EmailRecord);
    // Writes these emails' records now, and not with the commit.
    void write_ahead(std::span<const Entry>, store::Batch&);
    // Takes the entry's place out of its email; without any left the email goes on the free list.
    void leave(const Entry&, std::uint64_t mailbox, const Properties&);
    // The same for many, of rising uids, whose emails are not loaded: the tidier does it.
    void leave_later(std::span<const Entry>, std::uint64_t mailbox, const Properties&);

    // A small record that later transactions read through the pending tip.
    void put(std::string key, std::string payload);
    void erase(const std::string& key);

    Names& edit_mailboxes();
    Names& edit_subscriptions();
    // Moves the account's sums, which the quota is about.
    void count(std::int64_t messages, std::int64_t bytes);
    // An expunge and its like: goes through on a full disk.
    void mark_freeing() { is_freeing_ = true; }
    // Nothing was changed: commit() only waits for what others have queued.
    bool is_empty() const { return !has_modseq_; }

    // Queues, lets go of the lock, waits until it is durable, visible and published.
    Result<> commit();
    // commit() that leaves the waiting to the caller. Something was changed.
    Result<std::future<Result<>>> submit();

private:
    friend class BoxEdit;
    Txn(Core& core, std::unique_lock<std::mutex> lock)
        : core_(core), lock_(std::move(lock)), tip_(core.pending()) {}
    Result<QueuedPtr> finish();
    void write_emails();

    Core& core_;
    std::unique_lock<std::mutex> lock_;
    AccountTip tip_;
    Core::Write write_;
    std::map<std::uint64_t, std::unique_ptr<BoxEdit>> boxes_;
    std::map<EmailId, EmailRecord> emails_;
    std::size_t email_bytes_ = 0;
    std::shared_ptr<Names> mailboxes_, subscriptions_;  // own copies, once changed
    std::int64_t now_ = 0;
    bool has_modseq_ = false, is_freeing_ = false;
};

// The transactions of one verb: while one is made durable, the next is built. An error is of any so
// far, and what was committed before stays; dropped, it waits for nothing.
class Commits {
public:
    // Txn::commit(), which waits for the one before instead.
    Result<> add(Txn&);
    // Until all are durable, visible and published.
    Result<> wait();

private:
    std::optional<std::future<Result<>>> last_;
};

}  // namespace rook::mailbox
