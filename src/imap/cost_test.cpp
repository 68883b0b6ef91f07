// No command may cost more than its size: for each generator the cost of reading it at four times
// the size is at most six times as much (base/cost_testing.h).
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/cost_testing.h"
#include "base/mutf7.h"
#include "imap/command_list.h"
#include "imap/list.h"
#include "imap/wire/pattern.h"
#include "imap/wire/reader.h"

namespace rook::imap {
namespace {

using cost::repeat;
using cost::repeated;

void parse(const std::string& text) {
    Args args(text);
    if (!args.atom() || !args.space()) return;
    const auto* spec = find_command(std::string(args.atom().value_or("")));
    if (!spec || (!args.at_end() && !args.space())) return;
    if (spec->begin_stream) {
        auto stream_args = args;
        (void)spec->begin_stream(stream_args);
    }
    (void)spec->parse(args);
}

// As a session does: the bytes in pieces, literals taken, commands parsed.
void read_in_pieces(const std::string& text, std::size_t step) {
    wire::Reader reader({.line = 64 * 1024 * 1024, .command = 64 * 1024 * 1024});
    for (std::size_t at = 0; at < text.size(); at += step) {
        auto piece = std::string_view(text).substr(at, step);
        while (!piece.empty()) {
            const auto event = reader.feed(piece);
            piece.remove_prefix(event.taken);
            if (event.what == wire::Reader::What::NeedLiteral && !reader.accept_literal()) return;
            if (event.what == wire::Reader::What::Line) parse(std::string(event.text));
            if (event.what == wire::Reader::What::TooLong) return;
        }
    }
}

std::string halves(std::string_view open, std::string_view middle, std::string_view close,
                   std::size_t n) {
    return repeat(open, n / 2) + std::string(middle) + repeat(close, n / 2);
}

struct Generator {
    const char* name;
    cost::Make make;
};

TEST(ImapCost, Commands) {
    const Generator generators[] = {
        {"sequence set", repeated("a FETCH 1", ",1", " FLAGS")},
        {"falling sequence set",
         [](std::size_t n) {
             std::string out = "a FETCH 1";
             for (auto i = n / 8; i > 0; --i) out += fmt::format(",{}", 2 * i);
             return out + " FLAGS";
         }},
        {"stars", repeated("a STORE *", ":*,*", " FLAGS ()")},
        {"search keys", repeated("a SEARCH ALL", " ALL")},
        {"search NOT", repeated("a SEARCH", " NOT", " ALL")},
        {"search OR", repeated("a SEARCH", " OR ALL", " ALL ALL")},
        {"search OR on the left",
         [](std::size_t n) { return "a SEARCH" + halves(" OR", " ALL", " ALL", n); }},
        {"search lists", [](std::size_t n) { return "a SEARCH " + halves("(", "ALL", ")", n); }},
        {"open search lists", repeated("a SEARCH ", "(")},
        {"search sets", repeated("a SEARCH 1", " 1:2")},
        {"search texts", repeated("a SEARCH ALL", " TEXT a")},
        {"a long search text", repeated("a SEARCH TEXT \"", "\\\"", "\"")},
        {"search in a charset", repeated("a SEARCH CHARSET koi8-r TEXT \"", "\xC1", "\"")},
        {"search literals", repeated("a SEARCH ALL", " TEXT {1}\r\na")},
        {"search return options", repeated("a SEARCH RETURN (", "MIN ", ") ALL")},
        {"fetch items", repeated("a FETCH 1 (FLAGS", " UID", ")")},
        {"fetch bodies", repeated("a FETCH 1 (FLAGS", " BODY[]<1.2>", ")")},
        {"fetch brackets", repeated("a FETCH 1 ", "BODY[")},
        {"fetch sections", repeated("a FETCH 1 BODY[1", ".1", "]")},
        {"fetch header fields", repeated("a FETCH 1 BODY[HEADER.FIELDS (a", " b", ")]")},
        {"fetch literal header fields",
         repeated("a FETCH 1 BODY[HEADER.FIELDS (a", " {1}\r\nb", ")]")},
        {"open lists", repeated("a FETCH 1 ", "(")},
        {"store flags", repeated("a STORE 1 FLAGS (a", " \\Seen", ")")},
        {"store keywords",
         [](std::size_t n) {
             std::string out = "a STORE 1 FLAGS (a";
             for (std::size_t i = 0; i < n / 8; ++i) out += fmt::format(" $k{}", i);
             return out + ")";
         }},
        {"list patterns", repeated("a LIST \"\" (a", " *", ")")},
        {"list wildcards", repeated("a LIST \"\" ", "*%")},
        {"list status items", repeated("a LIST \"\" * RETURN (STATUS (", "MESSAGES ", "))")},
        {"status items", repeated("a STATUS x (UIDNEXT", " UIDNEXT", ")")},
        {"id pairs", repeated("a ID (\"a\" NIL", " \"b\" \"c\"", ")")},
        {"enable names", repeated("a ENABLE x", " y")},
        {"quotes", repeated("a LOGIN \"", "\\\\", "\" x")},
        {"shifts in names", repeated("a CREATE ", "&AOQ-x")},
        {"levels in names", repeated("a CREATE a", "/a")},
        {"append flags", repeated("a APPEND x (a", " b", ") {1}\r\n")},
        {"select parameters", repeated("a SELECT x (CONDSTORE", " (a)", ")")},
        {"a long tag", repeated("", "a", " NOOP")},
        {"a long command", repeated("a ", "N", " x")},
        {"brackets", repeated("a ", "]")},
    };
    for (auto& g : generators) EXPECT_EQ(cost::growth(g.make, parse, 50'000), "") << g.name;
}

TEST(ImapCost, ReaderInPieces) {
    const Generator generators[] = {
        {"lines", repeated("", "a NOOP\r\n")},
        {"a long line", repeated("a NOOP ", "x", "\r\n")},
        {"literals", repeated("a LOGIN", " {1+}\r\nx", "\r\n")},
        {"empty literals", repeated("a LOGIN", " {0+}\r\n", "\r\n")},
        {"braces", repeated("a LOGIN ", "{", "\r\n")},
        {"carriage returns", repeated("a ", "\r", "\n")},
    };
    for (auto& g : generators) {
        for (std::size_t step : {1, 7, 4096}) {
            const auto work = [step](const std::string& text) { read_in_pieces(text, step); };
            EXPECT_EQ(cost::growth(g.make, work, 50'000), "") << g.name << " by " << step;
        }
    }
}

TEST(ImapCost, NamesAndPatterns) {
    const auto decode = [](const std::string& text) {
        (void)mutf7_decode(text);
        (void)mutf7_encode(text);
    };
    for (const char* unit : {"&", "&-", "&AOQ-", "&AOQ", "\xC3\xA4", "x&"})
        EXPECT_EQ(cost::growth(repeated("", unit), decode, 100'000), "") << unit;
    // The name is fixed; the pattern grows, in its stars and in its letters.
    for (const char* unit : {"*", "%", "*a", "%/", "a*b"}) {
        const auto match = [](const std::string& text) {
            (void)wire::Pattern(text).matches(repeat("a/ab", 200));
        };
        EXPECT_EQ(cost::growth(repeated("", unit), match, 2'000), "") << unit;
    }
    // And the other way round.
    const auto match = [](const std::string& text) {
        (void)wire::Pattern("*a%b*/%a*").matches(text);
    };
    for (const char* unit : {"a", "ab/", "b"})
        EXPECT_EQ(cost::growth(repeated("", unit), match, 50'000), "") << unit;
}

}  // namespace
}  // namespace rook::imap
