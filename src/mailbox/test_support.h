// For tests of mailbox/: a world with a memory store, a stopped clock and a directory of one's own,
// that can be restarted.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "mailbox/accounts_impl.h"
#include "mailbox/fake_directory.h"
#include "store/memory/memory_store.h"

namespace rook::mailbox {

class MailboxTest : public testing::Test {
protected:
    explicit MailboxTest(
        store::MemoryStore::Answering answering = store::MemoryStore::Answering::InSubmit)
        : store_(store::make_memory_store(answering)) {
        start();
        directory::Account account;
        account.address = "a@example.test";
        auto made = accounts_->create(std::move(account));
        EXPECT_TRUE(made) << made.error().said;
        id_ = *made;
        open();
    }
    ~MailboxTest() override { check(); }

    void start() {
        auto opened = Accounts::open(*store_, directory_, clock_, *random_, log_, limits_);
        accounts_ = std::move(*opened);
    }
    void open() {
        auto opened = accounts_->open(id_);
        ASSERT_TRUE(opened) << opened.error().said << ": " << opened.error().detail;
        account_ = std::move(*opened);
        inbox_ = account_->find("INBOX")->id;
    }
    // As after a stop of the process: nothing in memory survives.
    void restart() {
        account_.reset();
        accounts_.reset();
        start();
        open();
    }
    // What is stored agrees with itself, and what is in memory with what is stored.
    void check() {
        auto report = accounts_->check();
        ASSERT_TRUE(report) << report.error().said;
        for (auto& problem : report->problems) ADD_FAILURE() << problem.what;
        if (!account_) return;
        auto same = std::dynamic_pointer_cast<AccountImpl>(account_)->check_consistency();
        EXPECT_TRUE(same) << same.error().detail;
    }

    static std::string mail(std::string_view subject, std::string_view more_header = {},
                            std::string_view body = "Hello.\r\n") {
        return std::string("From: a@example.test\r\nSubject: ")
            .append(subject)
            .append("\r\n")
            .append(more_header)
            .append("\r\n")
            .append(body);
    }
    std::unique_ptr<Staged> staged(std::string_view bytes) {
        auto made = account_->stage(bytes.size());
        EXPECT_TRUE(made);
        EXPECT_TRUE((*made)->write(bytes));
        EXPECT_TRUE((*made)->finish());
        return std::move(*made);
    }
    Result<AddedTo> try_add(MailboxId mailbox, std::string_view bytes, FlagList flags = {}) {
        const Target target{mailbox, std::move(flags)};
        auto added = TRY(account_->add(staged(bytes), std::span(&target, 1), std::nullopt));
        return added.front();
    }
    AddedTo add(MailboxId mailbox, FlagList flags = {}) {
        auto added = try_add(mailbox, mail("n"), std::move(flags));
        EXPECT_TRUE(added) << added.error().said;
        return added.value_or(AddedTo{});
    }
    void add_many(MailboxId mailbox, int n) {
        for (int i = 0; i < n; ++i) add(mailbox);
    }
    std::unique_ptr<View> select(MailboxId mailbox, std::function<void()> on_news = {},
                                 Account::Access access = Account::Access::ReadWrite) {
        auto view = account_->select(mailbox, access, std::move(on_news));
        EXPECT_TRUE(view) << view.error().said;
        return std::move(*view);
    }
    static UidSet uids(std::uint32_t first, std::uint32_t last) {
        UidSet set;
        set.add(Uid{first}, Uid{last});
        return set;
    }
    static UidSet uids(std::uint32_t one) { return uids(one, one); }
    static constexpr std::uint32_t kStar = 0xFFFFFFFF;
    // "1:5 2:7S": sequence numbers and uids, flags as letters, ghosts with an x.
    static std::string text(View& view, const UidSet& set = uids(1, kStar)) {
        std::string out;
        auto walked = view.walk(set, [&](const View::Item& item) {
            if (!out.empty()) out += ' ';
            out += std::to_string(item.seq.v) + ':' + std::to_string(item.entry.uid.v);
            const auto flags = item.entry.flags;
            for (auto [bit, letter] :
                 {std::pair(kSeen, 'S'), std::pair(kAnswered, 'A'), std::pair(kFlagged, 'F'),
                  std::pair(kDeleted, 'D'), std::pair(kDraft, 'T')}) {
                if (flags & bit) out += letter;
            }
            if (item.is_gone) out += 'x';
            return true;
        });
        EXPECT_TRUE(walked) << walked.error().said << ": " << walked.error().detail;
        return out;
    }
    // "EXISTS 3/1", "FLAGS 2", "EXPUNGE 1", "KEYWORDS 2", "GONE", joined by ", ".
    static std::string text(const std::vector<News>& news) {
        std::string out;
        for (auto& one : news) {
            if (!out.empty()) out += ", ";
            if (auto* e = std::get_if<Exists>(&one)) {
                out += "EXISTS " + std::to_string(e->count) + "/" + std::to_string(e->recent);
            } else if (auto* f = std::get_if<NewFlags>(&one)) {
                out += "FLAGS " + std::to_string(f->seq.v);
            } else if (auto* v = std::get_if<Vanished>(&one)) {
                out += "EXPUNGE " + std::to_string(v->seq.v);
            } else if (auto* k = std::get_if<NewKeywords>(&one)) {
                out += "KEYWORDS " + std::to_string(k->names->size());
            } else {
                out += "GONE";
            }
        }
        return out;
    }
    Result<FlagsSet> set(MailboxId mailbox, const UidSet& uids, Flags flags, Origin origin = 0) {
        return account_->set_flags(mailbox, uids,
                                   {FlagEdit::How::Add, {flags, {}}, std::nullopt, origin});
    }

    std::unique_ptr<store::MemoryStore> store_;
    FakeDirectory directory_;
    StoppedClock clock_;
    std::unique_ptr<Random> random_ = make_seeded_random(1);
    NullLog log_;
    Limits limits_;
    std::unique_ptr<Accounts> accounts_;
    AccountId id_;
    AccountPtr account_;
    MailboxId inbox_;
};

}  // namespace rook::mailbox
