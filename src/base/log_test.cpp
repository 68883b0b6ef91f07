#include "base/log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

namespace rook {
namespace {

constexpr Time kTime{std::chrono::microseconds(1'700'000'000'000'123)};

std::string logfmt(std::string_view value) {
    auto line = format_log_line(LogFormat::Logfmt, kTime, LogLevel::Info, "e", {{"v", value}});
    return line.substr(line.find(" v=") + 3);
}

std::string json(std::string_view value) {
    auto line = format_log_line(LogFormat::Json, kTime, LogLevel::Info, "e", {{"v", value}});
    auto at = line.find(",\"v\":") + 5;
    return line.substr(at, line.size() - at - 1);
}

TEST(Log, WholeLines) {
    EXPECT_EQ(format_log_line(LogFormat::Logfmt, kTime, LogLevel::Warning, "session-end",
                              {{"peer", "192.0.2.1"}, {"bytes", 12345}, {"delta", -1}}),
              "time=2023-11-14T22:13:20.000123Z level=warning event=session-end peer=192.0.2.1 "
              "bytes=12345 delta=-1");
    EXPECT_EQ(
        format_log_line(LogFormat::Json, kTime, LogLevel::Error, "delivery",
                        {{"to", "a\"b"}, {"size", 7u}}),
        R"({"time":"2023-11-14T22:13:20.000123Z","level":"error","event":"delivery","to":"a\"b","size":7})");
    EXPECT_EQ(format_log_line(LogFormat::Logfmt, Time{std::chrono::microseconds(-1)},
                              LogLevel::Debug, "x", {}),
              "time=1969-12-31T23:59:59.999999Z level=debug event=x");
}

TEST(Log, ValuesCannotForgeFieldsOrLines) {
    struct Case {
        std::string_view in, logfmt, json;
    };
    using namespace std::string_view_literals;
    const Case cases[] = {
        {"plain", "plain", R"("plain")"},
        {"", R"("")", R"("")"},
        {"a b", R"("a b")", R"("a b")"},
        {"x level=error", R"("x level=error")", R"("x level=error")"},
        {"a=b", R"("a=b")", R"("a=b")"},
        {"\" event=forged", R"("\" event=forged")", R"("\" event=forged")"},
        {"back\\slash", R"("back\\slash")", R"("back\\slash")"},
        {"one\r\ntime=now", R"("one\r\ntime=now")", R"("one\r\ntime=now")"},
        {"\t\x01\x1b[31m\x7f"sv, R"("\t\u0001\u001b[31m\u007f")", R"("\t\u0001\u001b[31m\u007f")"},
        {"nul\0end"sv, R"("nul\u0000end")", R"("nul\u0000end")"},
        {"caf\xC3\xA9", "\"caf\xC3\xA9\"", "\"caf\xC3\xA9\""},
        {"\xF0\x9F\x93\xAC", "\"\xF0\x9F\x93\xAC\"", "\"\xF0\x9F\x93\xAC\""},
        {"cut\xC3", R"("cut\xc3")", R"("cut\ufffd")"},
        {"\xC0\xAE", R"("\xc0\xae")", R"("\ufffd\ufffd")"},                // overlong
        {"\xED\xA0\x80", R"("\xed\xa0\x80")", R"("\ufffd\ufffd\ufffd")"},  // a surrogate
        {"\xF4\x90\x80\x80", R"("\xf4\x90\x80\x80")", R"("\ufffd\ufffd\ufffd\ufffd")"},
        {"\xC2\x85", R"("\u0085")", R"("\u0085")"},  // NEL ends a line for some readers
        {"\xE2\x80\xA8", R"("\u2028")", R"("\u2028")"},
        {"\xE2\x80\xAE", R"("\u202e")", R"("\u202e")"},  // turns the text around
    };
    for (const auto& c : cases) {
        EXPECT_EQ(logfmt(c.in), c.logfmt);
        EXPECT_EQ(json(c.in), c.json);
    }
}

TEST(Log, NoByteStartsALine) {
    std::string all;
    for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
    for (auto format : {LogFormat::Logfmt, LogFormat::Json}) {
        for (char c : format_log_line(format, kTime, LogLevel::Info, "e", {{"v", all}})) {
            EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
        }
    }
}

class LogFile : public testing::Test {
protected:
    LogFile() { std::filesystem::create_directories(folder_); }
    ~LogFile() override { std::filesystem::remove_all(folder_); }
    static std::string read(const std::string& path) {
        std::ostringstream text;
        text << std::ifstream(path).rdbuf();
        return text.str();
    }

    std::string folder_ = testing::TempDir() + "rookery-log-" + std::to_string(::getpid());
    std::string path_ = folder_ + "/log";
    StoppedClock clock_;
};

TEST_F(LogFile, LevelAndRotation) {
    auto log = open_log({.level = LogLevel::Warning, .file = path_}, clock_);
    ASSERT_TRUE(log);
    (*log)->info("quiet", {});
    (*log)->warning("one", {});
    std::filesystem::rename(path_, path_ + ".1");
    (*log)->warning("two", {});
    ASSERT_TRUE((*log)->reopen());
    (*log)->error("three", {});
    auto line = [](const char* level, const char* event) {
        return std::string("time=2023-11-14T22:13:20.000000Z level=") + level + " event=" + event +
               "\n";
    };
    EXPECT_EQ(read(path_ + ".1"), line("warning", "one") + line("warning", "two"));
    EXPECT_EQ(read(path_), line("error", "three"));
}

TEST_F(LogFile, CannotOpen) {
    auto log = open_log({.file = folder_ + "/absent/log"}, clock_);
    ASSERT_FALSE(log);
    EXPECT_EQ(log.error().why, Why::Io);
    EXPECT_EQ(log.error().said.find(folder_), std::string::npos);
}

TEST_F(LogFile, FailedReopenKeepsTheOldFile) {
    auto log = open_log({.file = path_}, clock_);
    ASSERT_TRUE(log);
    std::filesystem::rename(folder_, folder_ + ".moved");
    EXPECT_FALSE((*log)->reopen());
    (*log)->info("still", {});
    EXPECT_NE(read(folder_ + ".moved/log").find("event=still"), std::string::npos);
    std::filesystem::rename(folder_ + ".moved", folder_);
}

TEST_F(LogFile, FullDiskIsSaidAfterwards) {
    auto log = open_log({.file = "/dev/full"}, clock_);
    ASSERT_TRUE(log);
    std::filesystem::create_symlink("/dev/full", path_);
    log = open_log({.file = path_}, clock_);
    ASSERT_TRUE(log);
    (*log)->info("lost", {});
    (*log)->info("lost", {});
    std::filesystem::remove(path_);
    ASSERT_TRUE((*log)->reopen());
    (*log)->info("kept", {});
    auto text = read(path_);
    EXPECT_NE(text.find("event=log-lines-lost lines=2\n"), std::string::npos) << text;
    EXPECT_NE(text.find("event=kept\n"), std::string::npos) << text;
}

TEST_F(LogFile, LinesOfManyThreadsStayWhole) {
    auto log = open_log({.file = path_}, clock_);
    ASSERT_TRUE(log);
    std::string value(2000, 'v');
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([&] {
                for (int i = 0; i < 100; ++i) (*log)->info("busy", {{"v", value}});
            });
        }
    }
    std::ifstream in(path_);
    int lines = 0;
    for (std::string line; std::getline(in, line); ++lines)
        EXPECT_TRUE(line.ends_with("event=busy v=" + value));
    EXPECT_EQ(lines, 400);
}

}  // namespace
}  // namespace rook
