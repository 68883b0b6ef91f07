// Bodies in chunks, summaries in chunks, the cache, the Hub.
#include "mailbox/body.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "mailbox/hub.h"
#include "mailbox/names.h"
#include "mailbox/page_cache.h"

namespace rook::mailbox {
namespace {

TEST(Chunks, CompressedWhenItPays) {
    auto random = make_seeded_random(1);
    const std::string text(kBodyChunk, 'a'), noise = random->bytes(kBodyChunk), tiny = "hello";
    EXPECT_LT(encode_chunk(text).size(), 1000u);
    EXPECT_LE(encode_chunk(noise).size(), noise.size() + 8);
    EXPECT_LE(encode_chunk(tiny).size(), tiny.size() + 2);
    for (auto& raw : {text, noise, tiny, std::string()})
        EXPECT_EQ(decode_chunk(encode_chunk(raw)).value(), raw);
}

TEST(Chunks, DamageIsRefused) {
    auto packed = encode_chunk(std::string(5000, 'a'));
    EXPECT_FALSE(decode_chunk(packed.substr(0, packed.size() - 1)));
    EXPECT_FALSE(decode_chunk(""));
    EXPECT_FALSE(decode_chunk(std::string("\x02\x01x", 3))) << "an unknown codec";
    EXPECT_FALSE(decode_chunk(std::string("\x00\x02x", 3))) << "shorter than it says";
    EXPECT_FALSE(decode_chunk(std::string("\x01\xff\xff\xff\x7f", 5)))
        << "a length that nobody wrote";
    EXPECT_EQ(body_chunks(0), 1u);
    EXPECT_EQ(body_chunks(kBodyChunk), 1u);
    EXPECT_EQ(body_chunks(kBodyChunk + 1), 2u);
}

TEST(Summaries, SplitBelowTheStoresLimit) {
    for (std::size_t size : {0u, 1u, 90u * 1024, 90u * 1024 + 1, 1'000'000u}) {
        std::size_t total = 0;
        for (auto& chunk : split_summary(std::string(size, 's'))) {
            EXPECT_LE(chunk.size(), store::kMaxValue - 100);
            total += chunk.size();
        }
        EXPECT_EQ(total, size + 1) << "and the count";
    }
}

TEST(Cache, KeepsToItsBudgetAndForgetsTheOldest) {
    Cache cache(16 * 10'000);
    const auto key = [](std::uint64_t n) {
        return Cache::Key{Cache::Kind::Page, AccountId{n % 3}, n, 0};
    };
    const auto value = std::make_shared<const std::string>("v");
    for (std::uint64_t n = 0; n < 1000; ++n) {
        cache.put(key(n), value, 500);
        cache.find<std::string>(key(0));  // used all the time
        ASSERT_LE(cache.bytes(), 16u * 10'000);
    }
    EXPECT_GT(cache.bytes(), 16u * 8'000);
    EXPECT_TRUE(cache.find<std::string>(key(999)));
    EXPECT_TRUE(cache.find<std::string>(key(0)));
    EXPECT_FALSE(cache.find<std::string>(key(1)));
    cache.put(key(999), value, 9'999);
    EXPECT_FALSE(cache.find<std::string>(key(999)))
        << "too large: not kept, and not the old one either";
    cache.erase_account(AccountId{0});
    EXPECT_FALSE(cache.find<std::string>(key(0)));
    EXPECT_TRUE(cache.find<std::string>(key(998)));
    cache.erase(key(998));
    EXPECT_FALSE(cache.find<std::string>(key(998)));
}

struct Counter final : Listener {
    void changed(AccountId, std::span<const Change> changes) override { n += changes.size(); }
    std::size_t n = 0;
};

TEST(Hub, TellsTheAccountsListenersOnly) {
    Hub hub;
    Counter a, b, other;
    const Change change = MailboxChanged{};
    auto first = hub.subscribe(AccountId{1}, a);
    auto second = hub.subscribe(AccountId{1}, b);
    auto third = hub.subscribe(AccountId{17}, other);  // the same shard
    hub.publish(AccountId{1}, std::span(&change, 1));
    second.reset();
    hub.publish(AccountId{1}, std::span(&change, 1));
    EXPECT_EQ(a.n, 2u);
    EXPECT_EQ(b.n, 1u);
    EXPECT_EQ(other.n, 0u);
    EXPECT_TRUE(hub.has_listeners(AccountId{1}));
    first.reset();
    EXPECT_FALSE(hub.has_listeners(AccountId{1}));
    hub.publish(AccountId{1}, std::span(&change, 1));
    EXPECT_EQ(a.n, 2u);
}

TEST(Names, Parents) {
    EXPECT_EQ(parents_of("a/b/c"), (std::vector<std::string>{"a", "a/b"}));
    EXPECT_TRUE(parents_of("a").empty());
    EXPECT_TRUE(is_below("a/b", "a"));
    EXPECT_FALSE(is_below("ab", "a"));
    EXPECT_FALSE(is_below("a", "a"));
}

}  // namespace
}  // namespace rook::mailbox
