// The measure of cost can fail: it sees quadratic time and quadratic copying, and nothing in what
// is linear.
#include "base/cost_testing.h"

#include <gtest/gtest.h>

#include <vector>

namespace rook::cost {
namespace {

volatile std::size_t sink;

std::string letters(std::size_t n) { return std::string(n, 'a'); }

TEST(Cost, LinearIsFine) {
    const auto work = [](const std::string& text) {
        std::size_t sum = 0;
        for (char c : text) sum += static_cast<std::size_t>(c);
        sink = sum + std::vector<int>(text.size()).size();
    };
    EXPECT_EQ(growth(letters, work, 100'000), "");
}

TEST(Cost, QuadraticTimeIsSeen) {
    const auto work = [](const std::string& text) {
        for (std::size_t i = 0; i < text.size(); ++i) {
            for (std::size_t k = 0; k < i; ++k) sink = k;
        }
    };
    // A pause in the small run can hide it.
    std::string seen;
    for (int i = 0; i < 5 && seen.empty(); ++i) seen = growth(letters, work, 5'000);
    EXPECT_NE(seen, "");
}

#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
TEST(Cost, QuadraticCopyingIsSeen) {
    const auto work = [](const std::string& text) {
        for (std::size_t i = 0; i < text.size(); i += 10) sink = text.substr(i).size();
    };
    EXPECT_NE(growth(letters, work, 3'000).find("bytes"), std::string::npos);
}
#endif

}  // namespace
}  // namespace rook::cost
