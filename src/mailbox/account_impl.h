// The Account that Accounts::open gives (account.h): its verbs, on top of Core and Txn. Private to
// mailbox/.
//
// account_mailboxes.cpp names, account_add.cpp arrivals, account_flags.cpp, account_copy.cpp copy
// and move, account_expunge.cpp, account_read.cpp.
#pragma once

#include <atomic>
#include <memory>

#include "mailbox/account.h"
#include "mailbox/core.h"
#include "mailbox/staged_impl.h"
#include "mailbox/txn.h"

namespace rook::mailbox {

class AccountImpl final : public Account, public Core {
public:
    AccountImpl(AccountId id, Services& services) : Core(id, services) {}

    AccountId id() const override { return account_id(); }
    std::vector<MailboxInfo> mailboxes() const override;
    std::optional<MailboxInfo> find(std::string_view name) const override;
    std::optional<MailboxInfo> find(MailboxId) const override;
    std::optional<MailboxInfo> find(Role) const override;
    Result<MailboxId> create(std::string_view name, Role) override;
    Result<> remove(std::string_view name) override;
    Result<> rename(std::string_view from, std::string_view to) override;
    Result<> subscribe(std::string_view name, bool on) override;
    std::vector<std::string> subscriptions() const override;
    QuotaUse quota() const override;

    Result<std::unique_ptr<Staged>> stage(std::uint64_t size_hint) override;
    Result<std::unique_ptr<Adding>> begin_add(std::unique_ptr<Staged>, std::span<const Target>,
                                              std::optional<std::int64_t> received) override;
    Result<FlagsSet> set_flags(MailboxId, const UidSet&, const FlagEdit&) override;
    Result<CopiedUids> copy(MailboxId from, const UidSet&, MailboxId to) override;
    Result<CopiedUids> move(MailboxId from, const UidSet&, MailboxId to) override;
    Result<UidSet> expunge(MailboxId, const std::optional<UidSet>&, Which) override;

    Result<std::unique_ptr<View>> select(MailboxId, Access, std::function<void()>) override;
    Result<SummaryRecord> summary(EmailId) override;
    std::vector<Result<SummaryRecord>> summaries(std::span<const EmailId>) override;
    Result<std::unique_ptr<message::Source>> body(EmailId) override;
    Result<ThreadId> thread(EmailId) override;
    Result<std::vector<std::string>> signatures(std::span<const EmailId>) override;
    Result<std::optional<UidSet>> expunged_since(MailboxId, ModSeq since) override;
    Result<std::unique_ptr<Maildrop>> lock_maildrop() override;

    // Of the directory: 0 is none. Set at load and when it changes.
    void set_quota_limit(std::uint64_t bytes) { quota_limit_ = bytes; }
    // Writes a new account with its first mailboxes.
    Result<> write_new();
    // Takes entries that a D record is about out of their emails, at most `pages` pages; true when
    // more is left.
    Result<bool> purge(std::uint64_t doomed, std::size_t pages);
    // For tests, with no transaction under way: what is in memory is what a reload would read.
    Result<> check_consistency();
    // The tidier's (tidy.cpp), a transaction each; true when more is due.
    Result<bool> free_emails(std::int64_t freed_before);
    Result<bool> prune_changes(std::int64_t made_before);

private:
    struct Taken {
        std::vector<Entry> entries;  // in UID order
        KeywordNames keywords;       // what their bits mean
    };

    MailboxInfo info_of_locked(const Slot&) const;
    Result<std::uint64_t> number_of(MailboxId) const;
    Result<> check_quota(const Txn&, std::uint64_t more) const;
    Result<> check_space() const;
    Result<BoxEdit*> make_box(Txn&, const std::string& name, Role);
    Result<> rename_inbox(const std::string& to);
    Result<> copy_in_parts(Txn&, BoxEdit& to, std::vector<Entry>& copies);
    Result<Taken> take(BoxEdit& from, const UidSet&);
    Result<bool> move_some(MailboxId from, const UidSet&, Uid& at, MailboxId to, CopiedUids&,
                           Commits&);

    std::atomic<std::uint64_t> quota_limit_{0};
    std::shared_ptr<std::atomic<bool>> maildrop_taken_ =
        std::make_shared<std::atomic<bool>>(false);  // shared with the lock's holder
};

}  // namespace rook::mailbox
