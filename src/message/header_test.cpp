#include "message/header.h"

#include <gtest/gtest.h>

namespace rook::message {
namespace {

std::string list(std::string_view header) {
    std::string out;
    FieldReader fields(header);
    while (auto field = fields.next()) {
        out.append("[").append(field->name).append("|").append(unfold(field->value)).append("]");
    }
    return out;
}

TEST(Header, Fields) {
    std::pair<std::string_view, std::string_view> cases[] = {
        {"", ""},
        {"A: b\r\n\r\nC: d\r\n", "[A|b]"},
        {"A: b\nC:d\n", "[A|b][C|d]"},
        {"A: b\r\n c\r\n\td\r\nE: f", "[A|b c\td][E|f]"},
        {"A : b\r\n", "[A|b]"},
        {"A:\r\n", "[A|]"},
        {"A:\r\n \r\n", "[A|]"},
        {"From x@y Mon Jan  2\nA: b\n", "[A|b]"},
        {"no field\nA: b\nno field either\n and this belongs to it\nC: d\n", "[A|b][C|d]"},
        {" lost\nA: b\n", "[A|b]"},
        {": no name\nA: b\n", "[A|b]"},
        {"X: y\r\nA: b\rc\r\nD: e\r\n", "[X|y][A|bc][D|e]"},
        {"\xEF\xBB\xBF"
         "A: b\n",
         "[A|b]"},
        {"A: b;\nc=d;\ne=f\ng\nH: i;\nJ: k;\n\nl", "[A|b;c=d;e=f][H|i;][J|k;]"},
        {"A: b\rC: d\r\rE: f", "[A|b][C|d]"},
        {"A: b\r\n\r\n", "[A|b]"},
        {std::string_view("A: b\0c\n", 7), "[A|bc]"},
        {"\xC3\xA9: b\n", "[\xC3\xA9|b]"},
        {"A: b\r\r\nC: d\r\r\n\r\r\nE: f", "[A|b][C|d]"},
    };
    for (auto& [header, want] : cases)
        EXPECT_EQ(list(header), want) << testing::PrintToString(header);
}

TEST(Header, FindField) {
    EXPECT_EQ(find_field("Subject: a\r\n b\r\nSUBJECT: c\r\n", "subject"), " a\r\n b");
    EXPECT_EQ(find_field("Subject: a\r\n\r\nTo: b\r\n", "to"), std::nullopt);
}

TEST(Header, PickFields) {
    std::string_view header = "From: a\r\nX-A: 1\r\n 2\r\nto: b\r\nX-a: 3\r\n\r\n";
    EXPECT_EQ(pick_fields(header, {"x-A", "absent"}, Pick::Only), "X-A: 1\r\n 2\r\nX-a: 3\r\n\r\n");
    EXPECT_EQ(pick_fields(header, {"x-A", "absent"}, Pick::AllBut), "From: a\r\nto: b\r\n\r\n");
    EXPECT_EQ(pick_fields(header, {}, Pick::Only), "\r\n");
    EXPECT_EQ(pick_fields(header, {}, Pick::AllBut), header);
    // RFC 9051 6.4.5.1: no empty line where the message has none.
    EXPECT_EQ(pick_fields("A: b\r\nC: d\r\n", {"a"}, Pick::Only), "A: b\r\n");
    EXPECT_EQ(pick_fields("", {"a"}, Pick::Only), "");
    EXPECT_EQ(pick_fields("\r\n", {"a"}, Pick::Only), "\r\n");
    EXPECT_EQ(pick_fields("A: b\n\n", {"a"}, Pick::Only), "A: b\n\r\n");
}

TEST(Header, LineEnds) {
    EXPECT_EQ(line_ends_of("a\r\nb\rc"), LineEnds::Lf);
    EXPECT_EQ(line_ends_of("a\r\r\nb"), LineEnds::Lf);
    EXPECT_EQ(line_ends_of("a\rb\n"), LineEnds::CrToo);
    EXPECT_EQ(line_ends_of("a\r"), LineEnds::Lf);
    EXPECT_EQ(line_ends_of(std::string(kMostCrs, '\r') + "\n"), LineEnds::CrToo);
    EXPECT_EQ(first_line("a\r\nb", LineEnds::CrToo), "a\r\n");
    EXPECT_EQ(first_line("a\rb", LineEnds::CrToo), "a\r");
    EXPECT_EQ(first_line("a\rb", LineEnds::Lf), "a\rb");
}

}  // namespace
}  // namespace rook::message
