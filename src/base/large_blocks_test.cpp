#include "base/large_blocks.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>
#include <vector>

namespace rook::large_blocks {
namespace {

void* make() { return std::malloc(kBytes); }

class LargeBlocks : public testing::Test {
protected:
    void TearDown() override {
        while (auto* block = take()) std::free(block);
        trim();
    }
};

TEST_F(LargeBlocks, TheLastThatWasKeptIsTheNext) {
    EXPECT_EQ(take(), nullptr);
    auto *first = make(), *second = make();
    keep(first);
    keep(second);
    EXPECT_EQ(kept_bytes(), 2 * kBytes);
    EXPECT_EQ(take(), second);
    EXPECT_EQ(take(), first);
    EXPECT_EQ(take(), nullptr);
    EXPECT_EQ(kept_bytes(), 0U);
    keep(first);
    keep(second);
}

TEST_F(LargeBlocks, AreKnownByTheirSize) {
    for (const auto& [bytes, is] : {std::pair<std::size_t, bool>{1, false},
                                    {kBytes / 2, false},
                                    {kLeast, false},
                                    {kBytes, true},
                                    {kBytes + 64 * 1024, false},
                                    {2 * kBytes, false}}) {
        auto* block = std::malloc(bytes);
        EXPECT_EQ(is_one(block), is) << bytes;
        std::free(block);
    }
    EXPECT_FALSE(is_one(nullptr));
}

TEST_F(LargeBlocks, WhatNobodyWantedIsFreed) {
    auto *unwanted = make(), *wanted = make();
    keep(unwanted);
    keep(wanted);
    trim();
    EXPECT_EQ(kept_bytes(), 2 * kBytes) << "they were wanted not long ago";
    EXPECT_EQ(take(), wanted);
    keep(wanted);
    trim();
    EXPECT_EQ(kept_bytes(), kBytes);
    trim();
    EXPECT_EQ(kept_bytes(), 0U);
}

TEST_F(LargeBlocks, ThreadsGetDifferentOnes) {
    constexpr int kThreads = 8, kTurns = 200;
    std::atomic<int> wrong = 0;
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&, i] {
            for (int turn = 0; turn < kTurns; ++turn) {
                auto* mine = static_cast<char*>(take());
                if (!mine) mine = static_cast<char*>(make());
                mine[0] = mine[kBytes - 1] = static_cast<char>(i);
                std::this_thread::yield();
                if (mine[0] != i || mine[kBytes - 1] != i) ++wrong;
                keep(mine);
            }
        });
    }
    threads.clear();
    EXPECT_EQ(wrong, 0);
    EXPECT_LE(kept_bytes(), kThreads * kBytes);
}

TEST_F(LargeBlocks, ThereIsAnEnd) {
    constexpr std::size_t kMany = 5000;
    std::vector<void*> all;
    for (std::size_t i = 0; i < kMany; ++i) all.push_back(make());
    for (auto* block : all) keep(block);
    EXPECT_LT(kept_bytes(), kMany * kBytes);
}

}  // namespace
}  // namespace rook::large_blocks
