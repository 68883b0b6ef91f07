#include "message/parser.h"

#include <gtest/gtest.h>

#include <span>

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

// Parts as describe() writes them, without the offsets.
std::string shape(const Summary& s) {
    std::string out;
    std::vector<int> depth(s.parts.size());
    for (std::size_t i = 0; i < s.parts.size(); ++i) {
        auto& p = s.parts[i];
        if (p.parent >= 0) depth[i] = depth[static_cast<std::size_t>(p.parent)] + 1;
        if (i) out += ' ';
        out += fmt::format("{}{}{}/{}", std::string(static_cast<std::size_t>(depth[i]), '.'),
                           p.number, p.type, p.subtype);
        if (!p.is_multipart() && !p.is_message())
            out += fmt::format("[{}]", p.body_end - p.body_begin);
    }
    return out;
}

struct ShapeCase {
    std::string_view message, want;
};

void check_shapes(std::span<const ShapeCase> cases) {
    for (auto& c : cases) {
        auto text = crlf(c.message);
        EXPECT_EQ(shape(parse(text)), c.want) << c.message;
        expect_same_in_pieces(text);
        expect_same_in_pieces(std::string(c.message));
    }
}

TEST(Parser, HeadersAndBodies) {
    ShapeCase cases[] = {
        {"", "1text/plain[0]"},
        {"\n", "1text/plain[0]"},
        {"\nbody", "1text/plain[4]"},
        {"Subject: x", "1text/plain[0]"},
        {"Subject: x\n", "1text/plain[0]"},
        {"Subject: x\n\n", "1text/plain[0]"},
        {"just text\nmore\n", "1text/plain[17]"},
        {"just text", "1text/plain[9]"},
        {"http://example.com is a field\n\nbody", "1text/plain[4]"},
        {"From x@y Mon Jan  2\nContent-Type: a/b\n\nbody", "1a/b[4]"},
        {">From x@y Mon Jan  2\nContent-Type: a/b\n\nbody", "1a/b[4]"},
        {"Content-Type: a/b\nno field\nX: y\n\nbody", "1a/b[4]"},
        {"Content-Type:\n a/b\n\nbody", "1a/b[4]"},
        {"Content-Type : a/b\n\nbody", "1a/b[4]"},
        {"Content-Type: a/b\nContent-Type: c/d\n\nbody", "1a/b[4]"},
        {"Content-Type: nonsense\n\nbody", "1text/plain[4]"},
        {" lost\nContent-Type: a/b\n\nbody", "1a/b[4]"},
        {"Content-Type: a/b\n \nX: y\n\nbody", "1a/b[4]"},
    };
    check_shapes(cases);
}

TEST(Parser, Multiparts) {
    ShapeCase cases[] = {
        {"Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo\n--b--\n",
         "1multipart/mixed .1text/plain[3] .2text/plain[3]"},
        // No MIME-Version above; white space behind delimiters; quoted boundary with space at its
        // end
        {"Content-Type: multipart/mixed; boundary=\"b \"\n\n--b \t\n\none\n--b--  \n",
         "1multipart/mixed .1text/plain[3]"},
        // Not closed; closed without a line end; a delimiter at the end
        {"Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n",
         "1multipart/mixed .1text/plain[5]"},
        {"Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b--",
         "1multipart/mixed .1text/plain[3]"},
        {"Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b",
         "1multipart/mixed .1text/plain[3] .2text/plain[0]"},
        // Nothing after its end counts
        {"Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b--\n--b\n\ntwo\n--b--\n",
         "1multipart/mixed .1text/plain[3]"},
        // No boundary; a boundary that never comes; only its end
        {"Content-Type: multipart/mixed\n\n--b\n\none\n", "1text/plain[12]"},
        {"Content-Type: multipart/mixed; boundary=x\n\n--b\n\none\n", "1text/plain[12]"},
        {"Content-Type: multipart/mixed; boundary=b\n\n--b--\n", "1text/plain[7]"},
        // Longer and shorter than the boundary
        {"Content-Type: multipart/mixed; "
         "boundary=b\n\n--b\n\none\n--bb\n--b-\n--b--x\n--\n-b\n--b--\n",
         "1multipart/mixed .1text/plain[31]"},
        {"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; "
         "boundary=bb\n\n--bb\n\none\n--b\n\ntwo\n--b--\n",
         "1multipart/mixed .1multipart/mixed ..1text/plain[3] .2text/plain[3]"},
        {"Content-Type: multipart/mixed; boundary=bb\n\n--bb\nContent-Type: multipart/mixed; "
         "boundary=b\n\n--b\n\none\n--bb\n\ntwo\n--bb--\n",
         "1multipart/mixed .1multipart/mixed ..1text/plain[3] .2text/plain[3]"},
        // A boundary that ends like an end
        {"Content-Type: multipart/mixed; boundary=\"b--\"\n\n--b--\n\none\n--b----\n",
         "1multipart/mixed .1text/plain[3]"},
        // The same boundary twice: the innermost takes it
        {"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; "
         "boundary=b\n\n--b\n\none\n--b--\n--b\n\ntwo\n--b--\n",
         "1multipart/mixed .1multipart/mixed ..1text/plain[3] .2text/plain[3]"},
        // Delimiters in and right behind a header, and where the empty line is missing
        {"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: a/b\n--b\n\ntwo\n--b--\n",
         "1multipart/mixed .1a/b[0] .2text/plain[3]"},
        {"Content-Type: multipart/mixed; boundary=b\n\n--b\n\n--b--\n",
         "1multipart/mixed .1text/plain[0]"},
        {"Content-Type: multipart/mixed; boundary=b\n--b\n\none\n--b--\n",
         "1multipart/mixed .1text/plain[3]"},
        {"Content-Type: multipart/mixed; boundary=b\n\n--b\nno header\n--b--\n",
         "1multipart/mixed .1text/plain[9]"},
        {"Content-Type: multipart/mixed; boundary=b\n\n--b\n\n\n--b--\n",
         "1multipart/mixed .1text/plain[0]"},
        {"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; "
         "boundary=c\n\n--c\n\n--b--\n",
         "1multipart/mixed .1multipart/mixed ..1text/plain[0]"},
        // The empty line forgotten; white space forgotten in a fold
        {"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: a/b\nAAAA\n--b--\n",
         "1multipart/mixed .1a/b[4]"},
        {"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: a/b;\nx=y\nX: "
         "y\n\nAAAA\n--b--\n",
         "1multipart/mixed .1a/b[4]"},
        {"Content-Type: multipart/mixed;\nboundary=b\n\n--b\n\none\n--b--\n",
         "1multipart/mixed .1text/plain[3]"},
        {"Content-Type: multipart/mixed; boundary=b\n\n--b\n\n\n\n--b--\n",
         "1multipart/mixed .1text/plain[2]"},
        {"Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: "
         "x\n\none\n--b\nContent-Type: text/plain\n\ntwo\n--b--\n",
         "1multipart/digest .1message/rfc822 ..1text/plain[3] .2text/plain[3]"},
    };
    for (auto& c : cases) {
        auto text = crlf(c.message);
        EXPECT_EQ(shape(parse(text)), c.want) << c.message;
        expect_same_in_pieces(text);
        expect_same_in_pieces(std::string(c.message));
    }
}

TEST(Parser, NestedMessages) {
    ShapeCase cases[] = {
        {"Content-Type: message/rfc822\n\nContent-Type: a/b\n\nbody", "1message/rfc822 .1a/b[4]"},
        {"Content-Type: message/global\n\nContent-Type: a/b\n\nbody", "1message/global .1a/b[4]"},
        {"Content-Type: message/rfc822\n\n", "1message/rfc822 .1text/plain[0]"},
        {"Content-Type: message/rfc822", "1message/rfc822 .1text/plain[0]"},
        {"Content-Type: message/rfc822\n\nContent-Type: message/rfc822\n\nContent-Type: "
         "message/rfc822\n\nx",
         "1message/rfc822 .1message/rfc822 ..1message/rfc822 ...1text/plain[1]"},
        {"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nAAAA",
         "1application/octet-stream[4]"},
        {"Content-Type: message/delivery-status\n\nA: b\n", "1message/delivery-status[6]"},
        {"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: "
         "message/rfc822\n\n--b\n\ntwo\n--b--\n",
         "1multipart/mixed .1message/rfc822 ..1text/plain[0] .2text/plain[3]"},
        {"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: "
         "message/rfc822\n\nSubject: x\n--b\n\ntwo\n--b--\n",
         "1multipart/mixed .1message/rfc822 ..1text/plain[0] .2text/plain[3]"},
        {"Content-Type: message/rfc822\n\nContent-Type: multipart/mixed; "
         "boundary=b\n\n--b\n\none\n--b--\n",
         "1message/rfc822 .1multipart/mixed ..1text/plain[3]"},
    };
    check_shapes(cases);
}

TEST(Parser, MixedLineEndsAndNuls) {
    std::string text =
        "Subject: a\nTo: b@x\r\nContent-Type: multipart/mixed; "
        "boundary=b\r\n\n--b\n\r\none\r\n--b\r\n\ntwo\n--b--";
    auto s = parse(text);
    EXPECT_EQ(shape(s), "1multipart/mixed .1text/plain[3] .2text/plain[3]");
    expect_same_in_pieces(text);

    using namespace std::string_literals;
    std::string nuls = "X: y\r\nSub\0ject: no\r\nSubject: a\0b\r\n\r\n\0\0x"s;
    s = parse(nuls);
    EXPECT_EQ(s.subject, "ab");
    EXPECT_EQ(s.parts[0].body_end - s.parts[0].body_begin, 3u);
    EXPECT_EQ(s.imap_envelope.find('\0'), std::string::npos);
    expect_same_in_pieces(nuls);

    for (std::string_view odd : {"\r", "\r\r\r", "\r\n\r", "a\r", "a\r\r", "\n\r",
                                 "A: b\r\r\r\nC: d\r\r\n\r\r\nx\r\r\n", "--\r--\n--"}) {
        expect_same_in_pieces(std::string(odd));
    }
    expect_same_in_pieces("A: b" + std::string(1100, '\r') + "\nC: d\r\r\n\r");
}

TEST(Parser, LongLines) {
    std::string message = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n";
    auto body = "--b" + std::string(5000, ' ') + "\r\n-" + std::string(5000, '-') + "\r\n" +
                std::string(100'000, 'x');
    message += body + "\r\n--b--\r\n";
    auto s = parse(message);
    ASSERT_EQ(s.parts.size(), 2u);
    EXPECT_EQ(message.substr(s.parts[1].body_begin, s.parts[1].body_end - s.parts[1].body_begin),
              body);
    for (std::size_t cut : {100u, 4000u, 4096u, 4150u, 5100u, 9000u, 10'200u}) {
        Parser parser;
        parser.feed(std::string_view(message).substr(0, cut));
        parser.feed(std::string_view(message).substr(cut));
        EXPECT_EQ(encode(parser.finish()), encode(s)) << cut;
    }
    // A field name that never ends, and a header longer than what is kept.
    s = parse(std::string(1'000'000, 'x') + ": y\r\n\r\nbody");
    EXPECT_EQ(s.header_size, 0u);
    s = parse("Subject: a\r\nX: " + std::string(1'000'000, 'x') + "\r\nTo: late@x\r\n\r\nbody");
    EXPECT_EQ(s.subject, "a");
    EXPECT_TRUE(s.to.empty());
    EXPECT_EQ(s.header.size(), 256u * 1024);
    EXPECT_EQ(s.size - s.header_size, 4u);
}

TEST(Parser, Limits) {
    ParserLimits limits;
    limits.parts = 4;
    limits.depth = 2;
    std::string many = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    for (int i = 0; i < 10; ++i) many += "--b\r\n\r\none\r\n";
    many += "--b--\r\n";
    auto s = parse(many, limits);
    EXPECT_EQ(shape(s), "1multipart/mixed .1text/plain[3] .2text/plain[3] .3text/plain[87]");

    std::string deep;
    for (int i = 0; i < 10; ++i)
        deep += fmt::format("Content-Type: multipart/mixed; boundary=b{0}\r\n\r\n--b{0}\r\n", i);
    EXPECT_EQ(shape(parse(deep, limits)),
              "1multipart/mixed .1multipart/mixed ..1application/octet-stream[370]");
    std::string messages;
    for (int i = 0; i < 10; ++i) messages += "Content-Type: message/rfc822\r\n\r\n";
    EXPECT_EQ(shape(parse(messages, limits)),
              "1message/rfc822 .1message/rfc822 ..1application/octet-stream[224]");
}

// A store takes at most 4 MB in one batch, the Summary's record among it.
TEST(Parser, RecordsStaySmall) {
    auto repeated = [](std::string start, std::string_view unit) {
        while (start.size() < 8'000'000) start += unit;
        return start;
    };
    std::string multipart = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    std::string names = "--b\r\nContent-Type: a/b; name=\"" + std::string(2000, '"') + "\r\n\r\n";
    for (auto& message : {
             repeated(multipart, "--b\n\n"),
             repeated(multipart, "--b\nContent-Type: message/rfc822\n\nFrom: a,b,c,d,e,f,g\n\n"),
             repeated(multipart, "--b\nContent-ID: " + std::string(5000, '\\') + "\n\n"),
             repeated(multipart, names),
             repeated("Subject: =?utf-8?q?", "\xFF"),
             repeated("From: ", "\xFF"),
             repeated("From: a", ",a"),
             repeated("To: ", "\xFF"),
             repeated("To: a", ",a"),
             repeated("References: ", "<\xFF>"),
         }) {
        EXPECT_LT(encode(parse(message)).size(), 3'600'000u) << message.substr(0, 100);
    }
    auto s = parse(repeated(multipart, "--b\r\n\r\n"));
    EXPECT_EQ(s.parts.size(), 10'000u);
}

TEST(Parser, HasAttachment) {
    std::pair<std::string_view, bool> cases[] = {
        {"\nx", false},
        {"Content-Disposition: attachment\n\nx", true},
        {"Content-Type: application/pdf\n\nx", true},
        {"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b\nContent-Type: image/png; "
         "name=x\n\n--b--\n",
         true},
        {"Content-Type: multipart/related; boundary=b\n\n--b\n\nx\n--b\nContent-Type: image/png; "
         "name=x\nContent-ID: <i>\n\n--b--\n",
         false},
        {"Content-Type: multipart/signed; boundary=b\n\n--b\n\nx\n--b\nContent-Type: "
         "application/pgp-signature; name=x.asc\n\n--b--\n",
         false},
        {"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b\nContent-Type: "
         "message/rfc822\n\n--b--\n",
         true},
        {"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b\n\nfooter\n--b--\n", false},
    };
    for (auto& [message, want] : cases)
        EXPECT_EQ(parse(crlf(message)).has_attachment, want) << message;
}

}  // namespace
}  // namespace rook::message
