#include "base/utf8.h"

#include <gtest/gtest.h>

namespace rook {
namespace {

TEST(Utf8, Valid) {
    for (std::string_view good : {"", "abc", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80",
                                  "\xEF\xBF\xBF", "\xF4\x8F\xBF\xBF", "\xED\x9F\xBF"}) {
        EXPECT_TRUE(is_valid_utf8(good)) << good;
    }
    for (std::string_view bad :
         {"\x80", "\xC3", "\xC0\xAF", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xED\xA0\x80",
          "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFE", "\xFF", "\xE2\x82",
          "a\xE2\x82z", "\xE2\x82\xAC\x80"}) {
        EXPECT_FALSE(is_valid_utf8(bad)) << testing::PrintToString(bad);
    }
}

TEST(Utf8, EveryCharacterComesBack) {
    for (char32_t c = 0; c <= 0x10FFFF; ++c) {
        if (c == 0xD800) c = 0xE000;
        std::string text;
        append_utf8(text, c);
        std::size_t at = 0;
        ASSERT_EQ(next_utf8(text, at), c);
        ASSERT_EQ(at, text.size());
    }
    std::string text;
    append_utf8(text, 0xD800);
    append_utf8(text, 0x110000);
    EXPECT_EQ(text, "\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(Utf8, BadBecomesReplacementByMaximalSubparts) {
    EXPECT_EQ(to_valid_utf8("a\xF0\x9F\x98z"), "a\xEF\xBF\xBDz");
    EXPECT_EQ(to_valid_utf8("\xC0\xAF"), "\xEF\xBF\xBD\xEF\xBF\xBD");
    EXPECT_EQ(to_valid_utf8("\xE2\x82\xAC\xE2\x82"), "\xE2\x82\xAC\xEF\xBF\xBD");
    EXPECT_EQ(to_valid_utf8("plain"), "plain");
}

TEST(Utf8, Truncate) {
    std::string_view text = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80";  // 1 + 2 + 3 + 4
    std::size_t want[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
    for (std::size_t n = 0; n < std::size(want); ++n)
        EXPECT_EQ(truncate_utf8(text, n).size(), want[n]) << n;
    EXPECT_EQ(first_utf8(text, 0), "");
    EXPECT_EQ(first_utf8(text, 2), "a\xC3\xA9");
    EXPECT_EQ(first_utf8(text, 99), text);
    EXPECT_EQ(utf8_length(text), 4u);
    // Never more than three bytes back, even in a run of stray continuation bytes.
    EXPECT_EQ(truncate_utf8(std::string(100, '\x80'), 50).size(), 47u);
}

}  // namespace
}  // namespace rook
