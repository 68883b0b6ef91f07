// A change's way: pending and visible, failed commits, restarts, the Hub, several threads.
#include <atomic>
#include <future>
#include <set>
#include <thread>

#include "mailbox/delivery.h"
#include "mailbox/keys.h"
#include "mailbox/test_support.h"

namespace rook::mailbox {
namespace {

Error broken_disk() { return fail(Why::Io, "The server's disk failed", "test").error(); }

class CommitTest : public MailboxTest {
protected:
    // Runs in a thread while the store holds its batches; waits until its batch is queued.
    template <class Verb>
    auto begin(Verb verb) {
        const auto before = store_->waiting();
        auto running = std::async(std::launch::async, std::move(verb));
        while (store_->waiting() == before) std::this_thread::yield();
        return running;
    }
};

TEST_F(CommitTest, NothingIsSeenBeforeItIsDurable) {
    add(inbox_);
    auto view = select(inbox_);
    store_->hold();
    auto adding = begin([&] { return add(inbox_); });
    auto flagging = begin([&] { return set(inbox_, uids(1, 2), kSeen); });
    auto expunging = begin([&] { return account_->expunge(inbox_, uids(1), Account::Which::All); });
    EXPECT_EQ(store_->waiting(), 3u) << "each built on what the others queued";
    EXPECT_FALSE(view->has_news());
    EXPECT_EQ(text(*view), "1:1");
    EXPECT_EQ(account_->find(inbox_)->messages, 1u);
    EXPECT_EQ(account_->find(inbox_)->unseen, 1u);
    EXPECT_EQ(text(*select(inbox_)), "1:1");

    ASSERT_TRUE(store_->release_one());
    EXPECT_EQ(adding.get().uid, Uid{2});
    EXPECT_EQ(text(*select(inbox_)), "1:1 2:2");
    ASSERT_TRUE(store_->release_one());
    EXPECT_EQ(flagging.get()->entries.size(), 2u);
    EXPECT_EQ(text(*select(inbox_)), "1:1S 2:2S");
    store_->release();
    EXPECT_EQ(expunging.get()->to_text(), "1");
    EXPECT_EQ(text(view->news(Tell::Everything)), "EXISTS 2/2, FLAGS 1, FLAGS 2, EXPUNGE 1");
}

TEST_F(CommitTest, AVerbThatFindsNothingToDoWaitsForWhoDidIt) {
    add(inbox_);
    store_->hold();
    auto first = begin([&] { return set(inbox_, uids(1), kSeen); });
    auto second = std::async(std::launch::async, [&] { return set(inbox_, uids(1), kSeen); });
    EXPECT_EQ(second.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout)
        << "it would promise a flag that is not on the disk";
    store_->release();
    EXPECT_TRUE(first.get());
    EXPECT_TRUE(second.get());
}

TEST_F(CommitTest, AFailedCommitTakesThoseBehindItAlong) {
    add_many(inbox_, 2);
    auto view = select(inbox_);
    store_->hold();
    store_->fail_next(broken_disk());
    auto first = begin([&] { return try_add(inbox_, mail("lost")); });
    auto second = begin([&] { return set(inbox_, uids(3), kSeen); });
    store_->release();
    EXPECT_EQ(first.get().error().why, Why::Io);
    EXPECT_FALSE(second.get()) << "it was built on what failed";
    EXPECT_EQ(account_->find(inbox_)->messages, 2u);
    EXPECT_EQ(text(*view), "1:1 2:2");
    EXPECT_FALSE(view->has_news()) << "the mailbox is as the view knows it";

    EXPECT_EQ(add(inbox_).uid, Uid{3});
    EXPECT_EQ(text(view->news(Tell::Everything)), "EXISTS 3/3");
    check();
}

TEST_F(CommitTest, ALongVerbBuildsOnWhileItsLastIsWritten) {
    constexpr std::uint32_t kThreeTransactions = 4500;
    add_many(inbox_, kThreeTransactions);
    const auto expunge = [&] {
        return account_->expunge(inbox_, std::nullopt, Account::Which::All);
    };
    store_->hold();
    store_->fail_next(broken_disk());
    auto failing = begin(expunge);
    while (store_->waiting() < 2) std::this_thread::yield();
    EXPECT_EQ(failing.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);
    EXPECT_EQ(store_->waiting(), 2u) << "one is written, one is built";
    store_->release();
    EXPECT_EQ(failing.get().error().why, Why::Io);
    EXPECT_EQ(account_->find(inbox_)->messages, kThreeTransactions);
    check();

    store_->hold();
    auto expunging = begin(expunge);
    while (store_->waiting() < 2) std::this_thread::yield();
    ASSERT_TRUE(store_->release_one());
    while (store_->waiting() < 2) std::this_thread::yield();
    ASSERT_TRUE(store_->release_one());
    EXPECT_EQ(expunging.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout)
        << "the last is not durable yet";
    store_->release();
    EXPECT_EQ(expunging.get()->count(), kThreeTransactions);
    EXPECT_EQ(account_->find(inbox_)->messages, 0u);
    check();
}

TEST_F(CommitTest, AFailureAtEachPlaceLeavesWhatWasThere) {
    const auto box = *account_->create("Work");
    add_many(inbox_, 70);
    const std::pair<const char*, std::function<bool()>> verbs[] = {
        {"add", [&] { return try_add(inbox_, mail("x")).has_value(); }},
        {"flags", [&] { return set(inbox_, uids(1, 70), kFlagged).has_value(); }},
        {"expunge",
         [&] { return account_->expunge(inbox_, uids(1), Account::Which::All).has_value(); }},
        {"copy", [&] { return account_->copy(inbox_, uids(2, 69), box).has_value(); }},
        {"move", [&] { return account_->move(inbox_, uids(2, 69), box).has_value(); }},
        {"create", [&] { return account_->create("A/B").has_value(); }},
        {"rename", [&] { return account_->rename("Work", "Play").has_value(); }},
        {"subscribe", [&] { return account_->subscribe("New", true).has_value(); }},
        {"remove", [&] { return account_->remove("Sent").has_value(); }},
    };
    for (auto& [name, verb] : verbs) {
        store_->fail_next(broken_disk());
        EXPECT_FALSE(verb()) << name;
        EXPECT_EQ(account_->find(inbox_)->messages, 70u) << name;
        EXPECT_EQ(account_->find(box)->name, "Work") << name;
        EXPECT_EQ(account_->find(box)->messages, 0u) << name;
        EXPECT_EQ(account_->find("A"), std::nullopt) << name;
        EXPECT_TRUE(account_->find("Sent")) << name;
        EXPECT_EQ(account_->subscriptions().size(), 6u) << name;
        check();
    }
    for (auto& [name, verb] : verbs) {
        EXPECT_TRUE(verb()) << name << ", once the disk is well again";
        check();
    }
}

TEST_F(CommitTest, RestartFindsEverything) {
    const auto added = *try_add(inbox_, mail("subject"), {kFlagged, {"Keep"}});
    const auto before = *account_->find(inbox_);
    restart();
    const auto after = *account_->find(inbox_);
    EXPECT_EQ(after.uidvalidity, before.uidvalidity);
    EXPECT_EQ(after.uidnext, before.uidnext);
    EXPECT_EQ(after.highest_modseq, before.highest_modseq);
    EXPECT_EQ(*after.keyword_names, *before.keyword_names);
    EXPECT_EQ(text(*select(inbox_)), "1:1F");
    EXPECT_EQ(account_->summary(added.email)->view.subject(), "subject");
    EXPECT_EQ(account_->body(added.email).value()->read(0, 6).value(), "From: ");
    EXPECT_EQ(add(inbox_).uid, Uid{2});
}

TEST_F(CommitTest, SelectReadsNoPages) {
    add_many(inbox_, 300);
    restart();
    {
        auto first = select(inbox_);
    }
    const auto reads = store_->reads();
    auto view = select(inbox_);
    EXPECT_EQ(store_->reads(), reads);
    EXPECT_EQ(view->count(), 300u);
    EXPECT_EQ(*view->uid(Seq{290}), Uid{290});
    EXPECT_EQ(store_->reads(), reads + 1) << "one page";
    const auto commits = store_->commits();
    ASSERT_TRUE(set(inbox_, uids(1, 300), kSeen));
    EXPECT_EQ(store_->commits(), commits + 1) << "a few pages are one transaction";
}

struct Collector final : Listener {
    void changed(AccountId, std::span<const Change> changes) override {
        for (auto& change : changes) {
            if (auto* added = std::get_if<Added>(&change))
                said += "added " + std::to_string(added->entries.size());
            if (auto* flagged = std::get_if<Flagged>(&change))
                said += "flagged by " + std::to_string(flagged->origin);
            if (auto* expunged = std::get_if<Expunged>(&change))
                said += "expunged " + expunged->uids.to_text();
            if (auto* box = std::get_if<MailboxChanged>(&change))
                said += box->is_gone ? "gone" : "changed";
            said += "; ";
        }
    }
    std::string said;
};

TEST_F(CommitTest, TheHubTellsWhoListens) {
    Collector all;
    {
        auto subscription = accounts_->hub().subscribe(id_, all);
        const auto box = *account_->create("Work");
        add(inbox_);
        ASSERT_TRUE(set(inbox_, uids(1), kSeen, 7));
        ASSERT_TRUE(account_->move(inbox_, uids(1), box));
        ASSERT_TRUE(account_->remove("Work"));
        ASSERT_TRUE(account_->subscribe("Other", true));
    }
    add(inbox_);
    EXPECT_EQ(all.said, "changed; added 1; flagged by 7; expunged 1; added 1; gone; changed; ");
}

TEST_F(CommitTest, CopiesOfOneDeliveryWaitTogether) {
    std::vector<Delivery::Recipient> recipients{{"a@example.test", {id_}}};
    for (int i = 0; i < 40; ++i) {
        directory::Account account;
        account.address = "a" + std::to_string(i) + "@example.test";
        auto made = accounts_->create(account);
        ASSERT_TRUE(made);
        recipients.push_back({account.address, {*made}});
    }
    Delivery delivery(*accounts_, clock_, {"b@example.test", ""}, recipients);
    delivery.begin(0);
    ASSERT_TRUE(delivery.write(mail("to many")));
    ASSERT_TRUE(delivery.finish());
    store_->hold();
    auto first = std::async(std::launch::async, [&] { return delivery.commit_next(); });
    while (store_->waiting() < 32) std::this_thread::yield();
    EXPECT_EQ(store_->waiting(), 32u) << "and no more, each keeps its bytes";
    store_->release();
    EXPECT_TRUE(first.get());
    delivery.commit();
    for (std::size_t i = 0; i < recipients.size(); ++i) {
        EXPECT_TRUE(delivery.fate(i));
        auto account = accounts_->open(recipients[i].accounts[0]).value();
        EXPECT_EQ(account->find("INBOX")->messages, 1u) << recipients[i].address;
    }
}

TEST_F(CommitTest, AnAddThatNobodyWaitsForIsStoredWithItsBody) {
    const auto bytes = mail("large", {}, std::string(600 * 1024, 'x'));
    const Target target{inbox_, {}};
    auto large = staged(bytes);
    store_->hold();
    auto adding = account_->begin_add(std::move(large), std::span(&target, 1), std::nullopt);
    ASSERT_TRUE(adding);
    adding->reset();
    store_->release();
    auto view = select(inbox_);
    ASSERT_EQ(text(*view), "1:1");
    EmailId email;
    ASSERT_TRUE(view->walk(uids(1), [&](const View::Item& item) {
        email = item.entry.email;
        return true;
    }));
    auto body = account_->body(email);
    ASSERT_TRUE(body);
    EXPECT_EQ((*body)->read(0, bytes.size()).value(), bytes);
}

TEST_F(CommitTest, AFullDiskRefusesMailAndLetsExpungesThrough) {
    add_many(inbox_, 2);
    auto half = account_->stage(0);
    store_->set_space({.free_bytes = 0, .is_short = true});
    EXPECT_EQ(account_->stage(10).error().why, Why::NoSpace);
    EXPECT_EQ(account_->copy(inbox_, uids(1), inbox_).error().why, Why::NoSpace);
    EXPECT_EQ(set(inbox_, uids(1), kSeen).error().why, Why::NoSpace);
    // What says what is to go is the first half of an expunge.
    EXPECT_TRUE(set(inbox_, uids(1), kDeleted));
    EXPECT_EQ(account_->expunge(inbox_, uids(1), Account::Which::OnlyDeleted)->to_text(), "1");
    store_->set_space({.free_bytes = 1 << 30, .is_short = false});
    EXPECT_TRUE(set(inbox_, uids(2), kSeen));
}

// Several sessions at once on one account, for TSan, and for what only shows with a committer of
// its own.
class ThreadsTest : public MailboxTest {
protected:
    ThreadsTest() : MailboxTest(store::MemoryStore::Answering::OnOwnThread) {
        limits_.view_queue = 200;
        restart();
    }
};

TEST_F(ThreadsTest, ManySessionsOnOneMailbox) {
    constexpr int kThreads = 6, kRounds = 150;
    const auto other = *account_->create("Other");
    add_many(inbox_, 20);
    std::atomic<int> wakes{0};
    auto session = [&](int who) {
        auto random = make_seeded_random(static_cast<std::uint64_t>(who) + 1);
        auto view = account_->select(inbox_, Account::Access::ReadWrite, [&] { ++wakes; });
        ASSERT_TRUE(view);
        std::vector<std::uint32_t> list;  // uids, 0 for those not asked for
        list.resize((*view)->count());
        for (int round = 0; round < kRounds; ++round) {
            const auto some = uids(static_cast<std::uint32_t>(random->below(100) + 1),
                                   static_cast<std::uint32_t>(random->below(100) + 1));
            switch (random->below(6)) {
                case 0:
                case 1:
                    EXPECT_TRUE(try_add(inbox_, mail("x")));
                    break;
                case 2:
                    EXPECT_TRUE(set(inbox_, some, kSeen, (*view)->origin()));
                    break;
                case 3:
                    EXPECT_TRUE(
                        account_->expunge(inbox_, uids(some.first().v), Account::Which::All));
                    break;
                case 4:
                    EXPECT_TRUE(account_->copy(inbox_, uids(some.first().v), other));
                    break;
                default:
                    break;
            }
            for (auto& one : (*view)->news(Tell::Everything)) {
                if (auto* exists = std::get_if<Exists>(&one)) {
                    ASSERT_GE(exists->count, list.size());
                    list.resize(exists->count);
                } else if (auto* gone = std::get_if<Vanished>(&one)) {
                    ASSERT_LE(gone->seq.v, list.size());
                    list.erase(list.begin() + (gone->seq.v - 1));
                }
            }
            ASSERT_EQ((*view)->count(), list.size());
            std::uint32_t seq = 0;
            ASSERT_TRUE((*view)->walk(uids(1, kStar), [&](const View::Item& item) {
                EXPECT_EQ(item.seq.v, ++seq);
                return true;
            }));
            ASSERT_EQ(seq, list.size()) << "whatever the others do meanwhile";
        }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) threads.emplace_back(session, i);
    for (auto& thread : threads) thread.join();
    EXPECT_GT(wakes, 0);
    check();
}

TEST_F(ThreadsTest, WhateverFailsWhatWasAnsweredIsThere) {
    constexpr int kThreads = 4, kRounds = 120;
    std::mutex mutex;
    std::set<std::uint32_t> promised;
    std::atomic<int> failed{0};
    auto session = [&](int who) {
        auto random = make_seeded_random(static_cast<std::uint64_t>(who) + 50);
        auto view = select(inbox_);
        for (int round = 0; round < kRounds; ++round) {
            if (random->below(10) == 0) store_->fail_next(broken_disk());
            if (auto added = try_add(inbox_, mail("x"))) {
                std::lock_guard lock(mutex);
                EXPECT_TRUE(promised.insert(added->uid.v).second) << "a UID given twice";
            } else {
                ++failed;
            }
            std::uint32_t victim = 0;
            {
                std::lock_guard lock(mutex);
                if (!promised.empty() && random->below(3) == 0) {
                    victim = *promised.begin();
                    promised.erase(victim);
                }
            }
            if (victim != 0) {
                const auto gone = account_->expunge(inbox_, uids(victim), Account::Which::All);
                std::lock_guard lock(mutex);
                if (!gone) promised.insert(victim);
            }
            for (auto& one : view->news(Tell::Everything)) {
                if (std::holds_alternative<MailboxGone>(one)) {
                    view.reset();
                    view = select(inbox_);
                    break;
                }
            }
            std::uint32_t seq = 0;
            const auto walked = view->walk(uids(1, kStar), [&](auto&) { return ++seq > 0; });
            if (walked) EXPECT_EQ(seq, view->count());
        }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) threads.emplace_back(session, i);
    for (auto& thread : threads) thread.join();
    EXPECT_GT(failed, 5);
    while (!try_add(inbox_, mail("the last"))) {
    }
    restart();
    UidSet expected;
    for (auto uid : promised) expected.add(Uid{uid});
    auto there = *select(inbox_)->existing(uids(1, kStar));
    EXPECT_EQ(there.count(), expected.count() + 1);
    for (auto uid : promised) EXPECT_TRUE(there.contains(Uid{uid})) << uid;
}

TEST_F(ThreadsTest, SelectMissesNothingAndHearsNothingTwice) {
    std::atomic<bool> is_done{false};
    std::thread deliverer([&] {
        for (int i = 0; i < 300; ++i) add(inbox_);
        is_done = true;
    });
    while (!is_done) {
        auto view = select(inbox_);
        const auto first = view->count();
        while (!view->has_news() && !is_done) std::this_thread::yield();
        const auto news = view->news(Tell::Everything);
        if (news.empty()) continue;
        EXPECT_GT(std::get<Exists>(news.back()).count, first);
        EXPECT_EQ(view->last_uid().v, view->count());
    }
    deliverer.join();
}

}  // namespace
}  // namespace rook::mailbox
