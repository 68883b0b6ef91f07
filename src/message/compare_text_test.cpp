#include "message/compare_text.h"

#include <gtest/gtest.h>

namespace rook::message {
namespace {

TEST(CompareText, NormalForm) {
    std::pair<std::string_view, std::string_view> cases[] = {
        {"", ""},
        {"HeLLo [\\]^_`{|}~ 1", "hello [\\]^_`{|}~ 1"},
        {"\xC3\x89", "\xC3\xA9"},   // E acute
        {"E\xCC\x81", "\xC3\xA9"},  // E and a combining acute
        {"Stra\xC3\x9F"
         "e",
         "strasse"},
        {"\xEF\xAC\x81x", "fix"},                  // the fi ligature
        {"\xEF\xBC\xA1", "a"},                     // full-width A
        {"\xCE\xA3\xCF\x82", "\xCF\x83\xCF\x83"},  // sigmas
        {"a\xC2\xAD"
         "b",
         "ab"},  // soft hyphen
        {"a\xFF"
         "b",
         "a\xEF\xBF\xBD"
         "b"},
        {"a\r\n b", "a\r\n b"},
    };
    for (auto& [text, want] : cases) EXPECT_EQ(normal_form(text), want) << text;
}

TEST(CompareText, PiecesDoNotMatter) {
    std::string text =
        "Caf\x65\xCC\x81 \xE2\x84\xAB \xEF\xAC\x81 \xED\x95\x9C\xEA\xB8\x80 e\xCC\x81\xCC\xA3 X";
    auto want = normal_form(text);
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        NormalForm form;
        std::string out;
        form.feed(std::string_view(text).substr(0, cut), out);
        form.feed(std::string_view(text).substr(cut), out);
        form.finish(out);
        EXPECT_EQ(out, want) << cut;
    }
    std::string hangul;
    for (int i = 0; i < 10'000; ++i) hangul += "\xED\x95\x9C";
    NormalForm form;
    std::string out;
    for (std::size_t at = 0; at < hangul.size(); at += 1000)
        form.feed(std::string_view(hangul).substr(at, 1000), out);
    form.finish(out);
    EXPECT_EQ(out, hangul);
}

TEST(CompareText, Contains) {
    EXPECT_TRUE(contains("hello world", "o w"));
    EXPECT_FALSE(contains("hello", "world"));
    EXPECT_TRUE(contains("", ""));
    EXPECT_TRUE(contains("x", ""));
    EXPECT_FALSE(contains("", "x"));
}

TEST(CompareText, NeedleInPieces) {
    std::string text = "aaabaaabaaac", needle = "aabaaac";
    for (std::size_t size = 1; size <= text.size(); ++size) {
        NeedleFinder finder(needle), absent("aabaaad");
        for (std::size_t at = 0; at < text.size(); at += size) {
            finder.feed(std::string_view(text).substr(at, size));
            absent.feed(std::string_view(text).substr(at, size));
        }
        EXPECT_TRUE(finder.found()) << size;
        EXPECT_FALSE(absent.found()) << size;
    }
    EXPECT_TRUE(NeedleFinder("").found());
}

}  // namespace
}  // namespace rook::message
