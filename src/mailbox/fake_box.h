// For tests of what reads mail: one mailbox of messages in memory, without a store. Changes are
// made by the test itself; every verb that would change something is a bug.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/check.h"
#include "mailbox/account.h"
#include "mailbox/signature.h"
#include "message/parser.h"

namespace rook::mailbox {

class FakeBox final : public Account {
public:
    struct Mail {
        std::string bytes;
        std::shared_ptr<const std::string> record;
        std::string signature;
        ThreadId thread;
    };

    // The next uid; the email's number is the uid too.
    Entry& add(std::string bytes, Flags flags = 0) {
        auto summary = message::parse(bytes);
        message::StringSource source(bytes);
        auto signature = make_signature(summary, source);
        std::uint32_t n = entries.empty() ? 1 : entries.back().uid.v + 1;
        Entry entry;
        entry.uid = Uid{n};
        entry.flags = flags;
        entry.size = static_cast<std::uint32_t>(bytes.size());
        entry.email = EmailId{id(), n};
        entry.modseq = ModSeq{n};
        mails[entry.email] = {std::move(bytes),
                              std::make_shared<const std::string>(message::encode(summary)),
                              std::move(signature), ThreadId{id(), n}};
        entries.push_back(entry);
        return entries.back();
    }

    AccountId id() const override { return AccountId{7}; }
    std::vector<MailboxInfo> mailboxes() const override { return {}; }
    std::optional<MailboxInfo> find(std::string_view) const override { return std::nullopt; }
    std::optional<MailboxInfo> find(MailboxId) const override { return std::nullopt; }
    std::optional<MailboxInfo> find(Role) const override { return std::nullopt; }
    Result<MailboxId> create(std::string_view, Role) override { return no(); }
    Result<> remove(std::string_view) override { return no(); }
    Result<> rename(std::string_view, std::string_view) override { return no(); }
    Result<> subscribe(std::string_view, bool) override { return no(); }
    std::vector<std::string> subscriptions() const override { return {}; }
    QuotaUse quota() const override { return {}; }
    Result<std::unique_ptr<Staged>> stage(std::uint64_t) override { return no(); }
    Result<std::unique_ptr<Adding>> begin_add(std::unique_ptr<Staged>, std::span<const Target>,
                                              std::optional<std::int64_t>) override {
        return no();
    }
    Result<FlagsSet> set_flags(MailboxId, const UidSet&, const FlagEdit&) override { return no(); }
    Result<CopiedUids> copy(MailboxId, const UidSet&, MailboxId) override { return no(); }
    Result<CopiedUids> move(MailboxId, const UidSet&, MailboxId) override { return no(); }
    Result<UidSet> expunge(MailboxId, const std::optional<UidSet>&, Which) override { return no(); }
    Result<std::unique_ptr<View>> select(MailboxId, Access, std::function<void()>) override {
        return no();
    }
    Result<SummaryRecord> summary(EmailId email) override {
        if (damaged.contains(email)) return fail(Why::Corrupt, "Message is damaged");
        auto found = mails.find(email);
        if (found == mails.end()) return fail(Why::Gone, "Message is gone");
        return SummaryRecord{found->second.record,
                             TRY(message::SummaryView::open(*found->second.record))};
    }
    std::vector<Result<SummaryRecord>> summaries(std::span<const EmailId> emails) override {
        std::vector<Result<SummaryRecord>> all;
        for (auto& email : emails) all.push_back(summary(email));
        return all;
    }
    Result<std::unique_ptr<message::Source>> body(EmailId email) override {
        ++bodies_read;
        return std::make_unique<message::StringSource>(mails.at(email).bytes);
    }
    Result<ThreadId> thread(EmailId email) override { return mails.at(email).thread; }
    Result<std::vector<std::string>> signatures(std::span<const EmailId> emails) override {
        std::vector<std::string> all;
        for (auto& email : emails) all.push_back(has_signatures ? mails.at(email).signature : "");
        return all;
    }
    Result<std::optional<UidSet>> expunged_since(MailboxId, ModSeq) override { return no(); }
    Result<std::unique_ptr<Maildrop>> lock_maildrop() override { return no(); }

    std::vector<Entry> entries;
    std::map<EmailId, Mail> mails;
    std::set<EmailId> damaged;
    bool has_signatures = true;
    std::uint64_t bodies_read = 0;

private:
    static std::unexpected<Error> no() { return fail(Why::Unsupported, "This mailbox is a fake"); }
};

// All of a FakeBox's entries. Recent: those from `recent_from` on.
class FakeBoxView final : public View {
public:
    explicit FakeBoxView(FakeBox& box) : box_(box) {}
    Account& account() override { return box_; }
    MailboxId mailbox() const override { return {box_.id(), 1}; }
    std::uint32_t uidvalidity() const override { return 1; }
    bool is_read_only() const override { return false; }
    Origin origin() const override { return 1; }
    std::uint32_t count() const override { return static_cast<std::uint32_t>(box_.entries.size()); }
    std::uint32_t recent() const override { return 0; }
    bool is_recent(Uid uid) const override { return uid >= recent_from; }
    KeywordNames keyword_names() const override { return names; }
    Uid uidnext() const override { return Uid{last_uid().v + 1}; }
    ModSeq highest_modseq() const override { return {}; }
    Result<std::optional<Seq>> first_unseen() override { return std::nullopt; }
    Result<std::optional<Uid>> uid(Seq seq) override {
        if (seq.v == 0 || seq.v > count()) return std::nullopt;
        return box_.entries[seq.v - 1].uid;
    }
    Result<std::optional<Seq>> seq(Uid uid) override {
        for (std::uint32_t i = 0; i < count(); ++i) {
            if (box_.entries[i].uid == uid) return Seq{i + 1};
        }
        return std::nullopt;
    }
    Uid last_uid() const override { return count() == 0 ? Uid{} : box_.entries.back().uid; }
    Result<UidSet> existing(const UidSet& set) override {
        UidSet all;
        for (auto& entry : box_.entries) {
            if (set.contains(entry.uid)) all.add(entry.uid);
        }
        return all;
    }
    Result<UidSet> uids(const SeqSet& set) override {
        UidSet all;
        for (std::uint32_t i = 0; i < count(); ++i) {
            if (set.contains(Seq{i + 1})) all.add(box_.entries[i].uid);
        }
        return all;
    }
    Result<SeqSet> seqs(const UidSet& set) override {
        SeqSet all;
        for (std::uint32_t i = 0; i < count(); ++i) {
            if (set.contains(box_.entries[i].uid)) all.add(Seq{i + 1});
        }
        return all;
    }
    Result<> walk(const UidSet& set, const std::function<bool(const Item&)>& each) override {
        return walk_changed(set, ModSeq{0}, each);
    }
    Result<> walk_changed(const UidSet& set, ModSeq since,
                          const std::function<bool(const Item&)>& each) override {
        if (set.is_empty()) return {};
        auto entry = std::lower_bound(box_.entries.begin(), box_.entries.end(), set.first(),
                                      [](const Entry& e, Uid uid) { return e.uid < uid; });
        for (; entry != box_.entries.end(); ++entry) {
            if (entry->modseq <= since || !set.contains(entry->uid)) continue;
            Seq seq{static_cast<std::uint32_t>(entry - box_.entries.begin()) + 1};
            if (!each({seq, *entry, false})) break;
        }
        return {};
    }
    std::vector<News> news(Tell) override { return {}; }
    bool has_news() const override { return false; }
    bool is_behind() const override { return false; }

    Uid recent_from{UINT32_MAX};
    KeywordNames names = std::make_shared<const std::vector<std::string>>();

private:
    FakeBox& box_;
};

}  // namespace rook::mailbox
