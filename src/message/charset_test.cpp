#include "message/charset.h"

#include <gtest/gtest.h>

namespace rook::message {
namespace {

TEST(Charset, ToUtf8) {
    struct {
        std::string_view charset, bytes, want;
    } cases[] = {
        {"utf-8", "h\xC3\xA9", "h\xC3\xA9"},
        {"UTF8", "h\xE9!", "h\xEF\xBF\xBD!"},
        {"utf-8", "\xE2\x82", "\xEF\xBF\xBD"},
        {"iso-8859-1", "h\xE9\x80", "h\xC3\xA9\xE2\x82\xAC"},
        {"windows-1252", "\x93q\x94", "\xE2\x80\x9Cq\xE2\x80\x9D"},
        {"us-ascii", "h\xC3\xA9", "h\xC3\xA9"},
        {"us-ascii", "h\xE9", "h\xC3\xA9"},
        {"", "h\xE9", "h\xC3\xA9"},
        {"x-nonsense", "h\xE9", "h\xC3\xA9"},
        {"\"koi8-r\"", "\xF0\xD2\xC9", "\xD0\x9F\xD1\x80\xD0\xB8"},
        {"windows-1251", "\xCF\xF0", "\xD0\x9F\xD1\x80"},
        {"gb2312", "\xD6\xD0", "\xE4\xB8\xAD"},
        {"big5", "\xA4\xA4", "\xE4\xB8\xAD"},
        {"shift_jis", "\x93\xFA", "\xE6\x97\xA5"},
        {"euc-kr", "\xC7\xD1", "\xED\x95\x9C"},
        {"ks_c_5601-1987", "\xC7\xD1", "\xED\x95\x9C"},
        {"iso-2022-jp", "\x1B$BF|K\\\x1B(B!", "\xE6\x97\xA5\xE6\x9C\xAC!"},
        {"utf-7", "h+AOk-", "h\xC3\xA9"},
        {"utf-16le", std::string_view("\x3D\xD8\x00\xDE", 4), "\xF0\x9F\x98\x80"},
        {"utf-16be", std::string_view("\xD8\x3D", 2), "\xEF\xBF\xBD"},
        {"iso-8859-15", "\xA4", "\xE2\x82\xAC"},
        {"../../etc/passwd", "a\xE9", "a\xC3\xA9"},
    };
    for (auto& c : cases) EXPECT_EQ(to_utf8(c.bytes, c.charset), c.want) << c.charset;
}

TEST(Charset, Known) {
    for (std::string_view name : {"utf-8", "US-ASCII", "iso-8859-1", "ISO-8859-2", "koi8-r",
                                  "iso-2022-jp", "gb18030", "big5", "utf-7"}) {
        EXPECT_TRUE(is_known_charset(name)) << name;
    }
    for (std::string_view name :
         {"", "x-nonsense", "unknown-8bit", "utf-8,swaplfnl", "../x", "utf-9"}) {
        EXPECT_FALSE(is_known_charset(name)) << name;
    }
}

TEST(Charset, PiecesDoNotMatter) {
    std::pair<std::string_view, std::string_view> cases[] = {
        {"utf-8", "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z\xE2\x82z\x80\xC3"},
        {"iso-2022-jp", "ab\x1B$BF|K\\\x1B(Bcd"},
        {"utf-16be", std::string_view("\x00h\xD8\x3D\xDE\x00\x00!", 8)},
        {"gb18030", "\xD6\xD0x\x81\x30\x81\x30"},
    };
    for (auto& [charset, bytes] : cases) {
        auto want = to_utf8(bytes, charset);
        for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
            Utf8Converter converter(charset);
            std::string out;
            converter.feed(bytes.substr(0, cut), out);
            converter.feed(bytes.substr(cut), out);
            converter.finish(out);
            EXPECT_EQ(out, want) << charset << " " << cut;
        }
    }
}

TEST(Charset, LongText) {
    std::string bytes, want;
    for (int i = 0; i < 5000; ++i) {
        bytes += "\xD6\xD0";
        want += "\xE4\xB8\xAD";
    }
    EXPECT_EQ(to_utf8(bytes, "gbk"), want);
}

}  // namespace
}  // namespace rook::message
