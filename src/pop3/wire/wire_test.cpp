// The wire of POP3: the same answer however the bytes are cut.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "pop3/wire/body_writer.h"
#include "pop3/wire/line.h"
#include "pop3/wire/top_cutter.h"

namespace rook::pop3::wire {
namespace {

TEST(TakeLine, Table) {
    struct Row {
        std::string_view input;
        LineStatus status;
        std::string_view text;
        std::size_t taken;
    };
    using namespace std::string_view_literals;
    const Row rows[] = {
        {"", LineStatus::NeedMore, "", 0},
        {"STAT", LineStatus::NeedMore, "", 0},
        {"STAT\r", LineStatus::NeedMore, "", 0},
        {"STAT\r\n", LineStatus::Complete, "STAT", 6},
        {"STAT\nLIST\r\n", LineStatus::Complete, "STAT", 5},
        {"\r\n", LineStatus::Complete, "", 2},
        {"STAT\rLIST\r\n", LineStatus::Bad, "STAT\rLIST", 11},
        {"STAT\r\r\n", LineStatus::Bad, "STAT\r", 7},
        {"ST\0AT\r\n"sv, LineStatus::Bad, "ST\0AT"sv, 7},
        {"12345678901234567890", LineStatus::TooLong, "", 0},
        {"123456789012345678\r\n", LineStatus::Complete, "123456789012345678", 20},
        {"1234567890123456789\r\n", LineStatus::TooLong, "", 0},
    };
    for (const auto& row : rows) {
        const auto line = take_line(row.input, 20);
        EXPECT_EQ(line.status, row.status) << row.input;
        EXPECT_EQ(line.text, row.text) << row.input;
        EXPECT_EQ(line.taken, row.taken) << row.input;
    }
}

std::string written(const std::vector<std::string_view>& pieces) {
    BodyWriter writer;
    std::string out;
    for (auto piece : pieces) out += writer.write(std::string(piece));
    out += writer.end();
    return out;
}

TEST(BodyWriter, Table) {
    const std::pair<std::string_view, std::string_view> rows[] = {
        {"", ".\r\n"},
        {"a\r\n", "a\r\n.\r\n"},
        {"a", "a\r\n.\r\n"},
        {"a\r", "a\r\r\n.\r\n"},
        {"a\n", "a\n\r\n.\r\n"},
        {".", "..\r\n.\r\n"},
        {".\r\n", "..\r\n.\r\n"},
        {"..\r\n", "...\r\n.\r\n"},
        {"a.b\r\n.\r\n.c\r\n", "a.b\r\n..\r\n..c\r\n.\r\n"},
        {"a\n.\r\nb\r\n", "a\n..\r\nb\r\n.\r\n"},
        {"a\n.\nb\r\n", "a\n..\nb\r\n.\r\n"},
        {"a\r.\rb\r\n", "a\r.\rb\r\n.\r\n"},
        {"\r\n.", "\r\n..\r\n.\r\n"},
    };
    for (const auto& [bytes, want] : rows) EXPECT_EQ(written({bytes}), want) << bytes;
}

// How a client reads it, ending lines at LF or at CRLF only; nullopt when the end is missing.
std::optional<std::string> read_back(std::string_view wire, std::string_view line_end) {
    std::string out;
    while (!wire.empty()) {
        const auto end = wire.find(line_end);
        if (end == wire.npos) return std::nullopt;
        auto line = wire.substr(0, end + line_end.size());
        wire.remove_prefix(line.size());
        if (line == ".\r\n") return wire.empty() ? std::optional(out) : std::nullopt;
        if (line.starts_with("..")) line.remove_prefix(1);
        out += line;
    }
    return std::nullopt;
}

TEST(BodyWriter, EveryCutAndEveryReaderGivesTheBytesBack) {
    std::mt19937 random(7);
    constexpr std::string_view kLetters = "..\r\n\n\rab";
    for (int round = 0; round < 20'000; ++round) {
        std::string bytes;
        const auto size = random() % 12;
        for (unsigned i = 0; i < size; ++i) bytes += kLetters[random() % kLetters.size()];
        const auto whole = written({bytes});
        for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
            const std::string_view view = bytes;
            ASSERT_EQ(written({view.substr(0, cut), view.substr(cut)}), whole) << cut;
        }
        std::vector<std::string_view> single;
        for (const char& c : bytes) single.emplace_back(&c, 1);
        ASSERT_EQ(written(single), whole);

        // A reader that ends lines at LF gets the exact bytes, whatever they are.
        const std::string added = bytes.empty() || bytes.ends_with("\r\n") ? "" : "\r\n";
        ASSERT_EQ(read_back(whole, "\n"), bytes + added);
        // One that is strict never sees the end too early, and gets the exact bytes of a proper
        // message.
        const auto strict = read_back(whole, "\r\n");
        ASSERT_TRUE(strict);
        bool proper = true;
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            if (bytes[i] == '\n' && (i == 0 || bytes[i - 1] != '\r')) proper = false;
        }
        if (proper) ASSERT_EQ(*strict, bytes + added);
    }
}

std::string topped(const std::vector<std::string_view>& pieces, std::uint64_t lines) {
    TopCutter cutter(lines);
    std::string out;
    for (auto piece : pieces) {
        if (cutter.is_done()) break;
        out += piece.substr(0, cutter.take(piece));
    }
    return out;
}

TEST(TopCutter, TableAtEveryCut) {
    struct Row {
        std::string_view message;
        std::uint64_t lines;
        std::string_view want;
    };
    const Row rows[] = {
        {"A: b\r\n\r\none\r\ntwo\r\n", 0, "A: b\r\n\r\n"},
        {"A: b\r\n\r\none\r\ntwo\r\n", 1, "A: b\r\n\r\none\r\n"},
        {"A: b\r\n\r\none\r\ntwo\r\n", 2, "A: b\r\n\r\none\r\ntwo\r\n"},
        {"A: b\r\n\r\none\r\ntwo\r\n", 1'000'000, "A: b\r\n\r\none\r\ntwo\r\n"},
        {"A: b\r\n\r\none\r\n\r\n\r\ntwo\r\n", 2, "A: b\r\n\r\none\r\n\r\n"},
        {"A: b\r\nC: d\r\n", 1, "A: b\r\nC: d\r\n"},
        {"A: b", 3, "A: b"},
        {"\r\none\r\ntwo\r\n", 1, "\r\none\r\n"},
        {"A: b\n\none\ntwo\n", 1, "A: b\n\none\n"},
        {"A: b\r\n \r\nC: d\r\n\r\nx\r\n", 0, "A: b\r\n \r\nC: d\r\n\r\n"},
        {"", 5, ""},
    };
    for (const auto& row : rows) {
        for (std::size_t cut = 0; cut <= row.message.size(); ++cut) {
            EXPECT_EQ(topped({row.message.substr(0, cut), row.message.substr(cut)}, row.lines),
                      row.want)
                << row.message << " cut at " << cut;
        }
    }
}

}  // namespace
}  // namespace rook::pop3::wire
