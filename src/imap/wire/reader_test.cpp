#include "imap/wire/reader.h"

#include <gtest/gtest.h>

#include <vector>

namespace rook::imap::wire {
namespace {

using What = Reader::What;

constexpr Reader::Limits kLimits{.line = 100, .command = 200};

// Feeds everything in pieces of `step` bytes, takes literals up to the limit, streams those of
// lines that begin with "S" and refuses the rest; says what came out.
std::vector<std::string> events_of(std::string_view input, std::size_t step) {
    Reader reader(kLimits);
    std::vector<std::string> out;
    std::string stream;
    while (!input.empty()) {
        auto piece = input.substr(0, step);
        input.remove_prefix(piece.size());
        while (!piece.empty()) {
            const auto event = reader.feed(piece);
            EXPECT_GT(event.taken, 0u);
            switch (event.what) {
                case What::NeedMore:
                    break;
                case What::Line:
                    out.push_back("line " + std::string(event.text));
                    break;
                case What::Skipped:
                    out.push_back("skipped");
                    break;
                case What::Chunk:
                    stream += event.text;
                    break;
                case What::TooLong:
                    return out.push_back("too long"), out;
                case What::NeedLiteral:
                    if (event.text.starts_with("S")) {
                        out.push_back("stream " + std::string(event.text));
                        reader.stream_literal();
                    } else if (!reader.accept_literal()) {
                        out.push_back("refused");
                        event.literal.synchronizing ? reader.forget() : reader.skip();
                    }
            }
            piece.remove_prefix(event.taken);
        }
    }
    if (!stream.empty()) out.push_back("bytes " + stream);
    return out;
}

struct Case {
    std::string_view input;
    std::vector<std::string> events;
};

const Case kCases[] = {
    {"a NOOP\r\n", {"line a NOOP"}},
    {"a NOOP\n", {"line a NOOP"}},
    {"a NOOP\r\nb CHECK\r\n", {"line a NOOP", "line b CHECK"}},
    {"\r\n", {"line "}},
    {"no end", {}},
    {"a LOGIN {5}\r\nalice {2+}\r\nx\n\r\nb NOOP\r\n",
     {"line a LOGIN {5}\r\nalice {2+}\r\nx\n", "line b NOOP"}},
    // What looks like a command is a literal's bytes.
    {"a LOGIN {8}\r\nb NOOP\r\n c\r\n", {"line a LOGIN {8}\r\nb NOOP\r\n c"}},
    {"a LOGIN {0}\r\n \"\"\r\n", {"line a LOGIN {0}\r\n \"\""}},
    // No literals: something else stands behind, or between.
    {"a X {5} \r\n", {"line a X {5} "}},
    {"a X {}\r\n{+}\r\n{-1}\r\n{5-}\r\n{ 5}\r\n5}\r\n",
     {"line a X {}", "line {+}", "line {-1}", "line {5-}", "line { 5}", "line 5}"}},
    // Too large: the synchronizing one never comes, the other is thrown away with its command.
    {"a X {201}\r\nb NOOP\r\n", {"refused", "line b NOOP"}},
    {"a X {99999999999999999999999}\r\nb NOOP\r\n", {"refused", "line b NOOP"}},
    {"a X {18446744073709551615}\r\nb NOOP\r\n", {"refused", "line b NOOP"}},
    {"S A {3}\r\nxyz\r\nb NOOP\r\n", {"stream S A {3}\r\n", "line ", "line b NOOP", "bytes xyz"}},
    {"S A {3+}\r\nx\r\n tail\r\n", {"stream S A {3+}\r\n", "line  tail", "bytes x\r\n"}},
};

TEST(Reader, CutsCommandsHoweverTheyArrive) {
    for (const auto& c : kCases) {
        for (std::size_t step = 1; step <= c.input.size() + 1; ++step) {
            EXPECT_EQ(events_of(c.input, step), c.events) << c.input << " by " << step;
        }
    }
}

TEST(Reader, SplitInTwoAtEveryByte) {
    for (const auto& c : kCases) {
        for (std::size_t at = 0; at <= c.input.size(); ++at) {
            // The same bytes, cut once: what came out of the halves is what comes out of the whole.
            Reader reader(kLimits);
            std::vector<std::string> lines;
            for (auto half : {c.input.substr(0, at), c.input.substr(at)}) {
                while (!half.empty()) {
                    const auto event = reader.feed(half);
                    if (event.what == What::Line) lines.emplace_back(event.text);
                    if (event.what == What::NeedLiteral && !reader.accept_literal()) {
                        reader.forget();
                    }
                    half.remove_prefix(event.taken);
                }
            }
            Reader whole(kLimits);
            std::vector<std::string> want;
            for (auto rest = c.input; !rest.empty();) {
                const auto event = whole.feed(rest);
                if (event.what == What::Line) want.emplace_back(event.text);
                if (event.what == What::NeedLiteral && !whole.accept_literal()) whole.forget();
                rest.remove_prefix(event.taken);
            }
            EXPECT_EQ(lines, want) << c.input << " at " << at;
        }
    }
}

TEST(Reader, SkipsARefusedCommandToItsEnd) {
    const std::string big(201, 'x');
    const std::string cases[] = {
        "a X {201+}\r\n" + big + "\r\nb NOOP\r\n",
        // Other literals of the refused command are skipped too.
        "a X {201+}\r\n" + big + " {8+}\r\nz NOOP\r\n more\r\nb NOOP\r\n",
        "a X {201+}\r\n" + big + " " + std::string(500, 'y') + " {4+}\r\nq\r\n.\r\nb NOOP\r\n",
        // The client waits for a "+" that does not come: the command is over.
        "a X {201+}\r\n" + big + " {8}\r\nb NOOP\r\n",
        // Nor do bytes in the literal that look like a command's end.
        "a X {201+}\r\n" + std::string(199, '\n') + "\r\n" + "\r\nb NOOP\r\n",
    };
    for (const auto& input : cases) {
        for (const std::size_t step : {1u, 2u, 3u, 7u, 1000u}) {
            EXPECT_EQ(events_of(input, step),
                      (std::vector<std::string>{"refused", "skipped", "line b NOOP"}))
                << input << " by " << step;
        }
    }
}

TEST(Reader, LimitsTheTextOfACommand) {
    const std::string fits = "a " + std::string(98, 'x');
    for (const std::size_t step : {1u, 10u, 1000u}) {
        EXPECT_EQ(events_of(fits + "\r\n", step), (std::vector<std::string>{"line " + fits}));
        EXPECT_EQ(events_of(fits + "xxx\r\n", step), (std::vector<std::string>{"too long"}));
        // Without an end as well, and summed up over its lines.
        EXPECT_EQ(events_of(fits + "xxx", step), (std::vector<std::string>{"too long"}));
        EXPECT_EQ(events_of("a {1}\r\nx" + std::string(50, 'y') + " {1}\r\nx" +
                                std::string(50, 'y') + "\r\n",
                            step),
                  (std::vector<std::string>{"too long"}));
    }
}

TEST(Reader, LimitsTheWholeCommand) {
    // 150 bytes each: the second exceeds what a command may have.
    const std::string input =
        "a {150+}\r\n" + std::string(150, 'x') + " {150+}\r\n" + std::string(150, 'y') + "\r\n";
    EXPECT_EQ(events_of(input, 1000), (std::vector<std::string>{"refused", "skipped"}));
}

TEST(Reader, TakesNoMemoryForPromises) {
    Reader reader({.line = 1 << 16, .command = 1 << 20});
    const auto event = reader.feed("a X {1000000}\r\n");
    ASSERT_EQ(event.what, What::NeedLiteral);
    ASSERT_TRUE(reader.accept_literal());
    reader.feed("xyz");
    EXPECT_LT(reader.memory(), 200u);
}

TEST(Reader, HoldsNothingBetweenCommands) {
    Reader reader({.line = 1 << 16, .command = 1 << 20});
    const std::string line = "a " + std::string(5000, 'x');
    reader.feed(line);
    EXPECT_GE(reader.memory(), line.size());
    EXPECT_EQ(reader.feed("\r\n").text, line);
    reader.release();
    EXPECT_LT(reader.memory(), 64u);
    // A line that comes whole is not copied.
    EXPECT_EQ(reader.feed(line + "\r\n").what, What::Line);
    EXPECT_LT(reader.memory(), 64u);
}

TEST(Reader, ReadsPlainLinesWhereThereAreNoLiterals) {
    Reader reader(kLimits);
    const auto event = reader.feed("abc {5}\r\nDONE\r\n", Reader::Literals::None);
    EXPECT_EQ(event.what, What::Line);
    EXPECT_EQ(event.text, "abc {5}");
    EXPECT_EQ(event.taken, 9u);
}

TEST(Reader, ForgetsAndGoesOn) {
    Reader reader(kLimits);
    ASSERT_EQ(reader.feed("a X {5}\r\n").what, What::NeedLiteral);
    reader.forget();
    EXPECT_EQ(reader.feed("b NOOP\r\n").text, "b NOOP");
}

TEST(LiteralAtEnd, KnowsItsForms) {
    struct {
        std::string_view line;
        std::optional<std::uint64_t> size;
        bool synchronizing, is_binary;
    } const cases[] = {
        {"a {5}", 5, true, false},
        {"a {5+}", 5, false, false},
        {"a ~{5}", 5, true, true},
        {"a ~{5+}", 5, false, true},
        {"{0}", 0, true, false},
        {"a {18446744073709551616}", UINT64_MAX, true, false},
        {"a {5++}", std::nullopt, true, false},
        {"a {+5}", std::nullopt, true, false},
        {"a {5", std::nullopt, true, false},
        {"a {5}x", std::nullopt, true, false},
        {"}", std::nullopt, true, false},
        {"", std::nullopt, true, false},
    };
    for (const auto& c : cases) {
        const auto literal = literal_at_end(c.line);
        ASSERT_EQ(literal.has_value(), c.size.has_value()) << c.line;
        if (!literal) continue;
        EXPECT_EQ(literal->size, *c.size) << c.line;
        EXPECT_EQ(literal->synchronizing, c.synchronizing) << c.line;
        EXPECT_EQ(literal->is_binary, c.is_binary) << c.line;
    }
}

}  // namespace
}  // namespace rook::imap::wire
