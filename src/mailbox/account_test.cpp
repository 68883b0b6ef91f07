// An account's verbs: names, arrivals, flags, copies, moves, expunges, quota, threads, reading.
#include "mailbox/account.h"

#include "mailbox/keys.h"
#include "mailbox/test_support.h"

namespace rook::mailbox {
namespace {

using store::Table;

class AccountTest : public MailboxTest {
protected:
    std::string names() {
        std::string out;
        for (auto& info : account_->mailboxes()) out += info.name + " ";
        return out;
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
    void set_quota(std::uint64_t bytes) {
        ASSERT_TRUE(directory_.change(id_, [&](auto& account) -> Result<> {
            account.quota_bytes = bytes;
            return {};
        }));
    }
};

// --- mailboxes ---

TEST_F(AccountTest, ANewAccountHasItsMailboxes) {
    EXPECT_EQ(names(), "INBOX Archive Drafts Junk Sent Trash ");
    EXPECT_EQ(account_->find(Role::Sent)->name, "Sent");
    EXPECT_EQ(account_->find("iNbOx")->role, Role::Inbox);
    EXPECT_EQ(account_->find(Role::Flagged), std::nullopt);
    EXPECT_EQ(account_->subscriptions().size(), 6u);
    EXPECT_EQ(account_->quota().bytes, 0u);
}

TEST_F(AccountTest, NamesThatCanAndCannotBe) {
    struct {
        std::string name;
        std::optional<Why> why;
        std::string as = {};
    } const cases[] = {
        {"Work", {}, "Work"},
        {"Work2/", {}, "Work2"},
        {"inbox/Sub", {}, "INBOX/Sub"},
        {"Entwu\xcc\x88rfe", {}, "Entw\xc3\xbcrfe"},  // NFC
        {"a.b\\c&d", {}, "a.b\\c&d"},
        {"", Why::Cannot},
        {"/", Why::Cannot},
        {"a//b", Why::Cannot},
        {"/a", Why::Cannot},
        {"a*", Why::Cannot},
        {"a%b", Why::Cannot},
        {"#news", Why::Cannot},
        {"a\nb", Why::Cannot},
        {"\xff", Why::Cannot},
        {std::string(1001, 'x'), Why::Limit},
        {"1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20/21/22/23/24/25/26/27/28/29/30/31/32/"
         "33",
         Why::Limit},
        {"INBOX", Why::Exists},
        {"sent", {}, "sent"},  // only INBOX is the same in any case
        {"Sent", Why::Exists},
    };
    for (auto& c : cases) {
        auto made = account_->create(c.name);
        if (c.why) {
            ASSERT_FALSE(made) << c.name;
            EXPECT_EQ(made.error().why, *c.why) << c.name;
        } else {
            ASSERT_TRUE(made) << c.name << made.error().said;
            EXPECT_EQ(account_->find(*made)->name, c.as);
        }
    }
}

TEST_F(AccountTest, CreateMakesParentsAndRolesAreUnique) {
    ASSERT_TRUE(account_->create("a/b/c", Role::Flagged));
    EXPECT_TRUE(account_->find("a"));
    EXPECT_TRUE(account_->find("a/b"));
    EXPECT_EQ(account_->create("x", Role::Flagged).error().why, Why::Exists);
    const auto first = account_->find("a/b/c")->uidvalidity;
    ASSERT_TRUE(account_->remove("a/b/c"));
    EXPECT_EQ(account_->find("a/b/c"), std::nullopt);
    ASSERT_TRUE(account_->create("a/b/c"));
    EXPECT_GT(account_->find("a/b/c")->uidvalidity, first);
    EXPECT_EQ(account_->remove("INBOX").error().why, Why::Cannot);
    EXPECT_EQ(account_->remove("nothing").error().why, Why::NotFound);
}

TEST_F(AccountTest, MailboxesHaveALimit) {
    limits_.mailboxes = 8;
    restart();
    ASSERT_TRUE(account_->create("a/b"));
    EXPECT_EQ(account_->create("c").error().why, Why::Limit);
}

TEST_F(AccountTest, RenameTakesTheChildrenAlong) {
    const auto c = *account_->create("a/b/c");
    ASSERT_TRUE(account_->create("ab"));
    ASSERT_TRUE(account_->rename("a", "x/y"));
    EXPECT_EQ(account_->find(c)->name, "x/y/b/c");
    EXPECT_EQ(account_->find("a"), std::nullopt);
    EXPECT_TRUE(account_->find("ab"));
    EXPECT_TRUE(account_->find("x"));
    EXPECT_EQ(account_->rename("x", "x/z").error().why, Why::Cannot);
    EXPECT_EQ(account_->rename("x", "Sent").error().why, Why::Exists);
    EXPECT_EQ(account_->rename("a", "q").error().why, Why::NotFound);
    ASSERT_TRUE(account_->remove("x/y/b"));
    ASSERT_TRUE(account_->rename("x/y/b", "only/children")) << "a name that only has children";
    EXPECT_EQ(account_->find(c)->name, "only/children/c");
    restart();
    EXPECT_EQ(account_->find(c)->name, "only/children/c");
}

TEST_F(AccountTest, RenamingInboxMovesItsMessages) {
    add_many(inbox_, 3);
    ASSERT_TRUE(account_->rename("inbox", "Old/2025"));
    EXPECT_EQ(account_->find(inbox_)->name, "INBOX");
    EXPECT_EQ(account_->find(inbox_)->messages, 0u);
    EXPECT_EQ(account_->find("Old/2025")->messages, 3u);
}

TEST_F(AccountTest, SubscriptionsAreNames) {
    ASSERT_TRUE(account_->subscribe("Not/There", true));
    ASSERT_TRUE(account_->subscribe("Not/There", true));
    ASSERT_TRUE(account_->subscribe("Sent", false));
    ASSERT_TRUE(account_->subscribe("Never", false));
    ASSERT_TRUE(account_->remove("Junk"));
    restart();
    EXPECT_EQ(account_->subscriptions(), (std::vector<std::string>{"Archive", "Drafts", "INBOX",
                                                                   "Junk", "Not/There", "Trash"}));
}

// --- arrivals ---

TEST_F(AccountTest, AnArrivalIsWhole) {
    clock_.advance(std::chrono::hours(1));
    const auto bytes = mail("Hello", "Message-ID: <1@x>\r\n");
    const Target targets[] = {{inbox_, {kSeen, {"Todo"}}}, {account_->find("Archive")->id, {}}};
    auto added = account_->add(staged(bytes), targets, 1234);
    ASSERT_TRUE(added);
    ASSERT_EQ(added->size(), 2u);
    EXPECT_EQ((*added)[0].email, (*added)[1].email) << "one email";
    Entry entry;
    ASSERT_TRUE(select(inbox_)->walk(uids(1), [&](const View::Item& item) {
        entry = item.entry;
        return true;
    }));
    EXPECT_EQ(entry.received, 1234);
    EXPECT_EQ(entry.saved, clock_.seconds());
    EXPECT_EQ(entry.size, bytes.size());
    EXPECT_EQ(entry.keywords, 1u);
    EXPECT_EQ(account_->body(entry.email).value()->read(0, 1000).value(), bytes);
    EXPECT_EQ(account_->quota().bytes, 2 * bytes.size());
    EXPECT_EQ(account_->signatures(std::span(&entry.email, 1))->size(), 1u);
    EXPECT_FALSE(account_->signatures(std::span(&entry.email, 1))->front().empty());
    EXPECT_EQ(*account_->thread(entry.email), (*added)[0].thread);
}

TEST_F(AccountTest, AddToNowhereAddsNothing) {
    const Target targets[] = {{inbox_, {}}, {MailboxId{id_, 999}, {}}};
    EXPECT_EQ(account_->add(staged(mail("x")), targets, {}).error().why, Why::NotFound);
    const Target foreign{MailboxId{AccountId{77}, inbox_.n}, {}};
    EXPECT_EQ(account_->add(staged(mail("x")), std::span(&foreign, 1), {}).error().why,
              Why::NotFound);
    EXPECT_EQ(account_->find(inbox_)->messages, 0u);
}

TEST_F(AccountTest, LargeMailGoesToTheStoreAsItComes) {
    std::string body;
    while (body.size() < 3'000'000) body += random_->bytes(57) + "\r\n";
    const auto bytes = mail("large", {}, body);
    {
        auto unfinished = *account_->stage(0);
        ASSERT_TRUE(unfinished->write(bytes));
        EXPECT_EQ(records('Z'), 1u);
        EXPECT_GT(records('B', Table::Bodies), 20u);
    }
    EXPECT_EQ(records('Z'), 0u) << "dropped: freed";
    EXPECT_EQ(records('B', Table::Bodies), 0u);

    auto whole = *account_->stage(bytes.size());
    for (std::size_t at = 0; at < bytes.size(); at += 10'000) {
        ASSERT_TRUE(whole->write(std::string_view(bytes).substr(at, 10'000)));
    }
    ASSERT_TRUE(whole->finish());
    EXPECT_EQ(whole->size(), bytes.size());
    EXPECT_EQ(whole->source().read(1'000'000, 100'000).value(), bytes.substr(1'000'000, 100'000));
    const Target target{inbox_, {}};
    const auto added = account_->add(std::move(whole), std::span(&target, 1), {});
    ASSERT_TRUE(added) << added.error().said;
    EXPECT_EQ(records('Z'), 0u);
    restart();
    auto source = *account_->body(added->front().email);
    EXPECT_EQ(source->size(), bytes.size());
    EXPECT_EQ(source->read(0, bytes.size()).value(), bytes);
    EXPECT_EQ(source->read(65'000, 2'000).value(), bytes.substr(65'000, 2'000)) << "across chunks";
    EXPECT_EQ(source->read(bytes.size(), 5).value(), "");
    EXPECT_EQ(source->read(bytes.size() - 3, 500).value(), bytes.substr(bytes.size() - 3));
}

TEST_F(AccountTest, WhatACrashLeftOfAnArrivalIsSwept) {
    auto* lost = (*account_->stage(0)).release();
    ASSERT_TRUE(lost->write(mail("lost", {}, random_->bytes(1'000'000))));
    EXPECT_EQ(records('Z'), 1u);
    // The process ends here: its destructor never runs. A second set of objects stands for the next
    // process.
    auto next = Accounts::open(*store_, directory_, clock_, *random_, log_, limits_);
    ASSERT_TRUE((*next)->open(id_));
    EXPECT_EQ(records('Z'), 0u);
    EXPECT_EQ(records('B', Table::Bodies), 0u);
    delete lost;
}

TEST_F(AccountTest, LimitsOfAnArrival) {
    limits_.message_bytes = 1000;
    restart();
    EXPECT_EQ(account_->stage(1001).error().why, Why::TooBig);
    auto s = *account_->stage(0);
    EXPECT_TRUE(s->write(std::string(1000, 'x')));
    EXPECT_EQ(s->write("x").error().why, Why::TooBig);
    auto empty = *account_->stage(0);
    ASSERT_TRUE(empty->finish());
    const Target target{inbox_, {}};
    const auto added = account_->add(std::move(empty), std::span(&target, 1), {});
    ASSERT_TRUE(added);
    EXPECT_EQ(account_->body(added->front().email).value()->size(), 0u);
}

TEST_F(AccountTest, Quota) {
    const auto size = mail("n").size();
    set_quota(3 * size);
    add_many(inbox_, 2);
    EXPECT_EQ(account_->quota().limit_bytes, 3 * size);
    EXPECT_EQ(account_->copy(inbox_, uids(1, 2), inbox_).error().why, Why::OverQuota);
    EXPECT_EQ(account_->stage(size + 1).error().why, Why::OverQuota);
    add(inbox_);
    EXPECT_EQ(account_->stage(0).error().why, Why::OverQuota) << "full, whatever comes";
    ASSERT_TRUE(account_->move(inbox_, uids(1), account_->find("Archive")->id)) << "takes no room";
    ASSERT_TRUE(account_->expunge(inbox_, uids(2), Account::Which::All));
    EXPECT_EQ(account_->quota().messages, 2u);
    add(inbox_);
    set_quota(0);
    add_many(inbox_, 3);
    restart();
    EXPECT_EQ(account_->quota().bytes, 6 * size);
    ASSERT_TRUE(account_->remove("Archive"));
    EXPECT_EQ(account_->quota().bytes, 5 * size);
}

TEST_F(AccountTest, KeywordsHaveALimit) {
    add(inbox_);
    for (int i = 0; i < 64; ++i) {
        ASSERT_TRUE(account_->set_flags(
            inbox_, uids(1), {FlagEdit::How::Add, {0, {"k" + std::to_string(i)}}, {}, 0}));
    }
    EXPECT_EQ(account_->set_flags(inbox_, uids(1), {FlagEdit::How::Add, {0, {"one more"}}, {}, 0})
                  .error()
                  .why,
              Why::Limit);
    EXPECT_TRUE(account_->set_flags(inbox_, uids(1),
                                    {FlagEdit::How::Remove, {0, {"unknown", "k7"}}, {}, 0}));
    EXPECT_EQ(
        account_
            ->set_flags(inbox_, uids(1), {FlagEdit::How::Add, {0, {std::string(101, 'k')}}, {}, 0})
            .error()
            .why,
        Why::Limit);
    // They go along with a copy, under the other mailbox's bits.
    const auto other = account_->find("Archive")->id;
    add(other, {0, {"k63"}});
    ASSERT_TRUE(account_->copy(inbox_, uids(1), other));
    auto view = select(other);
    ASSERT_TRUE(view->walk(uids(2), [&](const View::Item& item) {
        EXPECT_EQ(std::popcount(item.entry.keywords), 63);
        EXPECT_TRUE(item.entry.keywords & 1);
        return true;
    }));
    EXPECT_EQ(view->keyword_names()->front(), "k63");
}

// --- threads ---

TEST_F(AccountTest, ThreadsByReferenceAndSubject) {
    const auto add_mail = [&](const char* subject, const char* header) {
        return try_add(inbox_, mail(subject, header))->thread;
    };
    const auto first = add_mail("Plans", "Message-ID: <1@x>\r\n");
    EXPECT_EQ(add_mail("Re: Plans", "Message-ID: <2@x>\r\nIn-Reply-To: <1@x>\r\n"), first);
    EXPECT_EQ(add_mail("Fwd: Re: plans", "Message-ID: <3@x>\r\nReferences: <0@x> <2@x>\r\n"),
              first);
    EXPECT_EQ(add_mail("Re: Plans", "Message-ID: <9@x>\r\nReferences: <0@x>\r\n"), first)
        << "by a sibling's reference";
    EXPECT_NE(add_mail("Other", "Message-ID: <4@x>\r\nIn-Reply-To: <1@x>\r\n"), first)
        << "another subject";
    EXPECT_NE(add_mail("Plans", "Message-ID: <5@x>\r\n"), first) << "only the subject";
    EXPECT_NE(add_mail("Plans", ""), add_mail("Plans", "")) << "nothing to go by";
    restart();
    EXPECT_EQ(add_mail("Re: Plans", "References: <1@x>\r\n"), first);
}

// --- flags ---

TEST_F(AccountTest, StoreTellsWhatBecameOfEach) {
    add_many(inbox_, 130);
    ASSERT_TRUE(account_->expunge(inbox_, uids(3), Account::Which::All));
    const auto before = account_->find(inbox_)->highest_modseq;
    ASSERT_TRUE(set(inbox_, uids(100), kSeen));
    const auto result = account_->set_flags(inbox_, uids(2, kStar),
                                            {FlagEdit::How::Add, {kFlagged, {}}, before, 0});
    ASSERT_TRUE(result);
    EXPECT_EQ(result->modified.to_text(), "100");
    EXPECT_EQ(result->gone.to_text(), "3");
    EXPECT_EQ(result->entries.size(), 130u - 3u);
    EXPECT_EQ(result->entries.front().modseq, result->entries.back().modseq);
    const auto nothing =
        account_->set_flags(inbox_, uids(1), {FlagEdit::How::Add, {kSeen, {}}, ModSeq{0}, 0});
    EXPECT_EQ(nothing->modified.to_text(), "1") << "UNCHANGEDSINCE 0 refuses everything";
    EXPECT_EQ(account_->set_flags(inbox_, UidSet(), {FlagEdit::How::Add, {kSeen, {}}, {}, 0})
                  ->entries.size(),
              0u);
    EXPECT_EQ(
        account_->set_flags(MailboxId{id_, 999}, uids(1), {FlagEdit::How::Add, {kSeen, {}}, {}, 0})
            .error()
            .why,
        Why::NotFound);
}

TEST_F(AccountTest, AKeywordThatNoMessageGetsIsNotMade) {
    add_many(inbox_, 2);
    const FlagList label{0, {"$Label"}};
    const auto names = [&] { return account_->find(inbox_)->keyword_names->size(); };
    ASSERT_TRUE(account_->set_flags(inbox_, uids(1, 2), {FlagEdit::How::Add, label, ModSeq{0}, 0}));
    EXPECT_EQ(names(), 0u) << "all are refused";
    ASSERT_TRUE(account_->set_flags(inbox_, uids(9), {FlagEdit::How::Add, label, {}, 0}));
    EXPECT_EQ(names(), 0u) << "none is there";
    ASSERT_TRUE(account_->set_flags(inbox_, uids(1, 2), {FlagEdit::How::Remove, label, {}, 0}));
    EXPECT_EQ(names(), 0u) << "none has it";
    ASSERT_TRUE(account_->set_flags(inbox_, uids(2), {FlagEdit::How::Replace, label, {}, 0}));
    EXPECT_EQ(names(), 1u);
}

TEST_F(AccountTest, ManyPagesAreSeveralTransactions) {
    add_many(inbox_, 64 * 70);
    const auto commits = store_->commits();
    const auto result = set(inbox_, uids(1, kStar), kSeen);
    EXPECT_EQ(result->entries.size(), 64u * 70u);
    EXPECT_EQ(store_->commits(), commits + 2);
    EXPECT_EQ(account_->find(inbox_)->unseen, 0u);
    EXPECT_EQ(account_->expunge(inbox_, uids(1, 64 * 69), Account::Which::All)->count(), 64u * 69u);
    EXPECT_EQ(account_->find(inbox_)->messages, 64u);
    EXPECT_EQ(*select(inbox_)->uid(Seq{1}), Uid{64 * 69 + 1});
}

// What undelete needs to know can be larger than a batch.
TEST_F(AccountTest, AnExpungeOfManyWithManyLongKeywords) {
    constexpr int kMessages = 64 * 16;
    add_many(inbox_, kMessages);
    std::vector<std::string> keywords;
    for (std::size_t i = 0; i < kMaxKeywords; ++i) {
        auto name = "k" + std::to_string(i);
        name.resize(kMaxKeywordBytes, 'x');
        keywords.push_back(std::move(name));
    }
    ASSERT_TRUE(account_->set_flags(inbox_, uids(1, kStar),
                                    {FlagEdit::How::Add, {kDeleted, keywords}, std::nullopt, 0}));
    const auto gone = account_->expunge(inbox_, std::nullopt);
    ASSERT_TRUE(gone) << gone.error().said;
    EXPECT_EQ(gone->count(), std::size_t{kMessages});
    EXPECT_EQ(account_->find(inbox_)->messages, 0u);
}

// --- copies and moves ---

TEST_F(AccountTest, CopyKeepsTheEmail) {
    const auto added = add(inbox_, {kFlagged, {}});
    const auto other = account_->find("Archive")->id;
    const auto copied = account_->copy(inbox_, uids(1, 10), other);
    ASSERT_TRUE(copied);
    EXPECT_EQ(copied->uidvalidity, account_->find(other)->uidvalidity);
    EXPECT_EQ(copied->sources, std::vector<Uid>{Uid{1}});
    EXPECT_EQ(copied->targets, std::vector<Uid>{Uid{1}});
    EXPECT_EQ(text(*select(other)), "1:1F");
    EXPECT_EQ(records('E'), 1u);
    ASSERT_TRUE(account_->expunge(inbox_, uids(1), Account::Which::All));
    EXPECT_EQ(records('F'), 0u) << "it is in the other mailbox still";
    EXPECT_TRUE(account_->summary(added.email));
    ASSERT_TRUE(account_->expunge(other, uids(1), Account::Which::All));
    EXPECT_EQ(records('F'), 1u);
    EXPECT_TRUE(account_->copy(inbox_, uids(7), other)->sources.empty());
    EXPECT_EQ(account_->copy(inbox_, uids(1), MailboxId{id_, 999}).error().why, Why::NotFound);
}

TEST_F(AccountTest, MoveWithinAMailboxGivesNewUids) {
    add_many(inbox_, 3);
    auto view = select(inbox_);
    const auto moved = account_->move(inbox_, uids(1, kStar), inbox_);
    ASSERT_TRUE(moved);
    EXPECT_EQ(moved->targets.back(), Uid{6});
    EXPECT_EQ(text(view->news(Tell::Everything)), "EXISTS 6/6, EXPUNGE 1, EXPUNGE 1, EXPUNGE 1");
    EXPECT_EQ(text(*view), "1:4 2:5 3:6");
    EXPECT_EQ(account_->quota().messages, 3u);
}

// Fills a mailbox with n entries of few emails.
TEST_F(AccountTest, ALargeCopyBecomesVisibleAsOne) {
    add_many(inbox_, 8);
    for (int n = 8; n < 5000; n *= 2) ASSERT_TRUE(account_->copy(inbox_, uids(1, kStar), inbox_));
    const auto before = account_->find(inbox_)->messages;
    ASSERT_GT(before, 4096u);
    const auto other = account_->find("Archive")->id;
    add_many(other, 3);
    auto view = select(other);
    const auto copied = account_->copy(inbox_, uids(1, kStar), other);
    ASSERT_TRUE(copied) << copied.error().said;
    EXPECT_EQ(copied->targets.size(), before);
    EXPECT_EQ(records('Z'), 0u);
    EXPECT_EQ(text(view->news(Tell::Everything)), "EXISTS 8195/8195");
    EXPECT_EQ(view->last_uid(), Uid{before + 3});
    add(other);
    EXPECT_EQ(account_->move(other, uids(1, kStar), account_->find("Trash")->id)->targets.size(),
              before + 4);
}

TEST_F(AccountTest, ALargeCopyThatFailsLeavesNothing) {
    add_many(inbox_, 16);
    for (int n = 16; n < 5000; n *= 2) ASSERT_TRUE(account_->copy(inbox_, uids(1, kStar), inbox_));
    const auto other = account_->find("Archive")->id;
    const auto pages = records('P');
    // At each of its batches: the mark, the parts, the last.
    for (int nth = 0; nth < 4; ++nth) {
        store_->hold();
        auto copying = std::async(std::launch::async,
                                  [&] { return account_->copy(inbox_, uids(1, kStar), other); });
        for (int i = 0; i < nth; ++i) {
            while (!store_->release_one()) std::this_thread::yield();
        }
        while (store_->waiting() == 0) std::this_thread::yield();
        // What waits is the nth batch; the next submitted one would be failed by fail_next, so this
        // one is made to fail by its space.
        store_->fail_next(fail(Why::Io, "The server's disk failed").error());
        store_->release();
        const auto copied = copying.get();
        if (nth == 3) {
            EXPECT_TRUE(copied) << "nothing came after the last";
            store_->commit(AccountId{999}, {});  // uses up the failure
            continue;
        }
        EXPECT_FALSE(copied);
        EXPECT_EQ(account_->find(other)->messages, 0u);
        ASSERT_TRUE(
            set(inbox_, uids(1), kSeen, 0) &&
            account_->set_flags(inbox_, uids(1), {FlagEdit::How::Remove, {kSeen, {}}, {}, 0}));
        EXPECT_EQ(records('Z'), 0u) << nth;
        EXPECT_EQ(records('P'), pages) << nth;
        check();
    }
}

TEST_F(AccountTest, ALargeCopyThatACrashEndedIsSwept) {
    add_many(inbox_, 16);
    for (int n = 16; n < 5000; n *= 2) ASSERT_TRUE(account_->copy(inbox_, uids(1, kStar), inbox_));
    const auto other = account_->find("Archive")->id;
    const auto pages = records('P');
    store_->hold();
    auto copying = std::async(std::launch::async,
                              [&] { return account_->copy(inbox_, uids(1, kStar), other); });
    for (int i = 0; i < 2; ++i) {
        while (!store_->release_one()) std::this_thread::yield();
    }
    while (store_->waiting() == 0) std::this_thread::yield();
    EXPECT_GT(records('P'), pages) << "the first part is there";
    {
        // The next process, on what is durable now.
        store_->fail_next(fail(Why::Io, "The server's disk failed").error());
    }
    store_->release();
    (void)copying.get();
    restart();
    EXPECT_EQ(records('Z'), 0u);
    check();
}

// --- expunges, reading ---

TEST_F(AccountTest, ExpungeOnlyDeletedUnlessAsked) {
    add_many(inbox_, 5);
    ASSERT_TRUE(set(inbox_, uids(2, 4), kDeleted));
    EXPECT_EQ(account_->expunge(inbox_, uids(3, 9))->to_text(), "3:4");
    EXPECT_EQ(account_->expunge(inbox_, std::nullopt)->to_text(), "2");
    EXPECT_EQ(account_->expunge(inbox_, std::nullopt)->to_text(), "");
    EXPECT_EQ(account_->expunge(inbox_, std::nullopt, Account::Which::All)->to_text(), "1,5");
    EXPECT_EQ(account_->find(inbox_)->messages, 0u);
    EXPECT_EQ(add(inbox_).uid, Uid{6}) << "never used again";
}

TEST_F(AccountTest, ExpungedSince) {
    add_many(inbox_, 5);
    const auto start = account_->find(inbox_)->highest_modseq;
    ASSERT_TRUE(account_->expunge(inbox_, uids(2), Account::Which::All));
    const auto middle = account_->find(inbox_)->highest_modseq;
    ASSERT_TRUE(account_->move(inbox_, uids(4), account_->find("Trash")->id));
    EXPECT_EQ((*account_->expunged_since(inbox_, start))->to_text(), "2,4");
    EXPECT_EQ((*account_->expunged_since(inbox_, middle))->to_text(), "4");
    EXPECT_EQ(
        (*account_->expunged_since(inbox_, account_->find(inbox_)->highest_modseq))->to_text(), "");
    EXPECT_EQ(account_->expunged_since(MailboxId{id_, 99}, start).error().why, Why::NotFound);
}

TEST_F(AccountTest, SummariesComeInTheOrderAsked) {
    std::vector<EmailId> emails;
    for (auto* subject : {"one", "two", "three"})
        emails.push_back(try_add(inbox_, mail(subject))->email);
    emails.insert(emails.begin() + 1, EmailId{id_, 4711});
    (void)account_->summary(emails[2]);
    auto all = account_->summaries(emails);
    ASSERT_EQ(all.size(), 4u);
    EXPECT_EQ(all[0]->view.subject(), "one");
    EXPECT_EQ(all[1].error().why, Why::Gone);
    EXPECT_EQ(all[2]->view.subject(), "two");
    EXPECT_EQ(all[3]->view.subject(), "three");
    EXPECT_EQ(account_->body(EmailId{id_, 4711}).error().why, Why::Gone);
    EXPECT_EQ(account_->thread(EmailId{id_, 4711}).error().why, Why::Gone);
}

TEST_F(AccountTest, ALongSummaryIsInChunks) {
    const auto header = "X-Long: " + std::string(200'000, 'y') + "\r\n";
    const auto added = *try_add(inbox_, mail("long", header));
    EXPECT_GT(records('S', Table::Summaries), 1u);
    const auto summary = account_->summary(added.email);
    ASSERT_TRUE(summary) << summary.error().said;
    EXPECT_GT(summary->view.header().size(), 200'000u);
}

TEST_F(AccountTest, OneMaildropAtATime) {
    auto first = account_->lock_maildrop();
    ASSERT_TRUE(first);
    EXPECT_EQ(account_->lock_maildrop().error().why, Why::Busy);
    first->reset();
    EXPECT_TRUE(account_->lock_maildrop());
}

}  // namespace
}  // namespace rook::mailbox
