#include "imap/wire/writer.h"

#include <gtest/gtest.h>

namespace rook::imap::wire {
namespace {

using namespace std::string_view_literals;

template <class Write>
std::string written(Write&& write, bool utf8 = false) {
    std::string out;
    Writer writer(out, {.utf8 = utf8});
    write(writer);
    return out;
}

TEST(Writer, SetsValuesApart) {
    EXPECT_EQ(written([](Writer& w) { w.line(5, "EXISTS").end(); }), "* 5 EXISTS\r\n");
    EXPECT_EQ(written([](Writer& w) {
                  w.line("LIST").open().atom("\\HasNoChildren").atom("\\Sent").close();
                  w.quoted("/").mailbox("INBOX").end();
              }),
              "* LIST (\\HasNoChildren \\Sent) \"/\" INBOX\r\n");
    EXPECT_EQ(written([](Writer& w) {
                  w.line(1, "FETCH").open().number("UID", Uid{7}).atom("FLAGS").open().close();
                  w.atom("MODSEQ").open().number(ModSeq{9}).close().close().end();
              }),
              "* 1 FETCH (UID 7 FLAGS () MODSEQ (9))\r\n");
    EXPECT_EQ(written([](Writer& w) { w.open().open().atom("a").close().open().close().close(); }),
              "((a) ())");
    EXPECT_EQ(written([](Writer& w) {
                  w.line("OK").open_code("UIDNEXT").number(Uid{3}).close_code().text("Next").end();
              }),
              "* OK [UIDNEXT 3] Next\r\n");
    EXPECT_EQ(written([](Writer& w) {
                  w.line("OK").open_code("PERMANENTFLAGS").open().close().close_code().text("x");
              }),
              "* OK [PERMANENTFLAGS ()] x");
    // Two lines one after the other.
    EXPECT_EQ(written([](Writer& w) { w.line("A").end().line(2, "B").end(); }), "* A\r\n* 2 B\r\n");
    EXPECT_EQ(written([](Writer& w) { w.number(std::uint64_t{0}).number(UINT64_MAX); }),
              "0 18446744073709551615");
}

TEST(Writer, Strings) {
    const auto string = [](std::string_view text, bool utf8 = false) {
        return written([&](Writer& w) { w.string(text); }, utf8);
    };
    EXPECT_EQ(string(""), "\"\"");
    EXPECT_EQ(string(R"(a"b\c)"), R"("a\"b\\c")");
    EXPECT_EQ(string("a\r\nb"), "{4}\r\na\r\nb");
    EXPECT_EQ(string("\xc3\xa4"), "{2}\r\n\xc3\xa4");
    EXPECT_EQ(string("\xc3\xa4", true), "\"\xc3\xa4\"");
    EXPECT_EQ(string("\xff", true), "{1}\r\n\xff");
    EXPECT_EQ(string("a\0b"sv), "{3}\r\na\0b"sv);
    EXPECT_EQ(string(std::string(1001, 'x')), "{1001}\r\n" + std::string(1001, 'x'));
    EXPECT_EQ(written([](Writer& w) { w.nstring(std::nullopt).nstring("x"); }), "NIL \"x\"");
    EXPECT_EQ(written([](Writer& w) { w.atom("a").literal_head(3).raw("xyz").atom("b"); }),
              "a {3}\r\nxyz b");
    EXPECT_EQ(written([](Writer& w) { w.atom("a").literal8_head(3).raw("x\0z"sv); }),
              "a ~{3}\r\nx\0z"sv);
}

TEST(Writer, AStringsAndMailboxes) {
    const auto astring = [](std::string_view text) {
        return written([&](Writer& w) { w.astring(text); });
    };
    EXPECT_EQ(astring("a]b"), "a]b");
    EXPECT_EQ(astring("a b"), "\"a b\"");
    EXPECT_EQ(astring("nil"), "\"nil\"");
    EXPECT_EQ(astring(""), "\"\"");
    EXPECT_EQ(astring("a%"), "\"a%\"");
    const auto mailbox = [](std::string_view name, bool utf8) {
        return written([&](Writer& w) { w.mailbox(name); }, utf8);
    };
    EXPECT_EQ(mailbox("Entw\xc3\xbcrfe", false), "Entw&APw-rfe");
    EXPECT_EQ(mailbox("Entw\xc3\xbcrfe", true), "\"Entw\xc3\xbcrfe\"");
    EXPECT_EQ(mailbox("R&D", false), "R&-D");
    EXPECT_EQ(mailbox("R&D", true), "R&D");
}

TEST(Writer, TextForPeopleStartsNoLine) {
    EXPECT_EQ(written([](Writer& w) { w.atom("x").text("a\r\n* BYE\0\x7f"sv); }), "x a??* BYE??");
    EXPECT_EQ(written([](Writer& w) { w.text("\xc3\xa4"); }), "??");
    EXPECT_EQ(written([](Writer& w) { w.text("\xc3\xa4"); }, true), "\xc3\xa4");
    EXPECT_EQ(written([](Writer& w) { w.text(""); }), ".");
}

}  // namespace
}  // namespace rook::imap::wire
