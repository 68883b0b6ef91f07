// One account's mail: the only code that changes mail.
//
// Every verb is one transaction (or, for many messages, one a page) on the pending tip; it returns
// when the change is flushed, visible and published: OK means durable. Readers see the visible tip
// only. Made by: Accounts::open. Shared (AccountPtr) by the sessions that use it; dropped from
// memory when nobody has. Threads: any. Verbs block on the disk: call them in a job of
// net::Lane::Short. Errors:  NotFound (mailbox), OverQuota, Limit, NoSpace, Busy, Io, Corrupt, as
// each says.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "mailbox/staged.h"
#include "mailbox/types.h"
#include "mailbox/view.h"
#include "message/source.h"
#include "message/summary.h"

namespace rook::mailbox {

// A stored Summary: the record's bytes and the view into them.
struct SummaryRecord {
    std::shared_ptr<const std::string> bytes;  // shared with the cache
    message::SummaryView view;
};

struct FlagEdit {
    enum class How : std::uint8_t { Replace, Add, Remove } how;
    FlagList flags;
    std::optional<ModSeq>
        unchanged_since;  // RFC 7162 3.1.3: entries changed after it are left and reported
    Origin origin = 0;
};
struct FlagsSet {
    std::vector<Entry> entries;  // those of the set that exist, as they are now, whether or not
                                 // they changed; rising uids
    UidSet modified;             // refused by unchanged_since
    UidSet gone;                 // no longer in the mailbox
};

struct CopiedUids {  // RFC 4315 COPYUID: sources[i] became targets[i]
    std::uint32_t uidvalidity = 0;
    std::vector<Uid> sources, targets;
};

// Where an arriving email goes.
struct Target {
    MailboxId mailbox;
    FlagList flags;
};
struct AddedTo {
    MailboxId mailbox;
    std::uint32_t uidvalidity = 0;
    Uid uid;
    EmailId email;
    ThreadId thread;
};

struct QuotaUse {
    std::uint64_t bytes = 0, limit_bytes = 0;  // limit 0: none
    std::uint64_t messages = 0;
};

// An email that is queued and not yet durable. Dropped, it is stored all the same.
class Adding {
public:
    virtual ~Adding() = default;
    virtual Result<std::vector<AddedTo>> wait() = 0;  // once
};

class Account {
public:
    virtual ~Account() = default;
    virtual AccountId id() const = 0;

    // --- mailboxes. Names are UTF-8; INBOX in any case; `/` joins levels. ---
    virtual std::vector<MailboxInfo> mailboxes() const = 0;  // by name, INBOX first
    virtual std::optional<MailboxInfo> find(std::string_view name) const = 0;
    virtual std::optional<MailboxInfo> find(MailboxId) const = 0;
    virtual std::optional<MailboxInfo> find(Role) const = 0;
    // Missing parents are made too. A trailing `/` is dropped. Exists; Cannot (bad name, with the
    // reason); Limit.
    virtual Result<MailboxId> create(std::string_view name, Role role = Role::None) = 0;
    // NotFound; Cannot for INBOX. Children stay.
    virtual Result<> remove(std::string_view name) = 0;
    // With its children. INBOX: its messages move to a new mailbox and INBOX stays, empty (RFC
    // 9051 6.3.6). A name that only has children can be renamed too. Exists, NotFound, Cannot.
    virtual Result<> rename(std::string_view from, std::string_view to) = 0;
    // Subscriptions are names; they outlive mailboxes (RFC 9051 6.3.7).
    virtual Result<> subscribe(std::string_view name, bool on) = 0;
    virtual std::vector<std::string> subscriptions() const = 0;
    virtual QuotaUse quota() const = 0;

    // --- changes of messages ---
    // `size_hint` 0 when unknown. OverQuota or TooBig at once when the hint says so.
    virtual Result<std::unique_ptr<Staged>> stage(std::uint64_t size_hint) = 0;
    // One email into one or more mailboxes in one transaction; `staged` must be of this account,
    // finished, and is used up. `received` is INTERNALDATE (now when absent). OverQuota, NotFound,
    // Limit (keywords).
    Result<std::vector<AddedTo>> add(std::unique_ptr<Staged> staged, std::span<const Target> to,
                                     std::optional<std::int64_t> received) {
        return TRY(begin_add(std::move(staged), to, received))->wait();
    }
    // add() that returns when the transaction is queued: what is begun for several accounts before
    // it is waited for shares a flush. Here come OverQuota, NotFound and Limit, from wait() what
    // the store says.
    virtual Result<std::unique_ptr<Adding>> begin_add(std::unique_ptr<Staged> staged,
                                                      std::span<const Target>,
                                                      std::optional<std::int64_t> received) = 0;
    virtual Result<FlagsSet> set_flags(MailboxId, const UidSet&, const FlagEdit&) = 0;
    // All or nothing. UIDs that are not there are skipped. OverQuota.
    virtual Result<CopiedUids> copy(MailboxId from, const UidSet&, MailboxId to) = 0;
    // Page by page: what has moved stays moved when a later page fails. Works over quota. To the
    // same mailbox: new UIDs (RFC 6851).
    virtual Result<CopiedUids> move(MailboxId from, const UidSet&, MailboxId to) = 0;
    // Removes entries of the set (all when absent) that have \Deleted, or whether or not they have
    // it. Returns what went. Works on a full disk.
    enum class Which : std::uint8_t { OnlyDeleted, All };
    virtual Result<UidSet> expunge(MailboxId, const std::optional<UidSet>&,
                                   Which = Which::OnlyDeleted) = 0;

    // --- reading ---
    enum class Access : std::uint8_t { ReadWrite, ReadOnly };
    // Subscribes and takes its first picture under one lock. `on_news` is called by the publisher
    // (any thread) when the view has something to tell: wake the session, nothing else (it may come
    // before select() has returned).
    virtual Result<std::unique_ptr<View>> select(MailboxId, Access,
                                                 std::function<void()> on_news) = 0;
    // Gone when the email has been freed; Corrupt when damaged.
    virtual Result<SummaryRecord> summary(EmailId) = 0;
    // In the order asked; an email that cannot be read has its own error. Cheaper than summary() in
    // a loop.
    virtual std::vector<Result<SummaryRecord>> summaries(std::span<const EmailId>) = 0;
    virtual Result<std::unique_ptr<message::Source>> body(EmailId) = 0;
    virtual Result<ThreadId> thread(EmailId) = 0;
    // Of an email: the stored signature (mailbox/signature.h); empty when it has none (then the
    // scan decides).
    virtual Result<std::vector<std::string>> signatures(std::span<const EmailId>) = 0;
    // UIDs expunged from the mailbox after `since`, from the X records; nullopt when that is no
    // longer on record.
    virtual Result<std::optional<UidSet>> expunged_since(MailboxId, ModSeq since) = 0;

    // POP3's lock of the maildrop (RFC 1939 8): one at a time; Busy when taken. Released when
    // destroyed.
    class Maildrop {
    public:
        virtual ~Maildrop() = default;
    };
    virtual Result<std::unique_ptr<Maildrop>> lock_maildrop() = 0;
};
using AccountPtr = std::shared_ptr<Account>;

}  // namespace rook::mailbox
