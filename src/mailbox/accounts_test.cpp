// Accounts as a whole: creating, removing, tidying, and what check() finds.
#include <gmock/gmock.h>

#include <atomic>
#include <future>
#include <thread>

#include "base/codec.h"
#include "mailbox/keys.h"
#include "mailbox/test_support.h"

namespace rook::mailbox {
namespace {

using store::Table;
using testing::HasSubstr, testing::Not;

class AccountsTest : public MailboxTest {
protected:
    std::size_t records(AccountId id) {
        std::size_t n = 0;
        for (int table = 0; table < store::kTables; ++table) {
            EXPECT_TRUE(store_->scan(id, static_cast<Table>(table), {}, {}, [&](auto, auto) {
                ++n;
                return true;
            }));
        }
        return n;
    }
    std::size_t records(char letter, Table table = Table::Records) {
        std::size_t n = 0;
        EXPECT_TRUE(
            store_->scan(id_, table, std::string(1, letter), keys::after(letter), [&](auto, auto) {
                ++n;
                return true;
            }));
        return n;
    }
    void tidy_all() {
        for (int i = 0; i < 100; ++i) {
            auto more = accounts_->tidy();
            ASSERT_TRUE(more) << more.error().detail;
            if (!*more) return;
        }
        FAIL() << "the tidier never ends";
    }
    static directory::Account named(const char* address) {
        directory::Account account;
        account.address = address;
        return account;
    }
};

TEST_F(AccountsTest, CreateAndRemove) {
    const auto b = *accounts_->create(named("b@example.test"));
    EXPECT_EQ(accounts_->create(named("b@example.test")).error().why, Why::Exists);
    auto account = *accounts_->open(b);
    int wakes = 0;
    auto view =
        *account->select(account->find("INBOX")->id, Account::Access::ReadWrite, [&] { ++wakes; });
    ASSERT_TRUE(accounts_->remove(b));
    EXPECT_EQ(wakes, 1);
    EXPECT_EQ(text(view->news(Tell::Everything)), "GONE");
    EXPECT_EQ(account->create("x").error().why, Why::Gone);
    EXPECT_EQ(accounts_->open(b).error().why, Why::NotFound);
    EXPECT_EQ(records(b), 0u);
    EXPECT_EQ(accounts_->remove(b).error().why, Why::NotFound);
    EXPECT_EQ(accounts_->open(AccountId{999}).error().why, Why::NotFound);
}

TEST_F(AccountsTest, AnAddressThatIsRefusedLeavesNothing) {
    directory_.refuse_next = fail(Why::NotFound, "no such domain").error();
    EXPECT_EQ(accounts_->create(named("c@elsewhere.test")).error().why, Why::NotFound);
    EXPECT_EQ(store_->accounts()->size(), 1u);
}

TEST_F(AccountsTest, LeftoversOfAccountsAreSwept) {
    const auto b = *accounts_->create(named("b@example.test"));
    const auto c = *accounts_->create(named("c@example.test"));
    const auto before = records(b);
    // As when the process ends in the middle of a creation or a removal.
    for (auto id : {b, c}) {
        const auto key = keys::staged_account();
        store::Batch batch;
        batch.put(Table::Records, key, sealed(kValueVersion, key, {}));
        ASSERT_TRUE(store_->commit(id, std::move(batch)));
    }
    ASSERT_TRUE(directory_.remove_account(c));
    restart();
    tidy_all();
    EXPECT_EQ(records(c), 0u);
    EXPECT_EQ(records(b), before);  // it has its address: only the mark went
}

TEST_F(AccountsTest, ALostAddressCostsNoMail) {
    const auto b = *accounts_->create(named("b@example.test"));
    const auto before = records(b);
    const auto known = *directory_.find(b);
    ASSERT_TRUE(directory_.remove_account(b));
    restart();
    tidy_all();
    EXPECT_EQ(records(b), before);
    auto report = accounts_->check();
    ASSERT_TRUE(report);
    ASSERT_EQ(report->problems.size(), 1u);
    EXPECT_EQ(report->problems[0].account, b);
    ASSERT_TRUE(directory_.add_account(*known));
}

TEST_F(AccountsTest, OpenSharesTheAccountInMemory) {
    EXPECT_EQ(accounts_->open(id_)->get(), account_.get());
}

TEST_F(AccountsTest, ExpungedMailIsFreedAfterTheUndeletePeriod) {
    const auto added = add(inbox_);
    add(inbox_);
    ASSERT_TRUE(account_->expunge(inbox_, uids(1), Account::Which::All));
    clock_.advance(std::chrono::hours(24 * 14 - 1));
    tidy_all();
    EXPECT_TRUE(account_->summary(added.email));
    clock_.advance(std::chrono::hours(2));
    tidy_all();
    EXPECT_EQ(account_->summary(added.email).error().why, Why::Gone);
    EXPECT_EQ(account_->body(added.email).error().why, Why::Gone);
    EXPECT_EQ(records('E'), 1u);
    EXPECT_EQ(records('F'), 0u);
    EXPECT_EQ(records('S', Table::Summaries), 1u);
    EXPECT_EQ(records('G', Table::Signatures), 1u);
}

TEST_F(AccountsTest, AtLeastADay) {
    limits_.undelete = std::chrono::hours(0);
    restart();
    add(inbox_);
    ASSERT_TRUE(account_->expunge(inbox_, uids(1), Account::Which::All));
    clock_.advance(std::chrono::hours(23));
    tidy_all();
    EXPECT_EQ(records('E'), 1u) << "a FETCH may still run";
    clock_.advance(std::chrono::hours(2));
    tidy_all();
    EXPECT_EQ(records('E'), 0u);
}

TEST_F(AccountsTest, ShortOfSpaceTheUndeletePeriodShrinksOldestFirst) {
    add_many(inbox_, 3);
    for (std::uint32_t uid : {1, 2, 3}) {
        ASSERT_TRUE(account_->expunge(inbox_, uids(uid), Account::Which::All));
        clock_.advance(std::chrono::hours(24 * 4));
    }
    // 12, 8 and 4 days ago.
    tidy_all();
    EXPECT_EQ(records('E'), 3u);
    store_->set_space({.free_bytes = 1, .is_short = true});
    tidy_all();
    EXPECT_EQ(records('E'), 1u) << "a week is kept";
    store_->set_space({.free_bytes = 1 << 30, .is_short = false});
    tidy_all();
    store_->set_space({.free_bytes = 1, .is_short = true});
    tidy_all();
    EXPECT_EQ(records('E'), 1u) << "it was two weeks again meanwhile";
    tidy_all();
    EXPECT_EQ(records('E'), 0u) << "half a week is kept";
    store_->set_space({.free_bytes = 1 << 30, .is_short = false});
    add(inbox_);
    ASSERT_TRUE(account_->expunge(inbox_, uids(4), Account::Which::All));
    clock_.advance(std::chrono::hours(23));
    store_->set_space({.free_bytes = 1, .is_short = true});
    for (int i = 0; i < 6; ++i) tidy_all();
    EXPECT_EQ(records('E'), 1u) << "a day is kept whatever comes: a FETCH may still run";
}

TEST_F(AccountsTest, OldChangesArePruned) {
    add_many(inbox_, 3);
    ASSERT_TRUE(account_->expunge(inbox_, uids(1), Account::Which::All));
    const auto old = account_->find(inbox_)->highest_modseq;
    clock_.advance(std::chrono::hours(24 * 31));
    ASSERT_TRUE(account_->expunge(inbox_, uids(2), Account::Which::All));
    tidy_all();
    EXPECT_EQ(records('C'), 1u);
    EXPECT_EQ(records('X'), 1u);
    EXPECT_EQ((*account_->expunged_since(inbox_, old))->to_text(), "2");
    EXPECT_EQ(*account_->expunged_since(inbox_, ModSeq{old.v - 1}), std::nullopt)
        << "no longer on record";
}

TEST_F(AccountsTest, ARemovedMailboxIsClearedInTheEnd) {
    const auto box = *account_->create("Big");
    add_many(box, 64 * 20);
    ASSERT_TRUE(account_->remove("Big"));
    EXPECT_EQ(account_->quota().messages, 0u) << "at once";
    EXPECT_EQ(records('D'), 1u) << "more than is cleared at once";
    restart();
    tidy_all();
    EXPECT_EQ(records('D'), 0u);
    EXPECT_EQ(records('P'), 0u);
    EXPECT_EQ(records('I'), 0u);
    EXPECT_EQ(records('F'), 64u * 20u);
    clock_.advance(std::chrono::hours(24 * 15));
    tidy_all();
    EXPECT_EQ(records('E'), 0u);
    EXPECT_EQ(records('B', Table::Bodies), 0u);
}

// Their emails are told by the tidier; nobody can see the difference.
TEST_F(AccountsTest, ManyExpungedLeaveTheirEmailsLater) {
    const auto work = *account_->create("Work");
    ASSERT_TRUE(try_add(inbox_, mail("kept elsewhere")));
    ASSERT_TRUE(account_->copy(inbox_, uids(1), work));
    ASSERT_TRUE(try_add(inbox_, mail("last place"), {kSeen, {"$mine"}}));
    add_many(inbox_, 3000);
    const auto gone = account_->expunge(inbox_, uids(1, 3000), Account::Which::All);
    EXPECT_EQ(gone->to_text(), "1:3000");
    EXPECT_EQ(account_->quota().messages, 3u) << "at once";
    EXPECT_EQ(records('D'), 2u) << "one for each transaction";
    EXPECT_EQ(records('F'), 0u);
    check();
    ASSERT_TRUE(account_->rename("INBOX", "Old"));  // a name and a mailbox from then
    ASSERT_TRUE(account_->remove("Old"));
    restart();
    tidy_all();
    check();
    EXPECT_EQ(records('D'), 0u);
    EXPECT_EQ(records('P'), 1u);
    EXPECT_EQ(records('E'), 3002u);
    std::vector<FreedRecord> freed;
    ASSERT_TRUE(store_->scan(id_, Table::Records, "F", "G", [&](auto key, auto value) {
        freed.push_back(*decode_freed(unseal(key, value, kValueVersion)->payload));
        return true;
    }));
    ASSERT_EQ(freed.size(), 3001u) << "all but one, which is in Work";
    EXPECT_EQ(freed[0].name, "INBOX");
    EXPECT_EQ(freed[0].mailbox, inbox_.n);
    EXPECT_EQ(freed[0].uid.v, 2u);
    EXPECT_EQ(freed[0].flags, kSeen);
    EXPECT_THAT(freed[0].keywords, testing::ElementsAre("$mine"));
    clock_.advance(std::chrono::hours(24 * 15));
    tidy_all();
    EXPECT_EQ(records('E'), 1u);
    EXPECT_EQ(account_->find("Work")->messages, 1u);
}

// --- check ---

class CheckTest : public AccountsTest {
protected:
    ~CheckTest() override { account_.reset(); }
    void damage(Table table, const std::string& key,
                const std::function<void(std::string&)>& change) {
        auto value = *store_->find(id_, table, key);
        ASSERT_TRUE(value);
        auto bytes = *value;
        change(bytes);
        store::Batch batch;
        if (bytes.empty()) {
            batch.erase(table, key);
        } else {
            batch.put(table, key, bytes);
        }
        ASSERT_TRUE(store_->commit(id_, std::move(batch)));
    }
    std::string problems() {
        std::string all;
        for (auto& problem : accounts_->check()->problems) all += problem.what + "\n";
        return all;
    }
};

TEST_F(CheckTest, FindsWhatIsDamaged) {
    const auto added = add(inbox_);
    add_many(inbox_, 2);
    const auto report = *accounts_->check();
    EXPECT_EQ(report.accounts, 1u);
    EXPECT_EQ(report.mailboxes, 6u);
    EXPECT_EQ(report.entries, 3u);
    EXPECT_EQ(report.emails, 3u);
    EXPECT_EQ(report.bytes, account_->quota().bytes);
    EXPECT_TRUE(report.problems.empty());

    const auto flip = [](std::string& bytes) { bytes[bytes.size() / 2] ^= 1; };
    const auto drop = [](std::string& bytes) { bytes.clear(); };
    struct {
        Table table;
        std::string key;
        std::function<void(std::string&)> how;
        const char* said;
    } const cases[] = {
        {Table::Records, keys::page(inbox_.n, Uid{1}), flip, "checksum"},
        {Table::Records, keys::page(inbox_.n, Uid{1}), drop, "page 1 is missing"},
        {Table::Records, keys::index(inbox_.n, Uid{1}), drop, "not in the index"},
        {Table::Records, keys::email(added.email), drop, "its email is missing"},
        {Table::Records, keys::counters(inbox_.n), drop, "a record is missing"},
        {Table::Summaries, keys::summary(added.email, 0), flip, "summary"},
        {Table::Bodies, keys::body(added.email, 0), flip, "body"},
        {Table::Bodies, keys::body(added.email, 0), drop, "body"},
        {Table::Signatures, keys::signature(added.email), flip, "checksum"},
    };
    for (auto& c : cases) {
        const auto before = *store_->find(id_, c.table, c.key);
        damage(c.table, c.key, c.how);
        EXPECT_NE(problems().find(c.said), std::string::npos) << c.said << ": " << problems();
        store::Batch repair;
        repair.put(c.table, c.key, *before);
        ASSERT_TRUE(store_->commit(id_, std::move(repair)));
        EXPECT_EQ(problems(), "");
    }
}

// Damage of the account itself keeps it shut, that of a mailbox keeps nobody from the others.
TEST_F(CheckTest, WhatOpensOfADamagedAccount) {
    add_many(inbox_, 3);
    const auto work = account_->create("Work").value();
    ASSERT_TRUE(try_add(work, mail("n")));
    const auto flip = [](std::string& bytes) { bytes[bytes.size() / 2] ^= 1; };
    const auto drop = [](std::string& bytes) { bytes.clear(); };
    const auto newer = [](std::string& bytes) {
        bytes = sealed(kFormatVersion, keys::format(), std::string(1, kFormatVersion + 1));
    };
    const auto named_inbox = [&](std::string& bytes) {
        const auto inbox = *store_->find(id_, Table::Records, keys::properties(inbox_.n));
        const auto payload = unseal(keys::properties(inbox_.n), *inbox, kValueVersion)->payload;
        bytes = sealed(kValueVersion, keys::properties(work.n), payload);
    };
    // Whether INBOX and Work are there, and whether Work can be selected.
    struct {
        std::string key;
        std::function<void(std::string&)> how;
        std::string opens;
    } const cases[] = {
        {keys::format(), drop, "corrupt"},
        {keys::format(), flip, "corrupt"},
        {keys::format(), newer, "unsupported"},
        {keys::account(), drop, "corrupt"},
        {keys::account(), flip, "corrupt"},
        {keys::counters(work.n), flip, "INBOX"},
        {keys::properties(work.n), drop, "INBOX"},
        {keys::properties(work.n), named_inbox, "corrupt"},
        {keys::index(work.n, Uid{1}), drop, "INBOX Work"},
        {keys::index(work.n, Uid{1}), flip, "INBOX Work"},
        {keys::page(inbox_.n, Uid{1}), flip, "INBOX Work selected"},
    };
    account_.reset();
    accounts_.reset();
    for (auto& c : cases) {
        const auto before = *store_->find(id_, Table::Records, c.key);
        damage(Table::Records, c.key, c.how);
        start();
        std::string opens;
        if (auto account = accounts_->open(id_)) {
            for (auto name : {"INBOX", "Work"}) {
                if ((*account)->find(name)) opens.append(opens.empty() ? "" : " ") += name;
            }
            if ((*account)->select(work, Account::Access::ReadOnly, [] {})) opens += " selected";
        } else {
            opens = to_string(account.error().why);
        }
        EXPECT_EQ(opens, c.opens) << c.key[0];
        accounts_.reset();
        store::Batch repair;
        repair.put(Table::Records, c.key, *before);
        ASSERT_TRUE(store_->commit(id_, std::move(repair)));
    }
    restart();
}

// The records cannot be compared, but whose mail is hurt is said.
TEST_F(CheckTest, NamesWhatIsInABlockThatCannotBeRead) {
    std::vector<EmailId> emails;
    for (int i = 0; i < 4; ++i) emails.push_back(add(inbox_).email);
    const auto archive = account_->find("Archive")->id;
    ASSERT_TRUE(account_->copy(inbox_, uids(2), archive));
    add_many(archive, 1);
    damage(Table::Summaries, keys::summary(emails[3], 0),
           [](std::string& b) { b[b.size() / 2] ^= 1; });
    account_.reset();
    auto hurt = [&](std::string key) { store_->hurt(id_, Table::Records, std::move(key)); };
    auto said = [&] {
        auto accounts = *Accounts::open(*store_, directory_, clock_, *random_, log_, limits_);
        std::string all;
        const auto report = accounts->check();
        if (!report) return report.error().said;
        for (auto& problem : report->problems) all += problem.what + "\n";
        return all;
    };

    hurt(keys::email(emails[1]));
    hurt(keys::email(emails[2]));
    auto all = said();
    for (int i = 1; i < 4; ++i) EXPECT_THAT(all, HasSubstr("email " + to_text(emails[i]) + " "));
    EXPECT_THAT(all, HasSubstr("mailbox INBOX uid 3)"));
    EXPECT_THAT(all, Not(HasSubstr(to_text(emails[0]) + " ")));

    hurt(keys::page(archive.n, Uid{1}));
    all = said();
    EXPECT_THAT(all, HasSubstr("mailbox Archive: block checksum mismatch"));
    EXPECT_THAT(all, HasSubstr("email " + to_text(emails[1]) + " "));
    hurt(keys::account());
    EXPECT_THAT(said(), HasSubstr("not opened"));
    store_->heal();
    damage(Table::Summaries, keys::summary(emails[3], 0),
           [](std::string& b) { b[b.size() / 2] ^= 1; });
}

// What is written while the walk goes on is no damage.
TEST_F(CheckTest, BesideAnActiveServer) {
    add_many(inbox_, 3);
    auto checking = *accounts_->begin_check(Accounts::Then::Report);
    EXPECT_EQ(checking->done(), 0u);
    ASSERT_TRUE(*checking->step());
    add_many(inbox_, 2);
    ASSERT_TRUE(account_->expunge(inbox_, uids(1), Account::Which::All));
    clock_.advance(std::chrono::hours(24 * 15));
    tidy_all();
    ASSERT_EQ(records('E'), 4u);
    while (*checking->step()) {
    }
    EXPECT_EQ(checking->done(), checking->all());
    EXPECT_EQ(checking->report().emails, 3u);
    for (auto& problem : checking->report().problems) ADD_FAILURE() << problem.what;
}

TEST_F(CheckTest, WhileAnotherThreadWrites) {
    std::atomic<bool> is_over = false;
    std::jthread writer([&] {
        for (int i = 0; i < 300; ++i) {
            add(inbox_);
            if (i % 3 == 0) EXPECT_TRUE(set(inbox_, uids(1, kStar), kSeen));
            if (i % 5 == 0) EXPECT_TRUE(account_->copy(inbox_, uids(1, 3), inbox_));
        }
        is_over = true;
    });
    while (!is_over) ASSERT_EQ(problems(), "");
}

TEST_F(CheckTest, WhileALargeCopyIsStaged) {
    add_many(inbox_, 16);
    for (int n = 16; n < 5000; n *= 2) ASSERT_TRUE(account_->copy(inbox_, uids(1, kStar), inbox_));
    const auto pages = records('P');
    store_->hold();
    auto copying = std::async(std::launch::async, [&] {
        return account_->copy(inbox_, uids(1, kStar), account_->find("Archive")->id);
    });
    for (int i = 0; i < 2; ++i) {
        while (!store_->release_one()) std::this_thread::yield();
    }
    while (store_->waiting() == 0) std::this_thread::yield();
    EXPECT_GT(records('P'), pages) << "the first part is there";
    EXPECT_EQ(problems(), "");
    store_->release();
    ASSERT_TRUE(copying.get());
    EXPECT_EQ(problems(), "");
}

// The account goes while it is walked.
TEST_F(CheckTest, OfAnAccountThatIsRemoved) {
    const auto b = *accounts_->create(named("b@example.test"));
    auto checking = *accounts_->begin_check(Accounts::Then::Report);
    while (checking->report().accounts == 0) ASSERT_TRUE(*checking->step());
    ASSERT_TRUE(accounts_->remove(b));
    while (*checking->step()) {
    }
    for (auto& problem : checking->report().problems) ADD_FAILURE() << problem.what;
}

TEST_F(CheckTest, DamageIsReportedNeverServed) {
    const auto added = add(inbox_);
    damage(Table::Bodies, keys::body(added.email, 0), [](std::string& bytes) { bytes[9] ^= 4; });
    EXPECT_EQ(account_->body(added.email).error().why, Why::Corrupt);
    damage(Table::Records, keys::page(inbox_.n, Uid{1}), [](std::string& bytes) { bytes[3] ^= 4; });
    restart();
    auto view = select(inbox_);
    EXPECT_EQ(view->walk(uids(1), [](auto&) { return true; }).error().why, Why::Corrupt);
    EXPECT_EQ(set(inbox_, uids(1), kSeen).error().why, Why::Corrupt);
    EXPECT_EQ(account_->find("Sent")->messages, 0u) << "the others go on";
    view.reset();
    const auto junk = account_->find("Junk")->id.n;
    damage(Table::Records, keys::properties(junk), [](std::string& bytes) { bytes[3] ^= 4; });
    restart();
    EXPECT_EQ(account_->find("Junk"), std::nullopt);
    EXPECT_TRUE(account_->create("Spam"));
    damage(Table::Records, keys::properties(junk), [](std::string& bytes) { bytes[3] ^= 4; });
    restart();
    EXPECT_EQ(account_->find("Junk")->id.n, junk) << "as it was, once it is mended";
    damage(Table::Records, keys::page(inbox_.n, Uid{1}), [](std::string& bytes) { bytes[3] ^= 4; });
    damage(Table::Bodies, keys::body(added.email, 0), [](std::string& bytes) { bytes[9] ^= 4; });
}

}  // namespace
}  // namespace rook::mailbox
