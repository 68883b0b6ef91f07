#include "imap/fetch_section.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "message/parser.h"

namespace rook::imap {
namespace {

TEST(Section, reads_and_spells) {
    struct Row {
        std::string_view text, spelled;
    };
    const Row rows[] = {
        {"[]", ""},
        {"[1]", "1"},
        {"[12.3.4]", "12.3.4"},
        {"[HEADER]", "HEADER"},
        {"[text]", "TEXT"},
        {"[1.MIME]", "1.MIME"},
        {"[4.2.header]", "4.2.HEADER"},
        {"[HEADER.FIELDS (From)]", "HEADER.FIELDS (From)"},
        {"[1.header.fields.not (\"Dat e\" {2}\r\nTo)]", "1.HEADER.FIELDS.NOT (\"Dat e\" To)"},
    };
    for (const auto& row : rows) {
        wire::Args args(row.text);
        const auto section = read_section(args);
        ASSERT_TRUE(section) << row.text << ": " << section.error().said;
        EXPECT_EQ(section->spelled, row.spelled);
        EXPECT_TRUE(args.at_end()) << row.text;
    }
}

TEST(Section, refuses) {
    for (const std::string_view text : {"",
                                        "[",
                                        "[1",
                                        "[0]",
                                        "[1.]",
                                        "[.1]",
                                        "[1..2]",
                                        "[MIME]",
                                        "[HEADERS]",
                                        "[1.BODY]",
                                        "[HEADER.FIELDS]",
                                        "[HEADER.FIELDS ()]",
                                        "[HEADER.FIELDS From]",
                                        "[TEXT.1]",
                                        "[4294967296]",
                                        "[]<1>",
                                        "[]<1.0>",
                                        "[]<1.>",
                                        "[]<-1.5>",
                                        "[]<1.2"}) {
        wire::Args args(text);
        EXPECT_FALSE(read_section(args)) << text;
    }
    std::string deep = "[1";
    for (int i = 0; i < 100'000; ++i) deep += ".1";
    wire::Args args(deep);
    EXPECT_FALSE(read_section(args));
}

TEST(Section, partial_is_cut_to_what_there_is) {
    struct Row {
        std::string_view text;
        std::uint64_t begin, end;
    };
    for (const auto& row :
         {Row{"<0.10>", 100, 110}, Row{"<5.10>", 105, 115}, Row{"<15.10>", 115, 120},
          Row{"<20.1>", 120, 120}, Row{"<4294967295.9>", 120, 120},
          Row{"<9223372036854775807.9223372036854775807>", 120, 120},
          Row{"<1.9223372036854775807>", 101, 120}, Row{"", 100, 120}}) {
        wire::Args args(row.text);
        const auto partial = read_partial(args);
        ASSERT_TRUE(partial) << row.text;
        const auto range = clip({100, 120}, *partial);
        EXPECT_EQ(range.begin, row.begin) << row.text;
        EXPECT_EQ(range.end, row.end) << row.text;
    }
}

// A multipart that holds a text, a message that is a multipart, and a message that is not.
constexpr std::string_view kNested =
    "Subject: outer\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n"
    "--a\r\nContent-Type: text/plain\r\n\r\none\r\n"
    "--a\r\nContent-Type: message/rfc822\r\nX-Mime: 2\r\n\r\n"
    "Subject: inner\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: text/plain\r\n\r\ntwo.one\r\n"
    "--b\r\nContent-Type: text/html\r\n\r\ntwo.two\r\n--b--\r\n"
    "\r\n--a\r\nContent-Type: message/rfc822\r\n\r\n"
    "Subject: simple\r\n\r\nthree.one\r\n--a--\r\n";

std::string found(std::string_view message, std::string_view text) {
    wire::Args args(text);
    const auto section = read_section(args);
    if (!section) return "BAD";
    const auto summary = message::parse(message);
    const auto record = message::encode(summary);
    const auto view = message::SummaryView::open(record);
    const PartTree tree(summary.parts);
    const auto located = locate(*section, tree, *view);
    if (!located.bytes) return "NIL";
    const auto bytes =
        message.substr(located.bytes->begin, located.bytes->end - located.bytes->begin);
    if (!located.is_header) return std::string(bytes);
    return message::pick_fields(
        bytes, section->names,
        section->what == Section::What::Fields ? message::Pick::Only : message::Pick::AllBut);
}

TEST(Section, finds_nested_parts) {
    struct Row {
        std::string_view section, want;
    };
    const std::string inner(
        kNested.substr(kNested.find("Subject: inner"),
                       kNested.find("\r\n--a\r\nContent-Type: message/rfc822\r\n\r\nSubject: sim") -
                           kNested.find("Subject: inner")));
    const Row rows[] = {
        {"[]", kNested},
        {"[HEADER]", "Subject: outer\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n"},
        {"[TEXT]", kNested.substr(kNested.find("--a"))},
        {"[1]", "one"},
        {"[1.MIME]", "Content-Type: text/plain\r\n\r\n"},
        {"[1.1]", "NIL"},
        {"[1.HEADER]", "NIL"},
        {"[1.TEXT]", "NIL"},
        {"[2]", inner},
        {"[2.MIME]", "Content-Type: message/rfc822\r\nX-Mime: 2\r\n\r\n"},
        {"[2.HEADER]", "Subject: inner\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"},
        {"[2.HEADER.FIELDS (subject)]", "Subject: inner\r\n\r\n"},
        {"[2.HEADER.FIELDS.NOT (subject)]",
         "Content-Type: multipart/alternative; boundary=b\r\n\r\n"},
        {"[2.TEXT]", std::string_view(inner).substr(inner.find("--b"))},
        {"[2.1]", "two.one"},
        {"[2.2]", "two.two"},
        {"[2.2.MIME]", "Content-Type: text/html\r\n\r\n"},
        {"[2.3]", "NIL"},
        {"[3.1]", "three.one"},
        {"[3.TEXT]", "three.one"},
        {"[3.HEADER]", "Subject: simple\r\n\r\n"},
        {"[3.1.1]", "NIL"},
        {"[3.2]", "NIL"},
        {"[4]", "NIL"},
        {"[4294967295]", "NIL"},
        {"[HEADER.FIELDS (SUBJECT X)]", "Subject: outer\r\n\r\n"},
        {"[HEADER.FIELDS (X)]", "\r\n"},
    };
    for (const auto& row : rows) EXPECT_EQ(found(kNested, row.section), row.want) << row.section;
}

TEST(Section, finds_in_a_message_of_one_part) {
    const std::string_view simple = "Subject: s\r\n\r\nbody\r\n";
    EXPECT_EQ(found(simple, "[1]"), "body\r\n");
    EXPECT_EQ(found(simple, "[TEXT]"), "body\r\n");
    EXPECT_EQ(found(simple, "[1.MIME]"), "Subject: s\r\n\r\n");
    EXPECT_EQ(found(simple, "[2]"), "NIL");
    EXPECT_EQ(found(simple, "[1.1]"), "NIL");
    EXPECT_EQ(found("", "[]"), "");
    EXPECT_EQ(found("", "[HEADER]"), "");
    EXPECT_EQ(found("", "[1]"), "");
    // A message whose own type is message/rfc822.
    const std::string_view digest =
        "Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nbody\r\n";
    EXPECT_EQ(found(digest, "[1]"), "Subject: in\r\n\r\nbody\r\n");
    EXPECT_EQ(found(digest, "[1.HEADER]"), "Subject: in\r\n\r\n");
    EXPECT_EQ(found(digest, "[1.1]"), "body\r\n");
}

}  // namespace
}  // namespace rook::imap
