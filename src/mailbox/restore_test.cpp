// What comes back from a backup: the same mail, under numbers that no client takes for what it
// knew.
#include "mailbox/restore.h"

#include <gmock/gmock.h>

#include "base/codec.h"
#include "mailbox/keys.h"
#include "mailbox/stored_messages.h"
#include "mailbox/test_support.h"

namespace rook::mailbox {
namespace {

using store::Table;
using testing::ElementsAre;
using testing::IsEmpty;

struct Row {
    Table table;
    std::string key, value;
};
using Rows = std::vector<Row>;

class RestoreTest : public MailboxTest {
protected:
    RestoreTest() {
        work_ = account_->create("Work").value();
        add_many(inbox_, 70);
        add(work_, {kSeen, {"$urgent"}});
        EXPECT_TRUE(set(inbox_, uids(3), kFlagged));
        EXPECT_TRUE(set(inbox_, uids(5, 6), kDeleted));
        EXPECT_TRUE(account_->expunge(inbox_, uids(5, 6)));
    }

    Rows rows(AccountId id) {
        Rows all;
        for (auto table : {Table::Records, Table::Summaries, Table::Bodies, Table::Signatures}) {
            EXPECT_TRUE(store_->scan(id, table, {}, {}, [&](auto key, auto value) {
                all.push_back({table, std::string(key), std::string(value)});
                return true;
            }));
        }
        return all;
    }
    RestoreWish wish(const std::string& address,
                     RestoreWish::Where where = RestoreWish::Where::Add) {
        RestoreWish wish;
        wish.account = *directory_.find(id_).value();
        wish.account.address = address;
        wish.where = where;
        return wish;
    }
    Result<AccountId> restore(RestoreWish wish, const Rows& rows, std::uint64_t damaged = 0) {
        auto restoring = TRY(accounts_->begin_restore(std::move(wish)));
        for (auto& row : rows) TRY(restoring->take(row.table, row.key, row.value));
        EXPECT_EQ(restoring->damaged(), damaged);
        return restoring->finish();
    }
    void close() {
        account_.reset();
        accounts_.reset();
    }
    // The store again as it was then, as a restore of everything leaves it.
    void put_back(const Rows& then, std::uint64_t restore) {
        close();
        store::Batch batch;
        for (auto& row : rows(id_)) batch.erase(row.table, row.key);
        for (auto& row : then) batch.put(row.table, row.key, row.value);
        ASSERT_TRUE(store_->commit(id_, std::move(batch)));
        ASSERT_TRUE(move_numbers(*store_, directory_, restore, {}));
        start();
        open();
    }
    // The inbox by names, flags and emails: what must be the same.
    std::vector<std::string> picture(Account& account) {
        std::vector<std::string> all;
        for (auto& box : account.mailboxes()) {
            auto view = account.select(box.id, Account::Access::ReadOnly, {});
            EXPECT_TRUE(view);
            EXPECT_TRUE((*view)->walk(uids(1, kStar), [&](const View::Item& item) {
                auto& e = item.entry;
                all.push_back(box.name + " " + std::to_string(e.uid.v) + " " +
                              std::to_string(e.flags) + " " + std::to_string(e.keywords) + " " +
                              to_text(e.email));
                return true;
            }));
        }
        return all;
    }
    MailboxId work_;
};

// A client that was told `modseq` and `uidnext` of the inbox gets everything anew, and nothing
// under a number that it knows.
void expect_behind(Account& account, ModSeq modseq, Uid uidnext) {
    const auto inbox = *account.find("INBOX");
    EXPECT_GT(inbox.highest_modseq, modseq);
    EXPECT_GT(inbox.uidnext, uidnext);
    EXPECT_EQ(account.expunged_since(inbox.id, modseq).value(), std::nullopt);
    auto view = account.select(inbox.id, Account::Access::ReadOnly, {});
    UidSet all;
    all.add(Uid{1}, Uid{0xFFFFFFFF});
    EXPECT_TRUE((*view)->walk(all, [&](const View::Item& item) {
        EXPECT_GT(item.entry.modseq, modseq) << item.entry.uid.v;
        return true;
    }));
}

TEST_F(RestoreTest, AStoreOfYesterdayIsTakenForNothingOfToday) {
    const auto before = picture(*account_);
    const auto inbox = *account_->find("INBOX");
    const auto id = add(inbox_).email;  // of today: not in the picture, but its numbers are known
    ASSERT_TRUE(set(inbox_, uids(71), kDeleted));
    ASSERT_TRUE(account_->expunge(inbox_, uids(71)));
    close();
    std::uint64_t told = 0;
    ASSERT_TRUE(move_numbers(*store_, directory_, 1, [&](auto done, auto) { told = done; }));
    EXPECT_EQ(told, store_->accounts()->size());
    start();
    open();
    EXPECT_EQ(picture(*account_), before);
    EXPECT_EQ(account_->find("INBOX")->uidvalidity, inbox.uidvalidity);
    EXPECT_EQ(account_->find("INBOX")->uidnext.v, inbox.uidnext.v + 1 + kUidRoom);
    expect_behind(*account_, ModSeq{inbox.highest_modseq.v + 1000}, Uid{inbox.uidnext.v + 1000});
    const auto added = add(inbox_);
    EXPECT_EQ(added.uid.v, inbox.uidnext.v + 1 + kUidRoom);
    EXPECT_GT(added.email.n, id.n + kIdRoom - 1000);
    EXPECT_GE(directory_.reserve_account()->v, kAccountRoom);
    // The log of changes begins anew, and is pruned as ever.
    clock_.advance(limits_.change_log * 2);
    while (*accounts_->tidy()) {
    }
    expect_behind(*account_, ModSeq{inbox.highest_modseq.v + 1000}, Uid{inbox.uidnext.v + 1000});
}

TEST_F(RestoreTest, WhatTheTidierHasStillToDoIsDoneInTheNewAccount) {
    const auto many = account_->create("Many").value();
    EXPECT_TRUE(account_->copy(inbox_, uids(1, kStar), many));
    EXPECT_EQ(account_->expunge(many, std::nullopt, Account::Which::All)->count(), 68u);
    const auto before = picture(*account_);
    const auto yesterday = rows(id_);
    const auto doomed = [&] {
        return std::ranges::count_if(rows(id_), [](auto& row) { return row.key[0] == 'D'; });
    };
    id_ = restore(wish("b@example.test"), yesterday).value();
    open();
    EXPECT_EQ(doomed(), 1);
    check();
    while (*accounts_->tidy()) {
    }
    EXPECT_EQ(doomed(), 0);
    check();
    EXPECT_EQ(picture(*account_), before);
}

TEST_F(RestoreTest, ASecondRestoreOfOneStateIsBehindTheFirst) {
    const auto yesterday = rows(id_);
    put_back(yesterday, 1);
    add_many(inbox_, 5);
    const auto inbox = *account_->find("INBOX");
    put_back(yesterday, 2);
    expect_behind(*account_, inbox.highest_modseq, inbox.uidnext);
}

// Not every restore is of this account: it stays behind those that were counted.
TEST_F(RestoreTest, ARestoreIsBehindOneOfAnEarlierState) {
    const auto first = rows(id_);
    put_back(first, 1);
    const auto second = rows(id_);  // after restore 2, of another account
    put_back(first, 3);
    const auto inbox = *account_->find("INBOX");
    put_back(second, 4);
    expect_behind(*account_, inbox.highest_modseq, inbox.uidnext);
    EXPECT_EQ(*last_restore(*store_, directory_), 4u);
}

TEST_F(RestoreTest, ARestoreIsBehindWhatTheMailHasBeenThrough) {
    put_back(rows(id_), 5);
    const auto inbox = *account_->find("INBOX");
    EXPECT_EQ(*last_restore(*store_, id_), 5u);
    close();
    EXPECT_EQ(move_numbers(*store_, directory_, 5, {}).error().why, Why::Cannot);
    ASSERT_TRUE(move_numbers(*store_, directory_, 6, {}));
    start();
    open();
    expect_behind(*account_, inbox.highest_modseq, inbox.uidnext);
}

TEST_F(RestoreTest, AnAccountComesBackBesideItself) {
    const auto made = restore(wish("b@example.test"), rows(id_));
    ASSERT_TRUE(made) << made.error().said;
    auto other = accounts_->open(*made).value();
    EXPECT_EQ(picture(*other), picture(*account_));
    EXPECT_EQ(other->quota().bytes, account_->quota().bytes);
    EXPECT_EQ(other->subscriptions(), account_->subscriptions());
    const auto email = account_->select(work_, Account::Access::ReadOnly, {});
    ASSERT_TRUE(email);
    // Its mail is its own: what goes here stays there.
    ASSERT_TRUE(account_->remove("Work"));
    EXPECT_TRUE(other->find("Work"));
    EXPECT_EQ(restore(wish("b@example.test"), rows(id_)).error().why, Why::Exists);
}

TEST_F(RestoreTest, AnAccountComesBackInItsOwnPlace) {
    const auto before = picture(*account_);
    const auto yesterday = rows(id_);
    add_many(inbox_, 7);
    ASSERT_TRUE(set(inbox_, uids(1, 10), kSeen));
    ASSERT_TRUE(account_->create("New"));
    const auto inbox = *account_->find("INBOX");
    const auto old_id = id_;
    const auto old = account_;
    auto view = select(inbox_);
    const auto replace = RestoreWish::Where::Replace;
    EXPECT_EQ(restore(wish("x@example.test", replace), yesterday).error().why, Why::NotFound);
    const auto made = restore(wish("a@example.test", replace), yesterday);
    ASSERT_TRUE(made) << made.error().said;
    // Who had it open is told; nothing of it is left.
    EXPECT_FALSE(old->create("Newer"));
    EXPECT_THAT(rows(old_id), IsEmpty());
    view.reset();
    id_ = *made;
    open();
    EXPECT_EQ(picture(*account_), before);
    EXPECT_EQ(account_->find("INBOX")->uidvalidity, inbox.uidvalidity);
    expect_behind(*account_, inbox.highest_modseq, inbox.uidnext);
    EXPECT_EQ(directory_.find("a@example.test").value()->id, *made);
}

TEST_F(RestoreTest, WhatIsNotFinishedLeavesNothing) {
    const auto all = rows(id_);
    AccountId made;
    {
        auto restoring = accounts_->begin_restore(wish("b@example.test"));
        ASSERT_TRUE(restoring);
        for (auto& row : all) ASSERT_TRUE((*restoring)->take(row.table, row.key, row.value));
        // Not swept while it is made, nor reported.
        ASSERT_TRUE(accounts_->tidy());
        EXPECT_THAT(accounts_->check()->problems, IsEmpty());
        EXPECT_EQ(store_->accounts()->size(), 2u);
    }
    EXPECT_THAT(*store_->accounts(), ElementsAre(id_));
    // Nor does a crash.
    auto restoring = accounts_->begin_restore(wish("b@example.test"));
    for (auto& row : all) ASSERT_TRUE((*restoring)->take(row.table, row.key, row.value));
    made = store_->accounts()->back();
    Rows left = rows(made);
    restoring->reset();
    for (auto& row : left) {
        store::Batch batch;
        batch.put(row.table, row.key, row.value);
        ASSERT_TRUE(store_->commit(made, std::move(batch)));
    }
    restart();
    ASSERT_TRUE(accounts_->tidy());
    EXPECT_THAT(*store_->accounts(), ElementsAre(id_));
}

TEST_F(RestoreTest, DamageComesAlongAndIsCounted) {
    auto all = rows(id_);
    auto body = std::ranges::find(all, Table::Bodies, &Row::table);
    auto page = std::ranges::find(all, keys::page(work_.n, Uid{1}), &Row::key);
    ASSERT_TRUE(body != all.end() && page != all.end());
    body->value.back() ^= 1;
    page->value.back() ^= 1;
    const auto made = restore(wish("b@example.test"), all, 2);
    ASSERT_TRUE(made);
    EXPECT_FALSE(accounts_->check()->problems.empty());
    ASSERT_TRUE(accounts_->remove(*made));
}

TEST_F(RestoreTest, WhatIsNoAccountIsRefused) {
    const auto all = rows(id_);
    const std::pair<const char*, std::function<bool(const Row&)>> left_out[] = {
        {"account", [](auto& row) { return row.key == keys::account(); }},
        {"format", [](auto& row) { return row.key == keys::format(); }},
    };
    for (auto& [name, is_out] : left_out) {
        Rows rest;
        for (auto& row : all) {
            if (!is_out(row)) rest.push_back(row);
        }
        EXPECT_EQ(restore(wish("b@example.test"), rest).error().why, Why::Corrupt) << name;
    }
    auto often = wish("b@example.test");
    often.restore = kMostRestores + 1;
    EXPECT_EQ(restore(often, all).error().why, Why::Limit);
    auto bad = all;
    bad[0].value[2] ^= 1;
    auto restoring = accounts_->begin_restore(wish("b@example.test")).value();
    EXPECT_FALSE(restoring->take(Table::Records, "", "x"));
    EXPECT_FALSE(restoring->take(Table::Bodies, "B", std::string(store::kMaxValue + 1, 'x')));
    EXPECT_FALSE(restoring->finish());
}

TEST_F(RestoreTest, MessagesAreFoundByAnyOfTheirNames) {
    const auto named =
        try_add(inbox_, mail("named", "Message-ID: <one@example.test>\r\n"), {kSeen, {"$later"}});
    ASSERT_TRUE(named);
    ASSERT_TRUE(account_->copy(inbox_, uids(named->uid.v), work_));
    auto found = [&](MessageWish wish) {
        std::vector<std::string> all;
        for (auto& one : find_messages(*store_, id_, wish).value()) {
            all.push_back(one.mailbox + " " + std::to_string(one.entry.uid.v) + " " +
                          std::to_string(one.entry.flags) +
                          (one.keywords.empty() ? "" : " " + one.keywords.back()));
        }
        return all;
    };
    const auto uid = std::to_string(named->uid.v);
    const auto here = "INBOX " + uid + " 1 $later";
    MessageWish wish;
    wish.message_id = "one@example.test";
    EXPECT_THAT(found(wish), ElementsAre(here, "Work 2 1 $later"));
    wish.mailbox = "Work";
    EXPECT_THAT(found(wish), ElementsAre("Work 2 1 $later"));
    wish.message_id = "two@example.test";
    EXPECT_THAT(found(wish), IsEmpty());
    EXPECT_THAT(found({.mailbox = "Work", .uid = Uid{1}, .email = {}, .message_id = {}}),
                ElementsAre("Work 1 1 $urgent"));
    EXPECT_THAT(found({.mailbox = {}, .uid = {}, .email = named->email, .message_id = {}}).size(),
                2u);
    EXPECT_THAT(found({.mailbox = "None", .uid = Uid{1}, .email = {}, .message_id = {}}),
                IsEmpty());
}

}  // namespace
}  // namespace rook::mailbox
