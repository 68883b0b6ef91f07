#include "base/random.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <thread>
#include <vector>

namespace rook {
namespace {

TEST(Random, SystemBytesDiffer) {
    SystemRandom random;
    std::set<std::string> seen;
    for (int i = 0; i < 100; ++i) seen.insert(random.bytes(16));
    EXPECT_EQ(seen.size(), 100u);
    EXPECT_EQ(random.bytes(0), "");
    EXPECT_EQ(random.bytes(1000).size(), 1000u);  // getrandom gives at most 256 at once for certain
}

TEST(Random, SeedsRepeat) {
    auto one = make_seeded_random(7), same = make_seeded_random(7), other = make_seeded_random(8);
    for (std::size_t n : {1u, 8u, 9u, 100u}) {
        auto bytes = one->bytes(n);
        EXPECT_EQ(bytes.size(), n);
        EXPECT_EQ(bytes, same->bytes(n));
        if (n >= 8) EXPECT_NE(bytes, other->bytes(n));
    }
}

// Gives the numbers that it was made with, one after another.
class Scripted final : public Random {
public:
    explicit Scripted(std::vector<std::uint64_t> numbers) : numbers_(std::move(numbers)) {}
    std::string bytes(std::size_t n) override {
        EXPECT_EQ(n, 8u);
        return {reinterpret_cast<const char*>(&numbers_.at(next_++)), 8};
    }

private:
    std::vector<std::uint64_t> numbers_;
    std::size_t next_ = 0;
};

TEST(Random, BelowIsUniform) {
    // The numbers of the last, incomplete run are drawn again.
    EXPECT_EQ(Scripted({UINT64_MAX, UINT64_MAX - 1, 9}).below(10), 9u);
    EXPECT_EQ(Scripted({12}).below(10), 2u);
    EXPECT_EQ(Scripted({5}).below(1), 0u);

    auto random = make_seeded_random(1);
    std::array<int, 10> counts{};
    for (int i = 0; i < 10'000; ++i) ++counts[random->below(10)];
    for (int count : counts) EXPECT_NEAR(count, 1000, 150);
}

TEST(Random, ManyThreads) {
    auto random = make_seeded_random(1);
    std::array<std::vector<std::uint64_t>, 4> drawn;
    {
        std::vector<std::jthread> threads;
        for (auto& numbers : drawn) {
            threads.emplace_back([&] {
                for (int i = 0; i < 1000; ++i) numbers.push_back(random->u64());
            });
        }
    }
    std::set<std::uint64_t> all;
    for (const auto& numbers : drawn) all.insert(numbers.begin(), numbers.end());
    EXPECT_EQ(all.size(), 4000u);
}

}  // namespace
}  // namespace rook
