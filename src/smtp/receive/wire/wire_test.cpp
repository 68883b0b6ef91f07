// The wire of SMTP: command lines, paths, and where a message ends.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "smtp/receive/wire/data_reader.h"
#include "smtp/receive/wire/line.h"
#include "smtp/receive/wire/path.h"

namespace rook::smtp::wire {
namespace {

using namespace std::string_view_literals;

TEST(TakeLine, OnlyCrlfEndsACommand) {
    struct Row {
        std::string_view input;
        LineStatus status;
        std::string_view text;
        std::size_t taken;
    };
    const Row rows[] = {
        {"", LineStatus::NeedMore, "", 0},
        {"RSET\r", LineStatus::NeedMore, "", 0},
        {"RSET\r\n", LineStatus::Complete, "RSET", 6},
        {"RSET\r\nQUIT\r\n", LineStatus::Complete, "RSET", 6},
        {"RSET\nQUIT\r\n", LineStatus::Bad, "RSET", 5},
        {"RSET\rQUIT\r\n", LineStatus::Bad, "RSET\rQUIT", 11},
        {"RSET\r\r\n", LineStatus::Bad, "RSET\r", 7},
        {"RS\0ET\r\n"sv, LineStatus::Bad, "RS\0ET"sv, 7},
        {"\r\n", LineStatus::Complete, "", 2},
        {"\n", LineStatus::Bad, "", 1},
        {"12345678\r\n", LineStatus::Complete, "12345678", 10},
        {"123456789\r\n", LineStatus::TooLong, "", 0},
    };
    for (const auto& row : rows) {
        const auto line = take_line(row.input, 10 + (row.taken > 10 ? 10 : 0));
        EXPECT_EQ(line.status, row.status) << row.input;
        EXPECT_EQ(line.text, row.text) << row.input;
        EXPECT_EQ(line.taken, row.taken) << row.input;
    }
}

TEST(Path, Good) {
    struct Row {
        std::string_view args, address;
        bool is_utf8;
        std::string_view parameters;
    };
    const Row rows[] = {
        {"FROM:<a@b.example>", "a@b.example", false, ""},
        {"from:<a@b>", "a@b", false, ""},
        {"FROM:<>", "", false, ""},
        {"FROM: <a@b>", "a@b", false, ""},
        {"FROM:<a@b> SIZE=12 BODY=8BITMIME SMTPUTF8", "a@b", false,
         "SIZE=12;BODY=8BITMIME;SMTPUTF8;"},
        {"FROM:<@x.example,@y:a@b>", "a@b", false, ""},
        {"FROM:<\"a b\"@c>", "\"a b\"@c", false, ""},
        {"FROM:<\"a\\\"@>b\"@c>", "\"a\\\"@>b\"@c", false, ""},
        {"FROM:<a..b.@c_d.example>", "a..b.@c_d.example", false, ""},
        {"FROM:<a@[192.0.2.1]>", "a@[192.0.2.1]", false, ""},
        {"FROM:<a@[IPv6:2001:db8::1]>", "a@[IPv6:2001:db8::1]", false, ""},
        {"FROM:<SRS0=ab=cd=x.example=u@y.example>", "SRS0=ab=cd=x.example=u@y.example", false, ""},
        {"FROM:<b\xc3\xbc@d\xc3\xbc.example> SMTPUTF8", "b\xc3\xbc@d\xc3\xbc.example", true,
         "SMTPUTF8;"},
        {"FROM:<Postmaster>", "Postmaster", false, ""},
        {"FROM:<a@b> AUTH=<>", "a@b", false, "AUTH=<>;"},
        {"FROM:<a@b>  X-Y=z ", "a@b", false, "X-Y=z;"},
    };
    for (const auto& row : rows) {
        const auto path = parse_path_args(row.args, "FROM");
        ASSERT_TRUE(path) << row.args << ": " << path.error().said;
        EXPECT_EQ(path->address, row.address);
        EXPECT_EQ(path->is_utf8, row.is_utf8);
        std::string parameters;
        for (const auto& one : path->parameters) {
            parameters +=
                std::string(one.name) + (one.has_value ? "=" : "") + std::string(one.value) + ";";
        }
        EXPECT_EQ(parameters, row.parameters) << row.args;
    }
}

TEST(Path, Bad) {
    const std::string_view rows[] = {
        "",
        "FROM",
        "FROM:",
        "FROM <a@b>",
        "TO:<a@b>",
        "FROM:a@b",
        "FROM:<a@b",
        "FROM:a@b>",
        "FROM:<a>",
        "FROM:<a@>",
        "FROM:<@b>",
        "FROM:<a@b.>",
        "FROM:<a@.b>",
        "FROM:<a@b..c>",
        "FROM:<a b@c>",
        "FROM:<a@b c>",
        "FROM:<\"a@b>",
        "FROM:<\"a\\",
        "FROM:<\"a\\\"@b>",
        "FROM:<a@[1.2>",
        "FROM:<a@b>SIZE=1",
        "FROM:<a@b> =1",
        "FROM:<a@b> SIZE=",
        "FROM:<a@b> SIZE=1 SIZE=1",
        "FROM:<a@b> SI_ZE=1",
        "FROM:<<a@b>>",
        "FROM:<@x:>",
        "FROM:<@x,a@b>",
        "FROM:<a@b\xff>",
        "FROM:<\x80@b>",
        "FROM:<a\t@b>",
        "FROM:<\"a\tb\"@c>",
        "FROM:<a@b>, <c@d>",
        "FROM:<a@b@c>",
        "FROM:<a@b(c)>",
        "FROM:< >",
        "FROM:<> <>",
    };
    for (auto args : rows) EXPECT_FALSE(parse_path_args(args, "FROM")) << args;
    EXPECT_FALSE(parse_path_args("FROM:<" + std::string(400, 'a') + "@b>", "FROM"));
    EXPECT_TRUE(parse_path_args("FROM:<" + std::string(300, 'a') + "@b>", "FROM"));
}

TEST(Path, ParametersAreFew) {
    std::string args = "TO:<a@b>";
    for (int i = 0; i < 32; ++i) args += " p" + std::to_string(i);
    EXPECT_TRUE(parse_path_args(args, "TO"));
    EXPECT_FALSE(parse_path_args(args + " one-more", "TO"));
}

TEST(Path, AnyCutOfAGoodOneIsSafe) {
    std::mt19937 random(5);
    constexpr std::string_view kLetters = "<>@:,\"\\[].a-= \xc3\xbc\t";
    for (int i = 0; i < 50'000; ++i) {
        std::string args = "TO:";
        for (auto n = random() % 14; n > 0; --n) args += kLetters[random() % kLetters.size()];
        const auto path = parse_path_args(args, "TO");
        if (!path) continue;
        // What stands in Delivered-To and Return-Path cannot end a line.
        EXPECT_EQ(path->address.find_first_of("\r\n\t"), std::string_view::npos) << args;
        EXPECT_NE(args.find(path->address), std::string::npos);
    }
}

struct Read {
    std::string message;
    bool done = false, bare = false;
    std::string_view rest;
};
Read read_all(std::string_view input, std::size_t cut) {
    DataReader reader;
    Read read;
    std::size_t at = 0;
    while (at < input.size() && !reader.is_done()) {
        const auto piece = input.substr(at, cut);
        const auto took = reader.read(piece, read.message);
        EXPECT_TRUE(took == piece.size() || reader.is_done());
        at += took;
    }
    read.done = reader.is_done();
    read.bare = reader.has_bare_line_end();
    read.rest = input.substr(at);
    return read;
}

TEST(DataReader, TableAtEveryPieceSize) {
    struct Row {
        std::string_view input, message;
        bool done, bare;
        std::string_view rest;
    };
    const Row rows[] = {
        {".\r\n", "", true, false, ""},
        {".\r\nQUIT\r\n", "", true, false, "QUIT\r\n"},
        {"a\r\n.\r\n", "a\r\n", true, false, ""},
        {"a\r\n..\r\n.\r\n", "a\r\n.\r\n", true, false, ""},
        {"..a\r\n.b\r\n.\r\n", ".a\r\nb\r\n", true, false, ""},
        {"a\r\n\r\n.\r\nX", "a\r\n\r\n", true, false, "X"},
        {"a.\r\n.\r\n", "a.\r\n", true, false, ""},
        {"a\0b\r\n.\r\n"sv, "a\0b\r\n"sv, true, false, ""},
        {"a\r\n", "a\r\n", false, false, ""},
        {"a\r\n.\r", "a\r\n", false, false, ""},
        {"a\r\n.", "a\r\n", false, false, ""},
        {"a\n.\r\n", "", false, true, ""},
        {"a\n.\r\nb\r\n.\r\nX", "", true, true, "X"},
        {"a\r.\r\nb\r\n.\r\n", "", true, true, ""},
        {"a\r\n.\nb\r\n.\r\n", "", true, true, ""},
        {"a\r\n.\rb\r\n.\r\n", "", true, true, ""},
        {"a\r\r\n.\r\n", "", true, true, ""},
        {"a\r\n.\r\r\n.\r\n", "", true, true, ""},
        {"\n.\r\n.\r\n", "", true, true, ""},
    };
    for (const auto& row : rows) {
        for (std::size_t cut = 1; cut <= row.input.size(); ++cut) {
            const auto read = read_all(row.input, cut);
            EXPECT_EQ(read.done, row.done) << row.input << " by " << cut;
            EXPECT_EQ(read.bare, row.bare) << row.input << " by " << cut;
            EXPECT_EQ(read.rest, row.rest) << row.input << " by " << cut;
            if (!row.bare) EXPECT_EQ(read.message, row.message) << row.input << " by " << cut;
        }
    }
}

// The rules of RFC 5321, as slowly and plainly as can be.
Read by_the_book(std::string_view input) {
    Read read;
    const auto end = ("\r\n" + std::string(input)).find("\r\n.\r\n");
    read.done = end != std::string::npos;
    auto message = read.done ? input.substr(0, end) : input;
    read.rest = read.done ? input.substr(end + 3) : ""sv;
    for (std::size_t i = 0; i < message.size(); ++i) {
        const bool line_start = i == 0 || (i >= 2 && message.substr(i - 2, 2) == "\r\n");
        if (!(line_start && message[i] == '.')) read.message += message[i];
        const bool after_cr = i > 0 && message[i - 1] == '\r';
        if (message[i] == '\n' && !after_cr) read.bare = true;
        if (after_cr && message[i] != '\n') read.bare = true;
    }
    return read;
}

TEST(DataReader, AgreesWithTheBookOnRandomBytes) {
    std::mt19937 random(11);
    constexpr std::string_view kLetters = "..\r\n\r\nab\0"sv;
    for (int round = 0; round < 30'000; ++round) {
        std::string input;
        for (auto n = random() % 16; n > 0; --n) {
            if (random() % 3 == 0) {
                input += "\r\n";
            } else {
                input += kLetters[random() % kLetters.size()];
            }
        }
        input += "\r\n.\r\nQUIT\r\n";
        const auto want = by_the_book(input);
        for (std::size_t cut = 1; cut <= 5; ++cut) {
            const auto read = read_all(input, cut);
            ASSERT_TRUE(read.done);
            ASSERT_EQ(read.rest, want.rest);
            ASSERT_EQ(read.bare, want.bare);
            if (!want.bare) ASSERT_EQ(read.message, want.message);
        }
        const auto whole = read_all(input, input.size());
        ASSERT_EQ(whole.rest, want.rest);
        if (!want.bare) ASSERT_EQ(whole.message, want.message);
    }
}

}  // namespace
}  // namespace rook::smtp::wire
