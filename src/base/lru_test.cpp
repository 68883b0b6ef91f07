#include "base/lru.h"

#include <gtest/gtest.h>

namespace rook {
namespace {

TEST(Lru, ForgetsTheOldest) {
    Lru<int, int> lru(2);
    lru.put(1, 10);
    lru.put(2, 20);
    EXPECT_TRUE(lru.find(1));
    lru.put(3, 30);
    EXPECT_FALSE(lru.find(2));
    EXPECT_EQ(*lru.find(1), 10);
    lru.put(1, 11);
    EXPECT_EQ(*lru.find(1), 11);
    lru.erase(1);
    EXPECT_FALSE(lru.find(1));
    EXPECT_EQ(lru.size(), 1u);
}

}  // namespace
}  // namespace rook
