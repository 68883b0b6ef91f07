// Views: sequence numbers that only move when the session says so, ghosts, news, recents, overflow.
#include "mailbox/test_support.h"

namespace rook::mailbox {
namespace {

class ViewTest : public MailboxTest {};

TEST_F(ViewTest, AnEmptyMailbox) {
    auto view = select(inbox_);
    EXPECT_EQ(view->count(), 0u);
    EXPECT_EQ(view->uidnext(), Uid{1});
    EXPECT_EQ(view->last_uid(), Uid{0});
    EXPECT_EQ(text(*view), "");
    EXPECT_EQ(text(view->news(Tell::Everything)), "");
    EXPECT_EQ(*view->first_unseen(), std::nullopt);
    EXPECT_EQ(*view->uid(Seq{1}), std::nullopt);
}

TEST_F(ViewTest, MessagesThatComeAreTold) {
    auto view = select(inbox_);
    add(inbox_);
    EXPECT_EQ(text(*view), "") << "not told yet";
    EXPECT_TRUE(view->has_news());
    EXPECT_EQ(text(view->news(Tell::NoExpunge)), "EXISTS 1/1");
    EXPECT_FALSE(view->has_news());
    EXPECT_EQ(text(*view), "1:1");
    add_many(inbox_, 2);
    EXPECT_EQ(text(view->news(Tell::Everything)), "EXISTS 3/3") << "one count for both";
    EXPECT_EQ(text(view->news(Tell::Everything)), "");
    EXPECT_EQ(*view->seq(Uid{3}), Seq{3});
    EXPECT_EQ(*view->uid(Seq{2}), Uid{2});
    EXPECT_EQ(*view->uid(Seq{4}), std::nullopt);
    EXPECT_EQ(view->last_uid(), Uid{3});
}

TEST_F(ViewTest, AnExpungedMessageStaysAsAGhostUntilItIsTold) {
    add_many(inbox_, 5);
    auto view = select(inbox_);
    ASSERT_TRUE(account_->expunge(inbox_, uids(2, 3), Account::Which::All));
    add(inbox_);
    EXPECT_EQ(text(*view), "1:1 2:2x 3:3x 4:4 5:5");
    EXPECT_EQ(*view->seq(Uid{5}), Seq{5});
    EXPECT_EQ(*view->uid(Seq{4}), Uid{4});
    EXPECT_EQ(view->uids(SeqSet::from_unsorted({{Seq{2}, Seq{4}}}))->to_text(), "2:4");
    EXPECT_EQ(text(view->news(Tell::NoExpunge)), "") << "the new message waits behind the expunge";
    EXPECT_EQ(text(*view), "1:1 2:2x 3:3x 4:4 5:5");
    EXPECT_EQ(text(view->news(Tell::Everything)), "EXPUNGE 2, EXPUNGE 2, EXISTS 4/4");
    EXPECT_EQ(text(*view), "1:1 2:4 3:5 4:6");
}

TEST_F(ViewTest, AGhostCanStillBeRead) {
    const auto added = *try_add(inbox_, mail("still here"));
    auto view = select(inbox_);
    ASSERT_TRUE(account_->expunge(inbox_, uids(1), Account::Which::All));
    EmailId email;
    ASSERT_TRUE(view->walk(uids(1), [&](const View::Item& item) {
        email = item.entry.email;
        return true;
    }));
    EXPECT_EQ(email, added.email);
    EXPECT_EQ(account_->summary(email)->view.subject(), "still here");
}

TEST_F(ViewTest, FlagsAreToldToOthersAndNotToWhoSetThem) {
    add_many(inbox_, 3);
    auto mine = select(inbox_), theirs = select(inbox_);
    ASSERT_TRUE(set(inbox_, uids(2), kSeen, mine->origin()));
    EXPECT_FALSE(mine->has_news());
    EXPECT_EQ(text(mine->news(Tell::Everything)), "");
    EXPECT_EQ(text(theirs->news(Tell::NoExpunge)), "FLAGS 2");
    EXPECT_EQ(text(*mine), "1:1 2:2S 3:3");
    EXPECT_EQ(mine->highest_modseq(), theirs->highest_modseq());
    ASSERT_TRUE(set(inbox_, uids(2), kSeen, mine->origin()));
    EXPECT_EQ(text(theirs->news(Tell::NoExpunge)), "") << "nothing changed";
}

TEST_F(ViewTest, NumbersInFlightMeanWhatTheClientKnows) {
    add_many(inbox_, 4);
    auto view = select(inbox_);
    ASSERT_TRUE(set(inbox_, uids(4), kFlagged));
    ASSERT_TRUE(account_->expunge(inbox_, uids(1), Account::Which::All));
    ASSERT_TRUE(set(inbox_, uids(3), kSeen));
    EXPECT_EQ(text(view->news(Tell::NoExpunge)), "FLAGS 4") << "up to the expunge";
    EXPECT_EQ(text(view->news(Tell::Everything)), "EXPUNGE 1, FLAGS 2");
}

TEST_F(ViewTest, AMessageThatCameAndWentIsToldInOrder) {
    auto view = select(inbox_);
    add(inbox_);
    ASSERT_TRUE(account_->expunge(inbox_, uids(1), Account::Which::All));
    EXPECT_EQ(text(*view), "") << "never told, so no ghost";
    EXPECT_EQ(text(view->news(Tell::NoExpunge)), "EXISTS 1/1");
    EXPECT_EQ(text(*view), "1:1x");
    EXPECT_EQ(text(view->news(Tell::Everything)), "EXPUNGE 1");
    EXPECT_EQ(view->recent(), 0u);
}

TEST_F(ViewTest, NewKeywordsComeBeforeWhoHasThem) {
    add(inbox_);
    auto view = select(inbox_);
    ASSERT_TRUE(
        account_->set_flags(inbox_, uids(1), {FlagEdit::How::Add, {0, {"$Work", "Later"}}, {}, 0}));
    EXPECT_EQ(text(view->news(Tell::Everything)), "KEYWORDS 2, FLAGS 1");
    ASSERT_TRUE(
        account_->set_flags(inbox_, uids(1), {FlagEdit::How::Replace, {0, {"later"}}, {}, 0}));
    EXPECT_EQ(text(view->news(Tell::Everything)), "FLAGS 1") << "case does not matter";
    EXPECT_EQ(*view->keyword_names(), (std::vector<std::string>{"$Work", "Later"}));
}

TEST_F(ViewTest, RecentGoesToOneSession) {
    add_many(inbox_, 2);
    auto looking = select(inbox_, {}, Account::Access::ReadOnly);
    EXPECT_EQ(looking->recent(), 2u) << "a look does not take it";
    auto first = select(inbox_);
    EXPECT_EQ(first->recent(), 2u);
    EXPECT_TRUE(first->is_recent(Uid{2}));
    auto second = select(inbox_);
    EXPECT_EQ(second->recent(), 0u);
    EXPECT_FALSE(second->is_recent(Uid{2}));
    add(inbox_);
    EXPECT_EQ(text(first->news(Tell::Everything)), "EXISTS 3/3");
    EXPECT_EQ(text(second->news(Tell::Everything)), "EXISTS 3/0");
    EXPECT_EQ(account_->find(inbox_)->recent, 0u);
    first.reset();
    second.reset();
    add(inbox_);
    EXPECT_EQ(account_->find(inbox_)->recent, 1u);
    restart();
    EXPECT_EQ(account_->find(inbox_)->recent_from, Uid{4});
    EXPECT_EQ(select(inbox_)->recent(), 1u);
}

TEST_F(ViewTest, IsWokenOncePerLook) {
    int wakes = 0;
    auto view = select(inbox_, [&] { ++wakes; });
    add_many(inbox_, 3);
    EXPECT_EQ(wakes, 1);
    (void)view->news(Tell::Everything);
    add(inbox_);
    EXPECT_EQ(wakes, 2);
    ASSERT_TRUE(set(inbox_, uids(1), kSeen, view->origin()));
    (void)view->news(Tell::Everything);
    ASSERT_TRUE(set(inbox_, uids(2), kSeen, view->origin()));
    EXPECT_EQ(wakes, 2) << "its own flags are no news";
}

TEST_F(ViewTest, ManyPages) {
    add_many(inbox_, 200);
    auto view = select(inbox_);
    ASSERT_TRUE(account_->expunge(inbox_, uids(60, 130), Account::Which::All));
    EXPECT_EQ(*view->seq(Uid{200}), Seq{200});
    EXPECT_EQ(*view->uid(Seq{131}), Uid{131});
    EXPECT_EQ(*view->uid(Seq{100}), Uid{100});
    EXPECT_EQ(view->news(Tell::Everything).size(), 71u);
    EXPECT_EQ(*view->seq(Uid{200}), Seq{129});
    EXPECT_EQ(*view->uid(Seq{59}), Uid{59});
    EXPECT_EQ(*view->uid(Seq{60}), Uid{131});
    EXPECT_EQ(view->existing(uids(1, kStar))->to_text(), "1:59,131:200");
    EXPECT_EQ(
        view->uids(SeqSet::from_unsorted({{Seq{58}, Seq{61}}, {Seq{129}, Seq{400}}}))->to_text(),
        "58:59,131:132,200");
    EXPECT_EQ(view->seqs(uids(50, 140))->to_text(), "50:69");
}

TEST_F(ViewTest, ChangedSinceSkipsOlderPages) {
    add_many(inbox_, 200);
    auto view = select(inbox_);
    const auto before = view->highest_modseq();
    ASSERT_TRUE(set(inbox_, uids(150), kSeen));
    std::string seen;
    ASSERT_TRUE(view->walk_changed(uids(1, kStar), before, [&](const View::Item& item) {
        seen += std::to_string(item.entry.uid.v) + " ";
        return true;
    }));
    EXPECT_EQ(seen, "150 ");
    EXPECT_EQ(*view->first_unseen(), Seq{1});
    ASSERT_TRUE(set(inbox_, uids(1, 149), kSeen));
    EXPECT_EQ(*view->first_unseen(), Seq{151});
}

TEST_F(ViewTest, ARemovedMailboxEndsTheView) {
    const auto box = *account_->create("Work");
    add(box);
    int wakes = 0;
    auto view = select(box, [&] { ++wakes; });
    ASSERT_TRUE(account_->remove("Work"));
    EXPECT_EQ(wakes, 1);
    EXPECT_TRUE(view->has_news());
    EXPECT_EQ(text(view->news(Tell::NoExpunge)), "GONE");
    EXPECT_EQ(text(view->news(Tell::NoExpunge)), "");
    EXPECT_EQ(view->walk(uids(1), [](auto&) { return true; }).error().why, Why::Gone);
}

class SmallQueue : public MailboxTest {
protected:
    SmallQueue() {
        limits_.view_queue = 10;
        restart();
    }
};

TEST_F(SmallQueue, AnOverflowEndsInAComparison) {
    add_many(inbox_, 100);
    auto view = select(inbox_);
    ASSERT_TRUE(set(inbox_, uids(70, 90), kSeen));
    ASSERT_TRUE(account_->expunge(inbox_, uids(5, 6), Account::Which::All));
    add(inbox_);
    ASSERT_TRUE(account_->expunge(inbox_, uids(101), Account::Which::All));
    add(inbox_);
    EXPECT_EQ(text(*view, uids(4, 7)), "4:4 5:5x 6:6x 7:7");
    EXPECT_EQ(text(view->news(Tell::NoExpunge)), "");
    const auto news = view->news(Tell::Everything);
    ASSERT_EQ(news.size(), 2u + 21u + 1u);
    EXPECT_EQ(std::get<Vanished>(news[0]).seq, Seq{5});
    EXPECT_EQ(std::get<Vanished>(news[1]).seq, Seq{5});
    EXPECT_EQ(std::get<NewFlags>(news[2]).seq, Seq{68});
    EXPECT_EQ(std::get<Exists>(news.back()).count, 99u);
    EXPECT_EQ(view->recent(), 101u - 2u - 1u + 1u);
    EXPECT_EQ(text(*view, uids(100, kStar)), "98:100 99:102");
    EXPECT_FALSE(view->has_news());
    add(inbox_);
    EXPECT_EQ(text(view->news(Tell::Everything)), "EXISTS 100/100") << "in step again";
}

// What a session changes itself is answered by its commands: however much, it is not told again.
TEST_F(SmallQueue, OwnChangesAreBehindAtOnce) {
    add_many(inbox_, 100);
    auto view = select(inbox_);
    for (const Flags flag : {kSeen, kFlagged, kAnswered}) {
        ASSERT_TRUE(set(inbox_, uids(1, 90), flag, view->origin()));
        EXPECT_FALSE(view->has_news());
        EXPECT_FALSE(view->is_behind());
        EXPECT_EQ(view->highest_modseq(), account_->find(inbox_)->highest_modseq);
    }
    ASSERT_TRUE(set(inbox_, uids(95), kSeen));
    const auto told = view->highest_modseq();
    ASSERT_TRUE(set(inbox_, uids(96), kSeen, view->origin()));
    EXPECT_EQ(view->highest_modseq(), told) << "95 is not told yet";
    EXPECT_EQ(text(view->news(Tell::NoExpunge)), "FLAGS 95");
    EXPECT_EQ(view->highest_modseq(), account_->find(inbox_)->highest_modseq);
    // An overflow compares with what was passed, too.
    ASSERT_TRUE(set(inbox_, uids(1, 50), kDraft, view->origin()));
    ASSERT_TRUE(set(inbox_, uids(80, 99), kDraft));
    EXPECT_EQ(view->news(Tell::Everything).size(), 20u + 1u);
}

TEST_F(SmallQueue, FarTooMuchEndsTheView) {
    add_many(inbox_, 200);
    auto view = select(inbox_);
    ASSERT_TRUE(account_->expunge(inbox_, uids(1, 180), Account::Which::All));
    EXPECT_EQ(text(view->news(Tell::Everything)), "GONE");
}

}  // namespace
}  // namespace rook::mailbox
