// Accounts with an INBOX and nothing behind it, for tests of what delivers and reads whole
// messages: a fault can be put at any call. Tests of more use the real one on store/memory.
// Used by: tests of mailbox/delivery, pop3, smtp. Threads: the test's own.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/check.h"
#include "mailbox/accounts.h"
#include "message/parser.h"

namespace rook::mailbox {

// What goes wrong, when set; each is the error's reason.
struct Faults {
    std::optional<Why> open, stage, write, finish, add, body, read, expunge;
    // The byte from which Staged::write and Source::read fail, when those are set.
    std::uint64_t from_byte = 0;
};

class FakeStaged final : public Staged {
public:
    FakeStaged(const Faults& faults, std::uint64_t limit) : faults_(faults), limit_(limit) {}
    Result<> write(std::string_view more) override {
        if (bytes.size() + more.size() > limit_) return fail(Why::TooBig, "Too big");
        const bool fails = faults_.write && bytes.size() + more.size() > faults_.from_byte;
        if (fails) return fail(*faults_.write, "Write fails", "as the test wants");
        bytes += more;
        return {};
    }
    std::uint64_t size() const override { return bytes.size(); }
    Result<> finish() override {
        if (faults_.finish) return fail(*faults_.finish, "Finish fails");
        summary_ = message::parse(bytes);
        source_.emplace(bytes);
        return {};
    }
    const message::Summary& summary() const override { return *summary_; }
    message::Source& source() override { return *source_; }

    std::string bytes;

private:
    const Faults& faults_;
    const std::uint64_t limit_;
    std::optional<message::Summary> summary_;
    std::optional<message::StringSource> source_;
};

class FakeAccount final : public Account {
public:
    struct Stored {
        std::uint32_t uid;
        std::string bytes;
        bool is_expunged = false;
    };

    FakeAccount(AccountId id, std::uint64_t limit) : id_(id), limit_(limit) {}

    Faults faults;
    std::vector<Stored> stored;
    int stages = 0;
    std::uint64_t last_hint = 0;

    void put(std::string bytes) { stored.push_back({++uid_, std::move(bytes)}); }
    std::size_t left() const {
        return static_cast<std::size_t>(std::count_if(stored.begin(), stored.end(),
                                                      [](auto& one) { return !one.is_expunged; }));
    }

    AccountId id() const override { return id_; }
    std::optional<MailboxInfo> find(std::string_view name) const override {
        if (name != "INBOX") return std::nullopt;
        MailboxInfo info;
        info.id = inbox();
        info.name = "INBOX";
        info.role = Role::Inbox;
        info.uidvalidity = 77;
        return info;
    }
    Result<std::unique_ptr<Staged>> stage(std::uint64_t size_hint) override {
        last_hint = size_hint;
        if (faults.stage) return fail(*faults.stage, "Stage fails");
        ++stages;
        return std::make_unique<FakeStaged>(faults, limit_);
    }
    Result<std::unique_ptr<Adding>> begin_add(std::unique_ptr<Staged> staged,
                                              std::span<const Target>,
                                              std::optional<std::int64_t>) override {
        struct Stored final : Adding {
            Result<std::vector<AddedTo>> wait() override { return std::vector<AddedTo>(1); }
        };
        if (faults.add) return fail(*faults.add, "Add fails", "as the test wants");
        put(static_cast<FakeStaged&>(*staged).bytes);
        return std::make_unique<Stored>();
    }
    Result<UidSet> expunge(MailboxId, const std::optional<UidSet>& uids, Which which) override {
        if (faults.expunge) return fail(*faults.expunge, "Expunge fails");
        CHECK(uids && which == Which::All);
        UidSet gone;
        for (auto& one : stored) {
            if (one.is_expunged || !uids->contains(Uid{one.uid})) continue;
            one.is_expunged = true;
            gone.add(Uid{one.uid});
        }
        return gone;
    }
    Result<std::unique_ptr<View>> select(MailboxId, Access, std::function<void()>) override;
    Result<std::unique_ptr<message::Source>> body(EmailId) override;
    Result<std::unique_ptr<Maildrop>> lock_maildrop() override {
        struct Lock final : Maildrop {
            explicit Lock(bool& held) : held_(held) { held_ = true; }
            ~Lock() override { held_ = false; }
            bool& held_;
        };
        if (is_locked_) return fail(Why::Busy, "Locked");
        return std::make_unique<Lock>(is_locked_);
    }

    // Not for those who deliver and read whole messages.
    std::vector<MailboxInfo> mailboxes() const override { bug("fake"); }
    std::optional<MailboxInfo> find(MailboxId) const override { bug("fake"); }
    std::optional<MailboxInfo> find(Role) const override { bug("fake"); }
    Result<MailboxId> create(std::string_view, Role) override { bug("fake"); }
    Result<> remove(std::string_view) override { bug("fake"); }
    Result<> rename(std::string_view, std::string_view) override { bug("fake"); }
    Result<> subscribe(std::string_view, bool) override { bug("fake"); }
    std::vector<std::string> subscriptions() const override { bug("fake"); }
    QuotaUse quota() const override { bug("fake"); }
    Result<FlagsSet> set_flags(MailboxId, const UidSet&, const FlagEdit&) override { bug("fake"); }
    Result<CopiedUids> copy(MailboxId, const UidSet&, MailboxId) override { bug("fake"); }
    Result<CopiedUids> move(MailboxId, const UidSet&, MailboxId) override { bug("fake"); }
    Result<SummaryRecord> summary(EmailId) override { bug("fake"); }
    std::vector<Result<SummaryRecord>> summaries(std::span<const EmailId>) override { bug("fake"); }
    Result<ThreadId> thread(EmailId) override { bug("fake"); }
    Result<std::vector<std::string>> signatures(std::span<const EmailId>) override { bug("fake"); }
    Result<std::optional<UidSet>> expunged_since(MailboxId, ModSeq) override { bug("fake"); }

private:
    MailboxId inbox() const { return {.account = id_, .n = 1}; }

    const AccountId id_;
    const std::uint64_t limit_;
    std::uint32_t uid_ = 0;
    bool is_locked_ = false;
};

class FakeView final : public View {
public:
    explicit FakeView(FakeAccount& account) : account_(account) {
        for (const auto& one : account.stored) {
            if (one.is_expunged) continue;
            Entry entry;
            entry.uid = Uid{one.uid};
            entry.size = static_cast<std::uint32_t>(one.bytes.size());
            entry.email = {.account = account.id(), .n = one.uid};
            entries_.push_back(entry);
        }
    }
    Account& account() override { return account_; }
    std::uint32_t uidvalidity() const override { return 77; }
    std::uint32_t count() const override { return static_cast<std::uint32_t>(entries_.size()); }
    Uid last_uid() const override { return entries_.empty() ? Uid{} : entries_.back().uid; }
    Result<> walk(const UidSet& set, const std::function<bool(const Item&)>& each) override {
        for (std::uint32_t i = 0; i < count(); ++i) {
            if (!set.contains(entries_[i].uid)) continue;
            if (!each({.seq = Seq{i + 1}, .entry = entries_[i], .is_gone = false})) break;
        }
        return {};
    }

    MailboxId mailbox() const override { bug("fake"); }
    bool is_read_only() const override { bug("fake"); }
    Origin origin() const override { bug("fake"); }
    std::uint32_t recent() const override { bug("fake"); }
    bool is_recent(Uid) const override { bug("fake"); }
    KeywordNames keyword_names() const override { bug("fake"); }
    Uid uidnext() const override { bug("fake"); }
    ModSeq highest_modseq() const override { bug("fake"); }
    Result<std::optional<Seq>> first_unseen() override { bug("fake"); }
    Result<std::optional<Uid>> uid(Seq) override { bug("fake"); }
    Result<std::optional<Seq>> seq(Uid) override { bug("fake"); }
    Result<UidSet> existing(const UidSet&) override { bug("fake"); }
    Result<UidSet> uids(const SeqSet&) override { bug("fake"); }
    Result<SeqSet> seqs(const UidSet&) override { bug("fake"); }
    Result<> walk_changed(const UidSet&, ModSeq, const std::function<bool(const Item&)>&) override {
        bug("fake");
    }
    std::vector<News> news(Tell) override { bug("fake"); }
    bool has_news() const override { bug("fake"); }
    bool is_behind() const override { bug("fake"); }

private:
    FakeAccount& account_;
    std::vector<Entry> entries_;
};

inline Result<std::unique_ptr<View>> FakeAccount::select(MailboxId, Access, std::function<void()>) {
    return std::make_unique<FakeView>(*this);
}

inline Result<std::unique_ptr<message::Source>> FakeAccount::body(EmailId email) {
    struct Body final : message::Source {
        Body(const std::string& from, const Faults& with) : bytes(from), faults(with) {}
        std::uint64_t size() const override { return bytes.size(); }
        Result<std::string> read(std::uint64_t offset, std::uint64_t length) override {
            const bool fails = faults.read && offset + length > faults.from_byte;
            if (fails) return fail(*faults.read, "Read fails", "as the test wants");
            return offset < bytes.size() ? bytes.substr(offset, length) : std::string();
        }
        const std::string& bytes;
        const Faults& faults;
    };
    if (faults.body) return fail(*faults.body, "Body fails");
    for (const auto& one : stored) {
        if (one.uid == email.n) return std::make_unique<Body>(one.bytes, faults);
    }
    return fail(Why::Gone, "Gone");
}

class FakeAccounts final : public Accounts {
public:
    Limits settings;
    std::map<std::uint64_t, std::shared_ptr<FakeAccount>> accounts;  // shared with who opens them

    FakeAccount& at(AccountId id) {
        auto& account = accounts[id.v];
        if (!account) account = std::make_shared<FakeAccount>(id, settings.message_bytes);
        return *account;
    }

    Result<AccountPtr> open(AccountId id) override {
        if (auto fault = at(id).faults.open) return fail(*fault, "Open fails");
        return accounts[id.v];
    }
    const Limits& limits() const override { return settings; }
    std::size_t page_cache_bytes() const override { return 0; }

    Result<AccountId> create(directory::Account) override { bug("fake"); }
    Result<> remove(AccountId) override { bug("fake"); }
    Result<std::unique_ptr<Restoring>> begin_restore(RestoreWish) override { bug("fake"); }
    Hub& hub() override { bug("fake"); }
    Result<bool> tidy() override { bug("fake"); }
    Result<std::unique_ptr<Checking>> begin_check(Then) override { bug("fake"); }
};

}  // namespace rook::mailbox
