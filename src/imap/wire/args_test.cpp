#include "imap/wire/args.h"

#include <gtest/gtest.h>

#include "imap/wire/writer.h"

namespace rook::imap::wire {
namespace {

using namespace std::string_view_literals;

// What `read` makes of all of `text`: "!" when it fails or leaves something over.
template <class Read>
std::string all_of(std::string_view text, Read&& read, bool utf8 = false) {
    Args args(text, {.utf8 = utf8});
    auto value = read(args);
    if (!value || !args.end()) return "!";
    return std::string(*value);
}

TEST(Args, Atoms) {
    const auto atom = [](Args& args) { return args.atom(); };
    EXPECT_EQ(all_of("NOOP", atom), "NOOP");
    EXPECT_EQ(all_of("a.b-c/d:e+[", atom), "a.b-c/d:e+[");
    for (const auto bad : {""sv, " a"sv, "a b"sv, "a("sv, "{5}"sv, "a%"sv, "a*"sv, "a\""sv, "a\\"sv,
                           "a]"sv, "a\x7f"sv, "\xc3\xa4"sv, "a\0"sv, "a\r"sv}) {
        EXPECT_EQ(all_of(bad, atom), "!") << bad;
    }
}

TEST(Args, Strings) {
    const auto string = [](Args& args) { return args.string(); };
    EXPECT_EQ(all_of("\"\"", string), "");
    EXPECT_EQ(all_of("\"a b\"", string), "a b");
    EXPECT_EQ(all_of(R"("a\"b\\c")", string), R"(a"b\c)");
    EXPECT_EQ(all_of("{3}\r\nabc", string), "abc");
    EXPECT_EQ(all_of("{3+}\r\na\r\n", string), "a\r\n");
    EXPECT_EQ(all_of("{3}\nabc", string), "abc");
    EXPECT_EQ(all_of("{0}\r\n", string), "");
    EXPECT_EQ(all_of("\"\xc3\xa4\"", string), "\xc3\xa4");
    for (const auto bad : {"\""sv,
                           "\"a"sv,
                           "\"a\\"sv,
                           "\"a\\\""sv,   // open
                           "\"a\\b\""sv,  // only two characters are quoted
                           "\"a\rb\""sv,
                           "\"a\nb\""sv,
                           "\"a\0b\""sv,  // never in a quoted string
                           "\"\xc3\""sv,
                           "\"\xff\""sv,  // not UTF-8
                           "{3}\r\nab"sv,
                           "{3}\r\na\0b"sv,
                           "{3}"sv,
                           "{3}ab"sv,
                           "{x}\r\nabc"sv,
                           "{3"sv,
                           "{99999999999999999999}\r\nabc"sv,
                           "a"sv,
                           ""sv,
                           "~{3}\r\nabc"sv}) {
        EXPECT_EQ(all_of(bad, string), "!") << bad;
    }
}

TEST(Args, AStrings) {
    const auto astring = [](Args& args) { return args.astring(); };
    EXPECT_EQ(all_of("a]b", astring), "a]b");
    EXPECT_EQ(all_of("\"a b\"", astring), "a b");
    EXPECT_EQ(all_of("{1}\r\n*", astring), "*");
    EXPECT_EQ(all_of("NIL", astring), "NIL");
    EXPECT_EQ(all_of("", astring), "!");
    EXPECT_EQ(all_of("a*", astring), "!");
    EXPECT_EQ(all_of("\"a\"b", astring), "!");
}

TEST(Args, NStrings) {
    Args nil("nil");
    EXPECT_EQ(nil.nstring().value(), std::nullopt);
    Args text("\"NIL\"");
    EXPECT_EQ(text.nstring().value(), "NIL");
    Args atom("NILs");
    EXPECT_FALSE(atom.nstring());
}

TEST(Args, MailboxNames) {
    const auto mailbox = [](Args& args) { return args.mailbox(); };
    EXPECT_EQ(all_of("inBox", mailbox), "inBox");
    EXPECT_EQ(all_of("\"InBox\"", mailbox), "InBox");
    EXPECT_EQ(all_of("Inbox/a", mailbox), "Inbox/a");
    EXPECT_EQ(all_of("Entw&APw-rfe", mailbox), "Entw\xc3\xbcrfe");
    EXPECT_EQ(all_of("R&-D", mailbox), "R&D");
    EXPECT_EQ(all_of("R&D", mailbox), "!");
    EXPECT_EQ(all_of("\"Entw\xc3\xbcrfe\"", mailbox), "!");
    // IMAP4rev2: names are what they look like.
    EXPECT_EQ(all_of("Entw&APw-rfe", mailbox, true), "Entw&APw-rfe");
    EXPECT_EQ(all_of("\"Entw\xc3\xbcrfe\"", mailbox, true), "Entw\xc3\xbcrfe");
    EXPECT_EQ(all_of("{1}\r\n\xff", mailbox, true), "!");
}

TEST(Args, Patterns) {
    const auto pattern = [](Args& args) { return args.pattern(); };
    EXPECT_EQ(all_of("Lists/%*", pattern), "Lists/%*");
    EXPECT_EQ(all_of("\"\"", pattern), "");
    EXPECT_EQ(all_of("&APw-*", pattern), "\xc3\xbc*");
    EXPECT_EQ(all_of("(a)", pattern), "!");
}

TEST(Args, Numbers) {
    const auto text_of = [](auto value) -> Result<std::string> {
        if (!value) return std::unexpected(value.error());
        return std::to_string(*value);
    };
    const auto number = [&](Args& args) { return text_of(args.number()); };
    const auto nz = [&](Args& args) { return text_of(args.nz_number()); };
    const auto number64 = [&](Args& args) { return text_of(args.number64()); };
    EXPECT_EQ(all_of("0", number), "0");
    EXPECT_EQ(all_of("4294967295", number), "4294967295");
    EXPECT_EQ(all_of("4294967296", number), "!");
    EXPECT_EQ(all_of("0", nz), "!");
    EXPECT_EQ(all_of("01", nz), "!");
    EXPECT_EQ(all_of("1", nz), "1");
    EXPECT_EQ(all_of("9223372036854775807", number64), "9223372036854775807");
    EXPECT_EQ(all_of("9223372036854775808", number64), "!");
    for (const auto bad : {"", "-1", "+1", " 1", "1x", "x", "99999999999999999999999"}) {
        EXPECT_EQ(all_of(bad, number), "!") << bad;
        EXPECT_EQ(all_of(bad, nz), "!") << bad;
        EXPECT_EQ(all_of(bad, number64), "!") << bad;
    }
}

TEST(Args, NumberSets) {
    const auto set = [](Args& args) -> Result<std::string> {
        const auto numbers = TRY(args.number_set());
        std::string out = numbers.is_saved ? "saved" : "";
        for (const auto& r : numbers.ranges) {
            out += std::to_string(r.first) + "-" + std::to_string(r.last) + " ";
        }
        return out;
    };
    EXPECT_EQ(all_of("1", set), "1-1 ");
    EXPECT_EQ(all_of("*", set), "0-0 ");
    EXPECT_EQ(all_of("5:3,*:7,2,4:*", set), "5-3 0-7 2-2 4-0 ");
    EXPECT_EQ(all_of("4294967295", set), "4294967295-4294967295 ");
    EXPECT_EQ(all_of("$", set), "saved");
    for (const auto bad : {"", "0", "1,", ",1", "1:", ":1", "1:2:3", "1,,2", "$,1", "1,$", "a",
                           "-1", "4294967296", "1 ,2", "**", "1*"}) {
        EXPECT_EQ(all_of(bad, set), "!") << bad;
    }
}

TEST(Args, Dates) {
    const auto day = [](Args& args) -> Result<std::string> {
        return std::to_string(TRY(args.date()).time_since_epoch().count());
    };
    EXPECT_EQ(all_of("1-Jan-1970", day), "0");
    EXPECT_EQ(all_of("\"2-Jan-1970\"", day), "1");
    for (const auto bad : {"", "1-Foo-1970", "\"1-Jan-1970", "1-Jan-1970\"", "31-Feb-2000", "1"}) {
        EXPECT_EQ(all_of(bad, day), "!") << bad;
    }
    Args moment("\"01-Jan-1970 01:00:00 +0100\"");
    EXPECT_EQ(moment.date_time().value().seconds, 0);
    Args bare("01-Jan-1970 01:00:00 +0100");
    EXPECT_FALSE(bare.date_time());
}

TEST(Args, Flags) {
    Args args("(\\Seen $Label \\DELETED $label \\Recent other)");
    const auto flags = args.flags().value();
    EXPECT_EQ(flags.flags, mailbox::kSeen | mailbox::kDeleted);
    EXPECT_EQ(flags.keywords, (std::vector<std::string>{"$Label", "other"}));
    EXPECT_TRUE(args.at_end());
    Args bare("\\Seen x");
    EXPECT_EQ(bare.bare_flags().value().keywords, std::vector<std::string>{"x"});
    Args none("()");
    EXPECT_EQ(none.flags().value().flags, 0);
    for (const auto bad :
         {"(", "(\\Seen", "(\\Foo)", "(\\*)", "(\\)", "(a  b)", "( a)", "(a )", "((a))", "a", ""}) {
        Args in(bad);
        EXPECT_FALSE(in.flags()) << bad;
    }
    std::string many = "(";
    for (int i = 0; i <= 64; ++i) many += (i ? " k" : "k") + std::to_string(i);
    many += ')';
    Args too_many(many);
    EXPECT_EQ(too_many.flags().error().why, Why::Limit);
}

TEST(Args, ListsAndWords) {
    std::string seen;
    const auto one = [&](Args& in) -> Result<> {
        seen.append(TRY(in.atom())).append(";");
        return {};
    };
    Args list("(a b) rest");
    EXPECT_TRUE(list.list(Args::Empty::Refused, one));
    EXPECT_EQ(seen, "a;b;");
    EXPECT_EQ(list.rest(), " rest");
    Args empty("()");
    EXPECT_FALSE(empty.list(Args::Empty::Refused, one));
    Args empty_too("()");
    EXPECT_TRUE(empty_too.list(Args::Empty::Allowed, one));

    Args words("ReTurn(x) RETURNS");
    EXPECT_TRUE(words.take_word("RETURN"));
    EXPECT_EQ(words.peek(), '(');
    Args longer("RETURNS");
    EXPECT_FALSE(longer.take_word("RETURN"));
    EXPECT_EQ(longer.position(), 0u);
}

TEST(Args, SkipsValuesHoweverDeep) {
    for (const auto good : {"a", "(a (b \"c d\") {1}\r\n))", "()", "*", "\\Seen", "(\"(\")"}) {
        Args args(good);
        EXPECT_TRUE(args.skip_value()) << good;
        EXPECT_TRUE(args.at_end()) << good;
    }
    for (const auto bad : {"", "(", "(a", ")", "(\"", "((a)"}) {
        Args args(bad);
        EXPECT_FALSE(args.skip_value()) << bad;
    }
    const std::string deep(60'000, '(');
    Args args(deep);
    EXPECT_FALSE(args.skip_value());
}

TEST(Args, SeesALiteralThatIsStillToCome) {
    for (const auto open : {"{5}\r\n", "{5+}\r\n", "~{5}\r\n", "{0}\r\n"}) {
        EXPECT_TRUE(Args(open).at_open_literal()) << open;
    }
    for (const auto closed : {"{5}\r\nalice", "{5}", "", "x {5}\r\n", "\"{5}\r\n"}) {
        EXPECT_FALSE(Args(closed).at_open_literal()) << closed;
    }
}

TEST(Args, ErrorsSayWhatWasWantedAndEchoNoLines) {
    Args args("\"a\r\nb");
    const auto error = args.atom().error();
    EXPECT_EQ(error.why, Why::BadSyntax);
    EXPECT_EQ(error.said, "Expected an atom, got \"\"a\"");
}

// What the writer writes, the reader of arguments reads.
TEST(RoundTrip, StringsAndNames) {
    const std::string_view texts[] = {"",
                                      "a",
                                      "a b",
                                      "NIL",
                                      "\"",
                                      "\\",
                                      "a\r\n",
                                      "{5}",
                                      "(x)",
                                      "\xc3\xa4",
                                      "R&D",
                                      "INBOX",
                                      "*",
                                      "a%b",
                                      "a]b",
                                      "~",
                                      "&-",
                                      "\x7f",
                                      "\xe6\x97\xa5\xe6\x9c\xac",
                                      "\xff"};
    for (const bool utf8 : {false, true}) {
        for (const auto text : texts) {
            std::string out;
            Writer writer(out, {.utf8 = utf8});
            writer.string(text);
            Args string(out, {.utf8 = utf8});
            EXPECT_EQ(string.string().value(), text);
            out.clear();
            Writer(out, {.utf8 = utf8}).astring(text);
            Args astring(out, {.utf8 = utf8});
            EXPECT_EQ(astring.astring().value(), text) << out;
            EXPECT_TRUE(astring.at_end());
            if (text == "\xff") continue;  // no name: names are UTF-8
            out.clear();
            Writer(out, {.utf8 = utf8}).mailbox(text);
            Args name(out, {.utf8 = utf8});
            EXPECT_EQ(name.mailbox().value(), text) << out;
        }
    }
}

}  // namespace
}  // namespace rook::imap::wire
