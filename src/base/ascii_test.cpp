#include "base/ascii.h"

#include <gtest/gtest.h>

namespace rook {
namespace {

TEST(Ascii, Case) {
    EXPECT_EQ(to_lower("INBOX.\xC4[Z]"), "inbox.\xC4[z]");
    EXPECT_EQ(to_upper("a-z{\xE4"), "A-Z{\xE4");
    EXPECT_TRUE(iequals("Inbox", "iNBOX"));
    EXPECT_FALSE(iequals("inbox", "inbo"));
    EXPECT_FALSE(iequals("@", "`"));  // 32 apart, not letters
    EXPECT_TRUE(istarts_with("BODY.PEEK[]", "body."));
    EXPECT_FALSE(istarts_with("BO", "body"));
    EXPECT_TRUE(ILess{}("abc", "ABD"));
    EXPECT_FALSE(ILess{}("ABC", "abc"));
    EXPECT_TRUE(ILess{}("z", "\xE4"));
}

TEST(Ascii, Trim) {
    EXPECT_EQ(trim(" \t a b\r\n"), "a b");
    EXPECT_EQ(trim(" \r\n"), "");
    EXPECT_EQ(trim_left(" a "), "a ");
    EXPECT_EQ(trim_right(" a "), " a");
}

TEST(Ascii, Split) {
    EXPECT_EQ(split("", ',').size(), 1u);
    EXPECT_EQ(split("a,,b,", ','), (std::vector<std::string_view>{"a", "", "b", ""}));
}

TEST(Ascii, Numbers) {
    struct {
        std::string_view text;
        std::optional<std::uint32_t> want;
    } cases[] = {
        {"0", 0},           {"4294967295", 4294967295u},
        {"4294967296", {}}, {"99999999999999999999", {}},
        {"007", 7},         {"", {}},
        {"-1", {}},         {"+1", {}},
        {" 1", {}},         {"1 ", {}},
        {"1x", {}},         {"0x1", {}},
    };
    for (auto& c : cases) EXPECT_EQ(parse_number<std::uint32_t>(c.text), c.want) << c.text;
    EXPECT_EQ(parse_number<std::int64_t>("-5"), -5);
    EXPECT_EQ(parse_number<std::uint8_t>("256"), std::nullopt);
}

TEST(Ascii, IsAsciiAtEveryPlace) {
    for (std::size_t size = 0; size < 40; ++size) {
        std::string text(size, 'x');
        EXPECT_TRUE(is_ascii(text));
        for (std::size_t i = 0; i < size; ++i) {
            text[i] = '\x80';
            EXPECT_FALSE(is_ascii(text)) << size << " " << i;
            text[i] = '\x7F';
        }
    }
}

TEST(Ascii, Hex) {
    EXPECT_EQ(hex_value('f'), 15);
    EXPECT_EQ(hex_value('A'), 10);
    EXPECT_EQ(hex_value('0'), 0);
    EXPECT_EQ(hex_value('g'), -1);
    EXPECT_EQ(hex_value('/'), -1);
}

}  // namespace
}  // namespace rook
