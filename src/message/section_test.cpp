#include "message/section.h"

#include <gtest/gtest.h>

#include "message/test_support.h"

namespace rook::message {
namespace {

// The example of RFC 9051 6.4.5.1.
const std::string kMessage = crlf(
    "Content-Type: multipart/mixed; boundary=a\n\n"
    "--a\nContent-Type: text/plain\n\n1\n"
    "--a\nContent-Type: application/octet-stream\n\n2\n"
    "--a\nContent-Type: message/rfc822\n\n"
    "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: "
    "text/plain\n\n3.1\n--b\nContent-Type: application/octet-stream\n\n3.2\n--b--\n"
    "--a\nContent-Type: multipart/mixed; boundary=c\n\n"
    "--c\nContent-Type: image/gif\n\n4.1\n"
    "--c\nContent-Type: message/rfc822\n\n"
    "Content-Type: multipart/mixed; boundary=d\n\n--d\nContent-Type: text/plain\n\n4.2.1\n"
    "--d\nContent-Type: multipart/alternative; boundary=e\n\n--e\n\n4.2.2.1\n--e\nContent-Type: "
    "text/richtext\n\n4.2.2.2\n--e--\n--d--\n"
    "--c--\n"
    "--a\nContent-Type: message/rfc822\n\n\n5.1\n"
    "--a--\n");

TEST(Section, Rfc9051Example) {
    auto s = parse(kMessage);
    std::string all;
    for (std::size_t i = 0; i < s.parts.size(); ++i) {
        auto& part = s.parts[i];
        auto section = section_of(s.parts, i);
        all += section + " ";
        if (part.is_multipart() || part.is_message()) continue;
        // Each leaf holds its own number.
        EXPECT_EQ(kMessage.substr(part.body_begin, part.body_end - part.body_begin), section);
    }
    EXPECT_EQ(all, " 1 2 3 3 3.1 3.2 4 4.1 4.2 4.2 4.2.1 4.2.2 4.2.2.1 4.2.2.2 5 5.1 ");
}

TEST(Section, FindPart) {
    auto s = parse(kMessage);
    struct {
        std::vector<std::uint32_t> numbers;
        std::string_view type;
    } cases[] = {
        {{}, "mixed"},
        {{1}, "plain"},
        {{3}, "rfc822"},
        {{3, 2}, "octet-stream"},
        {{4}, "mixed"},
        {{4, 2}, "rfc822"},
        {{4, 2, 2}, "alternative"},
        {{4, 2, 2, 2}, "richtext"},
        {{5}, "rfc822"},
        {{5, 1}, "plain"},
    };
    for (auto& c : cases) {
        auto* part = find_part(s.parts, c.numbers);
        ASSERT_TRUE(part) << c.type;
        EXPECT_EQ(part->subtype, c.type);
    }
    for (std::vector<std::uint32_t> absent :
         {std::vector<std::uint32_t>{0}, {6}, {1, 1}, {3, 3}, {5, 2}, {5, 1, 1}, {4, 2, 2, 2, 1}}) {
        EXPECT_FALSE(find_part(s.parts, absent));
    }
    auto* message = find_part(s.parts, std::vector<std::uint32_t>{3});
    EXPECT_EQ(embedded_message(s.parts, *message)->subtype, "mixed");
    EXPECT_FALSE(embedded_message(s.parts, s.parts[0]));
}

TEST(Section, BodiesThatAreNoMultiparts) {
    std::vector<std::uint32_t> one{1}, one_one{1, 1};
    auto text = parse("\r\nx");
    EXPECT_EQ(find_part(text.parts, one), &text.parts[0]);
    EXPECT_FALSE(find_part(text.parts, one_one));
    auto message = parse("Content-Type: message/rfc822\r\n\r\n\r\nx");
    EXPECT_EQ(find_part(message.parts, one), &message.parts[0]);
    EXPECT_EQ(find_part(message.parts, one_one), &message.parts[1]);
    EXPECT_EQ(section_of(message.parts, 1), "1.1");
}

}  // namespace
}  // namespace rook::message
