#include "message/parser.h"

#include <gtest/gtest.h>

#include "message/test_support.h"

namespace rook::message {
namespace {

const std::string kNested = crlf(
    "From: \"Doe, Jane\" <jane@example.com>\n"
    "To: Group: a@example.com, b@example.com;, c@example.com\n"
    "Subject: =?utf-8?q?H=C3=A9llo?= world\n"
    "Date: Mon, 2 Jan 2006 15:04:05 -0700\n"
    "Message-ID: <1@example.com>\n"
    "References: <a@x> <b@x>\n"
    "In-Reply-To: <c@x>\n"
    "Content-Type: multipart/mixed; boundary=outer\n"
    "\n"
    "preamble\n"
    "--outer\n"
    "Content-Type: multipart/alternative; boundary=\"outer2\"\n"
    "\n"
    "--outer2\n"
    "Content-Type: text/plain; charset=utf-8\n"
    "\n"
    "Hello,\n"
    "  world!\n"
    "--outer2\n"
    "Content-Type: text/html\n"
    "\n"
    "<p>Hello</p>\n"
    "--outer2--\n"
    "epilogue\n"
    "--outer\n"
    "Content-Type: message/rfc822\n"
    "\n"
    "Subject: inner\n"
    "From: inner@example.com\n"
    "\n"
    "inner body\n"
    "\n"
    "--outer\n"
    "Content-Type: application/octet-stream\n"
    "Content-Transfer-Encoding: BASE64\n"
    "Content-Disposition: attachment; filename=\"a b.bin\"\n"
    "\n"
    "AAAA\n"
    "--outer--\n"
    "end\n");

TEST(Parser, ReadsAMessage) {
    auto s = parse(kNested);
    EXPECT_EQ(s.size, kNested.size());
    EXPECT_EQ(s.header_size, kNested.find("\r\n\r\n") + 4);
    EXPECT_EQ(s.header, kNested.substr(0, s.header_size));
    EXPECT_EQ(s.sent, 1136239445);
    EXPECT_EQ(s.sent_zone, -420);
    EXPECT_EQ(s.subject, "H\xC3\xA9llo world");
    EXPECT_EQ(s.message_id, "1@example.com");
    EXPECT_EQ(s.references, (std::vector<std::string>{"a@x", "b@x", "c@x"}));
    EXPECT_TRUE(s.has_attachment);
    EXPECT_EQ(s.preview, "Hello, world!");
    ASSERT_EQ(s.to.size(), 5u);
    EXPECT_EQ(s.to[0].mailbox, "Group");
    EXPECT_EQ(s.to[0].kind, Address::Kind::GroupStart);
    EXPECT_EQ(s.reply_to[0].name, "Doe, Jane");
    ASSERT_EQ(s.parts.size(), 7u);
    auto body = [&](int i) {
        return kNested.substr(s.parts[i].body_begin, s.parts[i].body_end - s.parts[i].body_begin);
    };
    EXPECT_EQ(body(2), "Hello,\r\n  world!");
    EXPECT_EQ(body(3), "<p>Hello</p>");
    EXPECT_EQ(body(4), "Subject: inner\r\nFrom: inner@example.com\r\n\r\ninner body\r\n");
    EXPECT_EQ(body(5), "inner body\r\n");
    EXPECT_EQ(body(6), "AAAA");
    EXPECT_EQ(s.imap_envelope,
              "(\"Mon, 2 Jan 2006 15:04:05 -0700\" \"=?utf-8?q?H=C3=A9llo?= world\" ((\"Doe, "
              "Jane\" NIL \"jane\" \"example.com\")) "
              "((\"Doe, Jane\" NIL \"jane\" \"example.com\")) ((\"Doe, Jane\" NIL \"jane\" "
              "\"example.com\")) "
              "((NIL NIL \"Group\" NIL)(NIL NIL \"a\" \"example.com\")(NIL NIL \"b\" "
              "\"example.com\")(NIL NIL NIL NIL)(NIL NIL \"c\" "
              "\"example.com\")) NIL NIL \"<c@x>\" \"<1@example.com>\")");
    EXPECT_EQ(s.imap_body,
              "(((\"text\" \"plain\" (\"charset\" \"utf-8\") NIL NIL \"7bit\" 16 1)(\"text\" "
              "\"html\" NIL NIL NIL \"7bit\" 12 0) \"alternative\")"
              "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 55 (NIL \"inner\" ((NIL NIL \"inner\" "
              "\"example.com\")) "
              "((NIL NIL \"inner\" \"example.com\")) ((NIL NIL \"inner\" \"example.com\")) NIL NIL "
              "NIL NIL NIL) "
              "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 12 1) 4)"
              "(\"application\" \"octet-stream\" NIL NIL NIL \"base64\" 4) \"mixed\")");
}

// The same bytes in two pieces, cut anywhere, and byte by byte.
void expect_same_in_pieces(const std::string& text) {
    auto want = encode(parse(text));
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        Parser parser;
        parser.feed(std::string_view(text).substr(0, cut));
        parser.feed(std::string_view(text).substr(cut));
        ASSERT_EQ(encode(parser.finish()), want) << "cut at " << cut;
    }
    Parser parser;
    for (char c : text) parser.feed(std::string_view(&c, 1));
    ASSERT_EQ(encode(parser.finish()), want);
}

TEST(Parser, PiecesDoNotMatter) {
    expect_same_in_pieces(kNested);
    std::string lf = kNested, cr = kNested;
    std::erase(lf, '\r');
    std::erase(cr, '\n');
    expect_same_in_pieces(lf);
    expect_same_in_pieces(cr);
    EXPECT_EQ(parse(lf).parts.size(), 7u);
    EXPECT_EQ(parse(cr).parts.size(), 7u);
}

}  // namespace
}  // namespace rook::message
