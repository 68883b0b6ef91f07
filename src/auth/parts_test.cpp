// The small parts: prepared passwords, app passwords, the throttle, the cache of successes.
#include <gtest/gtest.h>

#include <set>

#include "auth/app_password.h"
#include "auth/prepare.h"
#include "auth/success_cache.h"
#include "auth/throttle.h"

namespace rook::auth {
namespace {

TEST(Prepare, Table) {
    struct Case {
        std::string_view text, want;  // want empty: refused
    };
    const Case cases[] = {
        {"secret", "secret"},
        {"two words", "two words"},
        {"I\xc2\xaa", "Ia"},                          // RFC 4013 3: NFKC
        {"e\xcc\x81t\xc3\xa9", "\xc3\xa9t\xc3\xa9"},  // composed
        {"a\xc2\xa0"
         "b\xe2\x80\x83"
         "c",
         "a b c"},  // blanks of other widths
        {"", ""},
        {"a\x07", ""},
        {"a\x7f", ""},
        {std::string_view("a\0b", 3), ""},
        {"a\r\n", ""},
        {"\xff\xfe", ""},
    };
    for (auto& [text, want] : cases) {
        auto got = prepare_password(text);
        EXPECT_EQ(got.value_or(""), want) << text;
        if (!got) EXPECT_EQ(got.error().why, Why::BadSyntax);
    }
    EXPECT_TRUE(prepare_password(std::string(1'024, 'a')));
    EXPECT_FALSE(prepare_password(std::string(1'025, 'a')));
}

TEST(AppPassword, FormAndForgiveness) {
    auto random = make_seeded_random(1);
    std::set<std::string> seen;
    std::set<char> signs;
    for (int i = 0; i < 1'000; ++i) {
        auto secret = make_app_password(*random);
        ASSERT_EQ(secret.size(), 34u) << secret;
        EXPECT_EQ(as_app_password(secret), secret);
        EXPECT_TRUE(seen.insert(secret).second);
        for (std::size_t at = 0; at < secret.size(); ++at) {
            EXPECT_EQ(secret[at] == '-', at % 5 == 4) << secret;
            if (secret[at] != '-') signs.insert(secret[at]);
        }
    }
    EXPECT_EQ(signs.size(), 32u);
    auto plain = "abcd-efgh-ijkm-npqr-stuv-wxyz-2345";
    EXPECT_EQ(as_app_password("ABCD EFGH ijkm npqr stuv wxyz 2345"), plain);
    EXPECT_EQ(as_app_password("abcdefghijkmnpqrstuvwxyz2345"), plain);
    for (auto text :
         {"", "secret", "abcd-efgh-ijkm-npqr-stuv-wxyz-234", "abcd-efgh-ijkm-npqr-stuv-wxyz-23456",
          "abcd-efgh-ijkm-npqr-stuv-wxyz-234l", "abcd_efgh_ijkm_npqr_stuv_wxyz_2345"})
        EXPECT_FALSE(as_app_password(text)) << text;
}

class ThrottleTest : public testing::Test {
protected:
    void fail(std::string_view network, std::string_view name, int times, bool same = false) {
        for (int i = 0; i < times; ++i)
            throttle.failed(network, name, same ? "old" : std::to_string(++tries));
    }
    int tries = 0;
    StoppedClock clock;
    std::unique_ptr<Random> random = make_seeded_random(2);
    Throttle throttle{clock, *random, 10, 30};
};

TEST_F(ThrottleTest, ANetworkWithTooManyFailures) {
    fail("n", "a", 5);
    fail("n", "b", 4);
    EXPECT_FALSE(throttle.is_refused("n", "a"));
    fail("n", "c", 1);
    EXPECT_TRUE(throttle.is_refused("n", "a"));
    EXPECT_TRUE(throttle.is_refused("n", "anybody"));
    EXPECT_FALSE(throttle.is_refused("m", "a")) << "another network may";
    clock.advance(std::chrono::seconds(59));
    EXPECT_TRUE(throttle.is_refused("n", "a"));
    clock.advance(std::chrono::seconds(1));
    EXPECT_FALSE(throttle.is_refused("n", "a"));
    fail("n", "a", 1);
    EXPECT_FALSE(throttle.is_refused("n", "a")) << "the count begins anew";
}

TEST_F(ThrottleTest, TheSamePasswordAgainCountsForAStranger) {
    fail("n", "a", 10, true);
    EXPECT_TRUE(throttle.is_refused("n", "a"));
}

TEST_F(ThrottleTest, AnAccountTriedFromManyNetworks) {
    throttle.succeeded("home", "a");
    for (int i = 0; i < 30; ++i) fail("n" + std::to_string(i), "a", 1);
    EXPECT_TRUE(throttle.is_refused("new", "a"));
    EXPECT_FALSE(throttle.is_refused("home", "a")) << "who succeeded before is not locked out";
    EXPECT_FALSE(throttle.is_refused("new", "b"));
    clock.advance(std::chrono::minutes(1));
    EXPECT_FALSE(throttle.is_refused("new", "a"));
}

TEST_F(ThrottleTest, AKnownNetworkIsBoundByItsOwnCount) {
    throttle.succeeded("office", "a");
    fail("office", "b", 10);
    EXPECT_TRUE(throttle.is_refused("office", "b"));
    EXPECT_FALSE(throttle.is_refused("office", "a")) << "a neighbour's guesses";
    fail("office", "a", 100, true);
    EXPECT_FALSE(throttle.is_refused("office", "a")) << "a phone with the old password";
    fail("office", "a", 9);
    EXPECT_TRUE(throttle.is_refused("office", "a")) << "but guessing ends here too";
    clock.advance(std::chrono::minutes(1));
    EXPECT_FALSE(throttle.is_refused("office", "a"));
}

TEST_F(ThrottleTest, AttemptsWithoutAPasswordEachCount) {
    throttle.succeeded("home", "a");
    for (int i = 0; i < 10; ++i) throttle.failed("home", "a", {});
    EXPECT_TRUE(throttle.is_refused("home", "a"));
}

// Threat A17: a flood of names and networks must not push out what is known of others.
TEST_F(ThrottleTest, AFloodForgetsNoKnownNetwork) {
    throttle.succeeded("home", "a");
    for (int i = 0; i < 30; ++i) fail("n" + std::to_string(i), "a", 1);
    for (int i = 0; i < 200'000; ++i) fail("f" + std::to_string(i), "x" + std::to_string(i), 1);
    for (int i = 0; i < 30; ++i) fail("m" + std::to_string(i), "a", 1);
    EXPECT_FALSE(throttle.is_refused("home", "a"));
    EXPECT_TRUE(throttle.is_refused("new", "a"));
    // One account's many networks push out its own only.
    throttle.succeeded("home", "b");
    for (int i = 0; i < 100; ++i) throttle.succeeded("k" + std::to_string(i), "a");
    fail("home", "c", 10);
    EXPECT_TRUE(throttle.is_refused("home", "a"));
    EXPECT_FALSE(throttle.is_refused("home", "b"));
}

TEST(SuccessCache, KnowsWhatItWasToldAndNothingElse) {
    StoppedClock clock;
    auto random = make_seeded_random(3);
    SuccessCache cache(clock, *random, 2, std::chrono::seconds(300));
    directory::Account alice, bob;
    alice.id = AccountId{1};
    bob.id = AccountId{2};
    alice.password = bob.password = "$hash";

    EXPECT_FALSE(cache.find(alice, "pw"));
    cache.remember(alice, "pw", 7);
    EXPECT_EQ(cache.find(alice, "pw"), 7u);
    EXPECT_FALSE(cache.find(alice, "pW"));
    EXPECT_FALSE(cache.find(alice, ""));
    EXPECT_FALSE(cache.find(bob, "pw")) << "threat A11: no entry serves two accounts";

    auto changed = alice;
    changed.password = "$other";
    EXPECT_FALSE(cache.find(changed, "pw"));
    changed = alice;
    changed.app_passwords.push_back({1, "phone", 1, 0, {4096, "s", "k", "v"}});
    EXPECT_FALSE(cache.find(changed, "pw"));
    auto narrower = changed;
    narrower.app_passwords[0].protocols = 2;
    cache.remember(changed, "pw", 1);
    EXPECT_FALSE(cache.find(narrower, "pw"));

    clock.advance(std::chrono::seconds(299));
    EXPECT_TRUE(cache.find(alice, "pw"));
    clock.advance(std::chrono::seconds(1));
    EXPECT_FALSE(cache.find(alice, "pw"));

    cache.remember(alice, "1", 0);
    cache.remember(alice, "2", 0);
    cache.remember(alice, "3", 0);
    EXPECT_FALSE(cache.find(alice, "1")) << "bounded";
    EXPECT_TRUE(cache.find(alice, "3"));
}

}  // namespace
}  // namespace rook::auth
