#include "imap/wire/pattern.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>

namespace rook::imap::wire {
namespace {

TEST(Pattern, Matches) {
    struct {
        std::string_view pattern, name;
        bool want;
    } const cases[] = {
        {"*", "", true},
        {"*", "a/b/c", true},
        {"%", "", true},
        {"%", "a", true},
        {"%", "a/b", false},
        {"%/%", "a/b", true},
        {"%/%", "a/b/c", false},
        {"a*", "a/b", true},
        {"a%", "a/b", false},
        {"a%", "abc", true},
        {"*b", "a/b", true},
        {"*b", "ab/c", false},
        {"%b%", "abc", true},
        {"a*c*e", "a/c/e", true},
        {"a*c*e", "ace/f", false},
        {"a%*", "a/b", true},
        {"a*%", "a/b", true},
        {"%%", "a", true},
        {"", "", true},
        {"", "a", false},
        {"a", "a", true},
        {"a", "b", false},
        {"a", "aa", false},
        {"aa", "a", false},
        {"*/%/x", "a/b/c/x", true},
        {"%/x", "a/b/x", false},
        {"*a%b", "a/ab", true},
        {"%a*b", "xa/b", true},
        {"%a*b", "x/a/b", false},
        {"a*", "A", false},
        {"\xc3\xbc*",
         "\xc3\xbc"
         "b",
         true},
    };
    for (const auto& c : cases) {
        EXPECT_EQ(Pattern(c.pattern).matches(c.name), c.want) << c.pattern << " " << c.name;
    }
}

TEST(Pattern, AnyCaseAtTheFront) {
    EXPECT_TRUE(Pattern("inbox").matches("INBOX", 5));
    EXPECT_TRUE(Pattern("iN%").matches("INBOX", 5));
    EXPECT_TRUE(Pattern("inbox/a").matches("INBOX/a", 5));
    EXPECT_FALSE(Pattern("inbox/A").matches("INBOX/a", 5));
    EXPECT_FALSE(Pattern("inbox").matches("INBOX"));
}

// The obvious way, exponential at worst.
bool naive(std::string_view pattern, std::string_view name) {
    if (pattern.empty()) return name.empty();
    if (pattern[0] == '*' || pattern[0] == '%') {
        if (naive(pattern.substr(1), name)) return true;
        if (name.empty() || (pattern[0] == '%' && name[0] == '/')) return false;
        return naive(pattern, name.substr(1));
    }
    return !name.empty() && pattern[0] == name[0] && naive(pattern.substr(1), name.substr(1));
}

TEST(Pattern, AgreesWithTheObviousWay) {
    std::mt19937 random(1);
    const auto pick = [&](std::string_view from, std::size_t most) {
        std::string out(random() % (most + 1), ' ');
        for (auto& c : out) c = from[random() % from.size()];
        return out;
    };
    for (int i = 0; i < 50'000; ++i) {
        const auto pattern = pick("ab/*%", 7), name = pick("ab/", 8);
        ASSERT_EQ(Pattern(pattern).matches(name), naive(pattern, name)) << pattern << " " << name;
    }
}

TEST(Pattern, LongPatternsCostLittle) {
    // Over many words of bits, and the shape that makes backtracking explode.
    std::string pattern, name(1000, 'a');
    for (int i = 0; i < 400; ++i) pattern += "*a%";
    EXPECT_TRUE(Pattern(pattern).matches(name));
    EXPECT_FALSE(Pattern(pattern + "b").matches(name));
    EXPECT_FALSE(Pattern(std::string(60'000, 'a') + "*").matches(name));
    EXPECT_TRUE(Pattern(std::string(60'000, '%')).matches(name));
    for (std::size_t n = 60; n < 70; ++n) {
        EXPECT_TRUE(Pattern(std::string(n, 'a') + "*").matches(name)) << n;
        EXPECT_TRUE(Pattern("*" + std::string(n, 'a')).matches(name)) << n;
        EXPECT_FALSE(Pattern(std::string(n, 'a') + "b*").matches(name)) << n;
    }
}

}  // namespace
}  // namespace rook::imap::wire
