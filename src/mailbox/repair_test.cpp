// Every record of an account lost or damaged, alone and with others, and the repair cut off
// anywhere: what has its bytes and a witness is there afterwards, and nothing else.
#include "mailbox/repair.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>
#include <set>

#include "base/codec.h"
#include "mailbox/keys.h"
#include "mailbox/restore.h"
#include "mailbox/test_support.h"

namespace rook::mailbox {
namespace {

using store::Table;
using testing::HasSubstr;
using testing::IsEmpty;

using RowKey = std::pair<Table, std::string>;
using Rows = std::map<RowKey, std::string>;
constexpr Table kTables[] = {Table::Records, Table::Summaries, Table::Bodies, Table::Signatures};

Rows rows_of(const store::Store& store, AccountId id) {
    Rows all;
    for (auto table : kTables) {
        EXPECT_TRUE(store.scan(id, table, {}, {}, [&](auto key, auto value) {
            all[{table, std::string(key)}] = value;
            return true;
        }));
    }
    return all;
}

// Passes some batches on and then fails, as when the power goes.
class CutStore : public store::Store {
public:
    CutStore(store::Store& inner, std::uint64_t commits) : inner_(inner), left_(commits) {}
    Result<bool> lend(AccountId a, Table t, std::string_view k, const Take& take) const override {
        return inner_.lend(a, t, k, take);
    }
    Result<std::vector<std::optional<std::string>>> find_many(
        AccountId a, Table t, const std::vector<std::string>& keys) const override {
        return inner_.find_many(a, t, keys);
    }
    Result<> scan(AccountId a, Table t, std::string_view from, std::string_view to,
                  const Each& each) const override {
        return inner_.scan(a, t, from, to, each);
    }
    Result<std::vector<AccountId>> accounts() const override { return inner_.accounts(); }
    void submit(AccountId a, store::Batch batch, store::Committed done) override {
        if (left_ == 0) return done(fail(Why::Io, "The power is gone"));
        --left_;
        inner_.submit(a, std::move(batch), std::move(done));
    }
    store::Space space() const override { return inner_.space(); }
    void close() override {}

private:
    store::Store& inner_;
    std::uint64_t left_;
};

// A file of bodies whose end is gone: a walk still shows what is in it, a reader gets an error.
class HidingStore final : public CutStore {
public:
    HidingStore(store::Store& inner, std::string key)
        : CutStore(inner, ~0ull), key_(std::move(key)) {}
    Result<bool> lend(AccountId a, Table t, std::string_view k, const Take& take) const override {
        if (k == key_) return fail(Why::Corrupt, "Stored data is damaged", "footer");
        return CutStore::lend(a, t, k, take);
    }
    void submit(AccountId a, store::Batch batch, store::Committed done) override {
        for (auto& change : batch.changes()) {
            if (change.key == key_) key_.clear();
        }
        CutStore::submit(a, std::move(batch), std::move(done));
    }

private:
    std::string key_;
};

// A message in a mailbox.
struct Shown {
    std::uint64_t mailbox = 0;
    std::uint32_t uidvalidity = 0;
    Entry entry;
    std::set<std::string> keywords;
    std::string bytes;
};

using Places = std::map<std::pair<std::uint64_t, Uid>, Shown>;

class RepairTest : public MailboxTest {
protected:
    // An account that came from another, so that some of its emails are the other's.
    RepairTest() {
        const auto work = account_->create("Work").value();
        add_many(inbox_, 66);
        EXPECT_TRUE(account_->copy(inbox_, uids(2, 4), work));
        move_to_another_account();
        const auto work_again = account_->find("Work")->id;
        early_ = rows_of(*store_, id_);
        EXPECT_TRUE(try_add(work_again, mail("large", {}, std::string(150'000, 'x')), {kFlagged}));
        EXPECT_TRUE(try_add(work_again, mail("subject of it"), {kSeen, {"$urgent", "$later"}}));
        EXPECT_TRUE(try_add(inbox_, mail("kept"), {kAnswered, {"$mine"}}));
        EXPECT_TRUE(account_->move(inbox_, uids(8, 9), work_again));
        EXPECT_TRUE(account_->copy(work_again, uids(1, 2), inbox_));
        EXPECT_TRUE(set(inbox_, uids(20, 23), kDeleted | kSeen));
        EXPECT_TRUE(account_->expunge(inbox_, uids(20, 22)));
        expunge_many();
        const auto old = account_->create("Old").value();
        EXPECT_TRUE(account_->copy(inbox_, uids(30), old));
        EXPECT_TRUE(account_->remove("Old"));
        for (auto& box : account_->mailboxes()) uidnext_[box.uidvalidity] = box.uidnext;
        modseq_ = account_->find("INBOX")->highest_modseq;
        rows_ = rows_of(*store_, id_);
        for (auto& one : shown(*account_)) before_[{one.mailbox, one.entry.uid}] = one;
    }

    // The tidier has still to tell their emails: copies, and one message that nobody else has.
    void expunge_many() {
        many_ = account_->create("Many").value();
        only_there_ = add(many_).email;
        EXPECT_TRUE(account_->copy(inbox_, uids(1, kStar), many_));
        EXPECT_EQ(account_->expunge(many_, std::nullopt, Account::Which::All)->count(), 65u);
    }
    // Whether nothing is left that says so.
    bool are_many_forgotten(const std::set<RowKey>& lost) const {
        const auto has = [&](const std::string& from, const std::string& to) {
            const auto found = lost.lower_bound({Table::Records, from});
            return found != lost.end() && *found < RowKey(Table::Records, to);
        };
        const auto doomed = rows_.lower_bound({Table::Records, std::string(1, keys::kDoomed)});
        const auto n = Reader(std::string_view(doomed->first.second).substr(1)).u64();
        const bool is_list_lost =
            lost.contains(doomed->first) || has(keys::page(n, Uid{0}), keys::page(n + 1, Uid{0}));
        return is_list_lost &&
               has(keys::expunged(many_.n, ModSeq{0}), keys::expunged(many_.n + 1, ModSeq{0}));
    }

    void move_to_another_account() {
        RestoreWish wish;
        wish.account = *directory_.find(id_).value();
        wish.account.address = "b@example.test";
        auto restoring = accounts_->begin_restore(std::move(wish));
        for (auto& [key, value] : rows_of(*store_, id_)) {
            EXPECT_TRUE((*restoring)->take(key.first, key.second, value));
        }
        const auto first = std::exchange(id_, (*restoring)->finish().value());
        account_.reset();
        EXPECT_TRUE(accounts_->remove(first));
        open();
    }

    std::vector<Shown> shown(Account& account) {
        std::vector<Shown> all;
        for (auto& box : account.mailboxes()) {
            auto view = account.select(box.id, Account::Access::ReadOnly, {});
            if (!view) {
                ADD_FAILURE() << view.error().detail;
                continue;
            }
            EXPECT_TRUE((*view)->walk(uids(1, kStar), [&](const View::Item& item) {
                all.push_back({box.id.n, box.uidvalidity, item.entry, {}, {}});
                for (std::size_t i = 0; i < kMaxKeywords; ++i) {
                    if (item.entry.keywords >> i & 1)
                        all.back().keywords.insert(box.keyword_names->at(i));
                }
                return true;
            }));
        }
        for (auto& one : all) {
            auto body = account.body(one.entry.email);
            auto bytes = body ? (*body)->read(0, 1 << 20) : std::unexpected(body.error());
            EXPECT_TRUE(bytes && account.summary(one.entry.email) &&
                        account.thread(one.entry.email));
            if (bytes) one.bytes = *bytes;
        }
        return all;
    }

    void put_back(const Rows& rows) {
        account_.reset();
        accounts_.reset();
        store_ = store::make_memory_store();
        store::Batch batch;
        for (auto& [key, value] : rows) batch.put(key.first, key.second, value);
        ASSERT_TRUE(store_->commit(id_, std::move(batch)));
        start();
    }
    CheckReport repair() {
        auto report = accounts_->check(Accounts::Then::Repair);
        EXPECT_TRUE(report) << report.error().detail;
        return report ? *report : CheckReport();
    }
    static std::string said(const std::vector<CheckProblem>& problems) {
        std::string all;
        for (auto& one : problems) all += one.what + "\n";
        return all;
    }

    // Of the account as it was, with these rows lost.
    void expect_mended(const std::set<RowKey>& lost) {
        open();
        Places after;
        std::map<EmailId, std::size_t> times, wanted;
        for (auto& one : shown(*account_)) {
            after[{one.mailbox, one.entry.uid}] = one;
            ++times[one.entry.email];
            expect_same_message(one);
        }
        std::set<EmailId> unseen;
        for (auto& [place, one] : before_) {
            const auto email = one.entry.email;
            const bool is_whole = has_body(email, lost);
            const bool is_wanted =
                is_whole && (!lost.contains({Table::Records, page_key(one)}) ||
                             !lost.contains({Table::Records, keys::email(email)}));
            const auto found = after.find(place);
            EXPECT_EQ(found != after.end() && found->second.entry.email == email, is_wanted)
                << place.first << " " << place.second.v;
            wanted[email] += is_wanted ? 1 : 0;
            if (!is_wanted && is_whole) unseen.insert(email);
        }
        for (auto email : unseen) wanted[email] = std::max<std::size_t>(wanted[email], 1);
        const bool is_more = are_many_forgotten(lost);
        for (auto& [email, count] : wanted) {
            EXPECT_TRUE(times[email] == count || (is_more && times[email] > count))
                << to_text(email) << " " << times[email] << " " << count;
        }
        for (auto& [email, count] : times) {
            if (wanted.contains(email)) continue;
            EXPECT_TRUE(is_forgotten(email, lost)) << "expunged: " << to_text(email);
        }
        expect_flags(after, lost);
    }
    void expect_flags(const Places& after, const std::set<RowKey>& lost) {
        for (auto& [place, one] : before_) {
            const auto found = after.find(place);
            if (found == after.end() || lost.contains({Table::Records, page_key(one)})) continue;
            EXPECT_EQ(found->second.entry.flags, one.entry.flags);
            EXPECT_EQ(found->second.entry.received, one.entry.received);
            if (lost.contains({Table::Records, keys::properties(one.mailbox)})) continue;
            EXPECT_EQ(found->second.keywords, one.keywords);
        }
    }
    void expect_same_message(const Shown& one) {
        for (auto& [place, was] : before_) {
            if (was.uidvalidity == one.uidvalidity && was.entry.uid == one.entry.uid)
                EXPECT_EQ(was.entry.email, one.entry.email);
            if (was.entry.email == one.entry.email) EXPECT_EQ(was.bytes == one.bytes, true);
        }
    }
    // Clients that knew the account get all of it anew, and nothing under a number that they know.
    void expect_moved_on() {
        for (auto& box : account_->mailboxes()) {
            EXPECT_GT(box.highest_modseq, modseq_);
            EXPECT_EQ(account_->expunged_since(box.id, modseq_).value(), std::nullopt);
            if (uidnext_.contains(box.uidvalidity)) {
                EXPECT_GT(box.uidnext, uidnext_[box.uidvalidity]) << box.name;
            }
        }
        for (auto& one : shown(*account_)) EXPECT_GT(one.entry.modseq, modseq_);
        const auto added = add(account_->find("INBOX")->id);
        EXPECT_FALSE(rows_.contains({Table::Bodies, keys::body(added.email, 0)}));
    }
    static bool has_body(EmailId email, const std::set<RowKey>& lost) {
        for (std::uint32_t i = 0; i < 3; ++i) {
            if (lost.contains({Table::Bodies, keys::body(email, i)})) return false;
        }
        return true;
    }
    // Neither its record nor the free list says that it was expunged.
    bool is_forgotten(EmailId email, const std::set<RowKey>& lost) const {
        // Others may have had it: where its record is lost it comes back.
        if (email == only_there_) {
            return lost.contains({Table::Records, keys::email(email)}) || are_many_forgotten(lost);
        }
        const auto free = std::ranges::any_of(lost, [&](auto& row) {
            return row.second[0] == keys::kFree &&
                   row.second.ends_with(keys::email(email).substr(1));
        });
        return free && lost.contains({Table::Records, keys::email(email)});
    }
    std::string page_key(const Shown& one) const {
        const auto after =
            rows_.upper_bound({Table::Records, keys::page(one.mailbox, one.entry.uid)});
        return std::prev(after)->first.second;
    }

    void expect_repaired(const Rows& damaged, const std::set<RowKey>& lost) {
        put_back(damaged);
        const bool is_damaged = !accounts_->check()->problems.empty();
        const auto report = repair();
        EXPECT_EQ(said(report.problems), "");
        EXPECT_EQ(!report.repaired.empty(), is_damaged);
        if (!is_damaged) EXPECT_EQ(rows_of(*store_, id_), damaged) << "not one write";
        expect_mended(lost);
        if (is_damaged) expect_moved_on();
    }

    Rows early_, rows_;  // some time ago, and now
    Places before_;
    std::map<std::uint32_t, Uid> uidnext_;
    ModSeq modseq_;
    MailboxId many_;
    EmailId only_there_;
};

TEST_F(RepairTest, AWholeAccountIsNotTouched) { expect_repaired(rows_, {}); }

TEST_F(RepairTest, AnyRecordIsMissing) {
    for (auto& [key, value] : rows_) {
        SCOPED_TRACE(keys::to_text(key.second));
        auto damaged = rows_;
        damaged.erase(key);
        expect_repaired(damaged, {key});
        if (HasFailure()) return;
    }
}

TEST_F(RepairTest, AnyRecordIsDamaged) {
    for (auto& [key, value] : rows_) {
        SCOPED_TRACE(keys::to_text(key.second));
        auto damaged = rows_;
        damaged[key][value.size() / 2] ^= 4;
        expect_repaired(damaged, {key});
        if (HasFailure()) return;
    }
}

// Several at once, and the power goes while they are mended: twice, then it stays.
TEST_F(RepairTest, ManyDamagesAndPowerCuts) {
    std::mt19937_64 dice(1);
    std::vector<RowKey> keys;
    for (auto& [key, value] : rows_) keys.push_back(key);
    for (int round = 0; round < 1000; ++round) {
        SCOPED_TRACE(round);
        auto damaged = rows_;
        std::set<RowKey> lost;
        for (auto n = 2 + dice() % 5; n > 0; --n) lost.insert(keys[dice() % keys.size()]);
        for (auto& key : lost) {
            if (dice() % 2 == 0) {
                damaged.erase(key);
            } else {
                damaged[key][dice() % damaged[key].size()] ^= 1 << dice() % 8;
            }
        }
        put_back(damaged);
        if (!accounts_->check()->problems.empty()) {
            for (int i = 0; i < 2; ++i) {
                CutStore cut(*store_, dice() % 100);
                (void)repair_account(cut, id_, clock_.seconds(), dice() % 300);
            }
        }
        EXPECT_EQ(said(repair().problems), "");
        expect_mended(lost);
        if (HasFailure()) {
            for (auto& key : lost) ADD_FAILURE() << keys::to_text(key.second);
            return;
        }
    }
}

// After each batch there is.
TEST_F(RepairTest, PowerGoesAfterAnyBatch) {
    const auto inbox = before_.begin()->first.first;
    const std::set<RowKey> lost = {
        {Table::Records, keys::page(inbox, Uid{1})},
        {Table::Records, keys::properties(inbox)},
        {Table::Bodies, keys::body(before_.begin()->second.entry.email, 0)},
        {Table::Records, keys::account()}};
    auto damaged = rows_;
    for (auto& key : lost) damaged.erase(key);
    for (std::uint64_t commits = 0;; ++commits) {
        SCOPED_TRACE(commits);
        put_back(damaged);
        CutStore cut(*store_, commits);
        const bool is_through = repair_account(cut, id_, clock_.seconds(), 1).has_value();
        EXPECT_EQ(repair().repaired.empty(), is_through);
        EXPECT_EQ(said(accounts_->check()->problems), "");
        expect_mended(lost);
        if (HasFailure()) return;
        if (!is_through) continue;
        EXPECT_GT(commits, 30u);
        expect_moved_on();
        return;
    }
}

// As where the newest block of several is lost, and the one before it is what is left.
TEST_F(RepairTest, RecordsOfAnEarlierTime) {
    std::mt19937_64 dice(2);
    std::vector<RowKey> keys;
    for (auto& [key, value] : early_) {
        const auto now = rows_.find(key);
        if (now == rows_.end() || now->second != value) keys.push_back(key);
    }
    ASSERT_GT(keys.size(), 10u);
    for (int round = 0; round < 300; ++round) {
        SCOPED_TRACE(round);
        auto damaged = rows_;
        std::set<RowKey> lost;
        for (auto n = 1 + dice() % 4; n > 0; --n) lost.insert(keys[dice() % keys.size()]);
        for (auto& key : lost) damaged[key] = early_[key];
        put_back(damaged);
        EXPECT_EQ(said(repair().problems), "");
        open();
        Places after;
        for (auto& one : shown(*account_)) {
            expect_same_message(one);
            EXPECT_TRUE(before_.contains({one.mailbox, one.entry.uid})) << one.entry.uid.v;
            after[{one.mailbox, one.entry.uid}] = one;
        }
        for (auto& [place, one] : before_) {
            const bool is_known = !lost.contains({Table::Records, page_key(one)}) ||
                                  !lost.contains({Table::Records, keys::email(one.entry.email)});
            if (is_known) EXPECT_TRUE(after.contains(place)) << place.second.v;
        }
        expect_flags(after, lost);
        if (HasFailure()) {
            for (auto& key : lost) ADD_FAILURE() << keys::to_text(key.second);
            return;
        }
    }
}

TEST_F(RepairTest, WhatItSays) {
    const auto lose = [&](std::vector<std::string> lost) {
        auto damaged = rows_;
        for (auto& key : lost) damaged.erase({Table::Records, key});
        for (auto& key : lost) damaged.erase({Table::Bodies, key});
        put_back(damaged);
        return said(repair().repaired);
    };
    const auto find = [&](std::string_view bytes) {
        for (auto& [place, one] : before_) {
            if (one.bytes.contains(bytes)) return one;
        }
        return Shown();
    };
    const auto one = find("subject of it");
    const auto uid = std::to_string(one.entry.uid.v), box = "mailbox Work: uid " + uid + ": ";
    EXPECT_THAT(lose({keys::body(one.entry.email, 0)}),
                HasSubstr(box + "email " + to_text(one.entry.email) +
                          " is gone: its message is damaged; its subject was: subject of it"));
    EXPECT_THAT(lose({page_key(one)}), HasSubstr(box + "came back, its flags are lost"));
    EXPECT_THAT(lose({page_key(one), keys::email(one.entry.email)}),
                HasSubstr("mailbox Recovered: uid 1: came back, no mailbox had it"));
    EXPECT_EQ(lose({keys::email(one.entry.email)}),
              "emails that are conversations of their own now: 1\n");
    const auto said = lose({keys::properties(one.mailbox)});
    EXPECT_THAT(said, HasSubstr("mailbox Recovered: its name and use were lost: made anew"));
    EXPECT_THAT(said, HasSubstr("mailbox Recovered: keywords of messages are lost"));
    EXPECT_EQ(lose({keys::counters(one.mailbox)}), "counted and listed anew; nothing is lost\n");
    const auto inbox = before_.begin()->second.mailbox;
    EXPECT_THAT(lose({keys::properties(inbox)}), HasSubstr("mailbox INBOX: its name and use"));
    EXPECT_THAT(lose({keys::account(), keys::format()}), HasSubstr("the account's own record"));
}

TEST_F(RepairTest, ABodyThatOnlyAWalkCanRead) {
    put_back(rows_);
    HidingStore hiding(*store_, keys::body(before_.begin()->second.entry.email, 0));
    accounts_ = Accounts::open(hiding, directory_, clock_, *random_, log_, limits_).value();
    EXPECT_FALSE(accounts_->check()->problems.empty());
    EXPECT_EQ(said(repair().problems), "");
    start();
    expect_mended({});
}

// Nothing is left of it but its address.
TEST_F(RepairTest, AnAccountWithoutARecord) {
    put_back({});
    const auto report = repair();
    EXPECT_THAT(said(report.repaired), HasSubstr("mailbox INBOX"));
    EXPECT_EQ(said(report.problems), "");
    open();
    EXPECT_TRUE(try_add(inbox_, mail("first")));
}

// Nothing is known of what a newer program wrote.
TEST_F(RepairTest, WhatIsNewerIsLeft) {
    auto damaged = rows_;
    const RowKey key{Table::Records, keys::counters(before_.begin()->second.mailbox)};
    damaged[key] = sealed(kValueVersion + 1, key.second, "more");
    put_back(damaged);
    const auto report = repair();
    EXPECT_THAT(said(report.repaired), HasSubstr("left as it is"));
    EXPECT_FALSE(report.problems.empty());
    EXPECT_EQ(rows_of(*store_, id_), damaged);
    put_back(rows_);
    open();
}

// A large copy that a crash ended is undone, not taken for mail that lost its index.
TEST_F(RepairTest, ACopyThatWasUnderWay) {
    put_back(rows_);
    open();
    while (account_->find("INBOX")->messages <= 4096) {
        ASSERT_TRUE(account_->copy(inbox_, uids(1, kStar), inbox_));
    }
    const auto target = account_->create("Target").value();
    CutStore cut(*store_, 2);
    const auto before = shown(*account_).size();
    account_.reset();
    accounts_ = Accounts::open(cut, directory_, clock_, *random_, log_, limits_).value();
    EXPECT_FALSE(accounts_->open(id_).value()->copy(inbox_, uids(1, kStar), target));
    start();
    EXPECT_EQ(said(accounts_->check()->problems), "");
    store::Batch batch;
    batch.erase(Table::Records, keys::counters(inbox_.n));
    ASSERT_TRUE(store_->commit(id_, std::move(batch)));
    EXPECT_EQ(said(repair().problems), "");
    open();
    EXPECT_EQ(account_->find("Target")->messages, 0u);
    EXPECT_EQ(shown(*account_).size(), before);
}

}  // namespace
}  // namespace rook::mailbox
