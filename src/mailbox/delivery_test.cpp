#include "mailbox/delivery.h"

#include <gtest/gtest.h>

#include "mailbox/fake_accounts.h"

namespace rook::mailbox {
namespace {

constexpr AccountId kAlice{1}, kBob{2}, kCarol{3};
constexpr std::string_view kMessage = "Subject: hello\r\n\r\nHi.\r\n";

class DeliveryTest : public testing::Test {
protected:
    using Recipients = std::vector<Delivery::Recipient>;

    Delivery make(Recipients recipients) {
        return Delivery(accounts, clock, {.return_path = "s@x.example", .received = "from here"},
                        std::move(recipients));
    }
    // "ok", or the reason; one for each recipient.
    std::vector<std::string> deliver(Recipients recipients, std::string_view message = kMessage) {
        const auto count = recipients.size();
        auto delivery = make(std::move(recipients));
        delivery.begin(message.size());
        (void)delivery.write(message.substr(0, 5));
        (void)delivery.write(message.substr(5));
        (void)delivery.finish();
        delivery.commit();
        return fates(delivery, count);
    }
    static std::vector<std::string> fates(const Delivery& delivery, std::size_t count) {
        std::vector<std::string> said;
        for (std::size_t i = 0; i < count; ++i) {
            const auto fate = delivery.fate(i);
            said.emplace_back(fate ? "ok" : to_string(fate.error().why));
        }
        return said;
    }
    static std::string copy_for(std::string_view address) {
        return "Return-Path: <s@x.example>\r\nDelivered-To: " + std::string(address) +
               "\r\nReceived: from here\r\n\tfor <" + std::string(address) +
               ">; Tue, 14 Nov 2023 22:13:20 +0000\r\n" + std::string(kMessage);
    }
    FakeAccount& alice() { return accounts.at(kAlice); }
    FakeAccount& bob() { return accounts.at(kBob); }

    StoppedClock clock;
    FakeAccounts accounts;
};

using Said = std::vector<std::string>;

TEST_F(DeliveryTest, EachAccountGetsItsOwnTraceFields) {
    EXPECT_EQ(deliver({{"alice@e", {kAlice}}, {"bob+x@e", {kBob}}}), (Said{"ok", "ok"}));
    ASSERT_EQ(alice().stored.size(), 1u);
    EXPECT_EQ(alice().stored[0].bytes, copy_for("alice@e"));
    ASSERT_EQ(bob().stored.size(), 1u);
    EXPECT_EQ(bob().stored[0].bytes, copy_for("bob+x@e"));
}

TEST_F(DeliveryTest, AnAccountGetsOneCopyHoweverManyRecipientsReachIt) {
    EXPECT_EQ(deliver({{"alice@e", {kAlice}},
                       {"all@e", {kBob, kAlice}},
                       {"alice@e", {kAlice}},
                       {"bob@e", {kBob}}}),
              (Said{"ok", "ok", "ok", "ok"}));
    ASSERT_EQ(alice().stored.size(), 1u);
    EXPECT_EQ(alice().stored[0].bytes, copy_for("alice@e"));
    ASSERT_EQ(bob().stored.size(), 1u);
    EXPECT_EQ(bob().stored[0].bytes, copy_for("all@e"));
    EXPECT_EQ(alice().stages + bob().stages, 2);
}

TEST_F(DeliveryTest, OneAccountsFaultIsItsOwn) {
    using Set = void (*)(Faults&);
    const Set faults[] = {
        [](Faults& f) { f.open = Why::OverQuota; },
        [](Faults& f) { f.stage = Why::OverQuota; },
        [](Faults& f) { f.add = Why::OverQuota; },
    };
    for (auto set : faults) {
        for (auto failing : {kAlice, kBob}) {
            accounts.accounts.clear();
            set(accounts.at(failing).faults);
            const auto said =
                deliver({{"alice@e", {kAlice}}, {"bob@e", {kBob}}, {"all@e", {kAlice, kBob}}});
            const std::string over(to_string(Why::OverQuota));
            const bool is_alice = failing == kAlice;
            EXPECT_EQ(said, (Said{is_alice ? over : "ok", is_alice ? "ok" : over, over}));
            EXPECT_EQ(alice().stored.size(), is_alice ? 0u : 1u);
            EXPECT_EQ(bob().stored.size(), is_alice ? 1u : 0u);
        }
    }
}

TEST_F(DeliveryTest, WhatFailsTheBytesFailsEverybody) {
    for (auto why : {Why::NoSpace, Why::Io}) {
        accounts.accounts.clear();
        alice().faults.write = why;
        alice().faults.from_byte = 200;
        const std::string said(to_string(why));
        EXPECT_EQ(deliver({{"alice@e", {kAlice}}, {"bob@e", {kBob}}}, std::string(500, 'x')),
                  (Said{said, said}));
        EXPECT_TRUE(alice().stored.empty());
        EXPECT_TRUE(bob().stored.empty());
    }
    accounts.accounts.clear();
    alice().faults.finish = Why::Io;
    EXPECT_EQ(deliver({{"alice@e", {kAlice}}, {"bob@e", {kBob}}})[1], to_string(Why::Io));
}

TEST_F(DeliveryTest, TooLargeIsToldAtTheByte) {
    accounts.settings.message_bytes = 1000;
    auto delivery = make({{"alice@e", {kAlice}}});
    delivery.begin(0);
    EXPECT_TRUE(delivery.write(std::string(500, 'x')));
    const auto written = delivery.write(std::string(500, 'x'));
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().why, Why::TooBig);
    EXPECT_FALSE(delivery.commit_next());
    EXPECT_EQ(fates(delivery, 1), Said{std::string(to_string(Why::TooBig))});
}

TEST_F(DeliveryTest, NobodyCanHaveIt) {
    alice().faults.stage = Why::OverQuota;
    bob().faults.open = Why::NotFound;
    EXPECT_EQ(
        deliver({{"alice@e", {kAlice}}, {"bob@e", {kBob}}}),
        (Said{std::string(to_string(Why::OverQuota)), std::string(to_string(Why::NotFound))}));
}

TEST_F(DeliveryTest, PrependedFieldsAreInEveryCopy) {
    auto delivery = make({{"alice@e", {kAlice}}, {"bob@e", {kBob}}});
    delivery.begin(0);
    ASSERT_TRUE(delivery.write(kMessage));
    ASSERT_TRUE(delivery.finish());
    ASSERT_TRUE(delivery.summary());
    EXPECT_EQ(delivery.summary()->subject, "hello");
    delivery.prepend("Date: then\r\n");
    delivery.commit();
    EXPECT_EQ(fates(delivery, 2), (Said{"ok", "ok"}));
    for (auto* account : {&alice(), &bob()}) {
        ASSERT_EQ(account->stored.size(), 1u);
        EXPECT_NE(account->stored[0].bytes.find("+0000\r\nDate: then\r\nSubject: hello\r\n"),
                  std::string::npos);
    }
}

TEST_F(DeliveryTest, CommitsOneAccountAtATimeAndTellsSizes) {
    auto delivery = make({{"alice@e", {kAlice}}, {"bob@e", {kBob}}, {"carol@e", {kCarol}}});
    delivery.begin(1234);
    EXPECT_GT(alice().last_hint, 1234u);
    ASSERT_TRUE(delivery.write(kMessage));
    ASSERT_TRUE(delivery.finish());
    int commits = 0;
    while (delivery.commit_next()) ++commits;
    EXPECT_EQ(commits, 3);
    EXPECT_FALSE(delivery.commit_next());
    EXPECT_EQ(delivery.size(), kMessage.size());
    EXPECT_EQ(bob().last_hint, bob().stored[0].bytes.size());
}

TEST_F(DeliveryTest, DroppedBeforeCommitNothingIsDelivered) {
    {
        auto delivery = make({{"alice@e", {kAlice}}});
        delivery.begin(0);
        ASSERT_TRUE(delivery.write(kMessage));
        ASSERT_TRUE(delivery.finish());
    }
    EXPECT_TRUE(alice().stored.empty());
}

TEST_F(DeliveryTest, TheNullSenderAndALongMessage) {
    const auto body = "A: b\r\n\r\n" + std::string(1'000'000, 'y') + "\r\n";
    Delivery delivery(accounts, clock, {.return_path = "", .received = ""},
                      {{"alice@e", {kAlice}}, {"bob@e", {kBob}}});
    delivery.begin(0);
    ASSERT_TRUE(delivery.write(body));
    ASSERT_TRUE(delivery.finish());
    delivery.commit();
    EXPECT_EQ(bob().stored[0].bytes, "Return-Path: <>\r\nDelivered-To: bob@e\r\n" + body);
    EXPECT_EQ(alice().stored[0].bytes, "Return-Path: <>\r\nDelivered-To: alice@e\r\n" + body);
}

}  // namespace
}  // namespace rook::mailbox
