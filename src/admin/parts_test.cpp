// JSON, lines, sizes, tables, rows.
#include <gtest/gtest.h>

#include <set>

#include "admin/crlf.h"
#include "admin/exit_code.h"
#include "admin/json.h"
#include "admin/print.h"
#include "admin/verb_list.h"
#include "admin/wire.h"

namespace rook::admin {
namespace {

TEST(Json, RoundTrips) {
    for (std::string_view text :
         {"null", "true", "false", "0", "-9223372036854775808", "9223372036854775807", "\"\"", "[]",
          "{}", "[1,\"a\",[true,null]]", "{\"b\":1,\"a\":{\"c\":[]}}",
          "\"\xc3\xbc \\\" \\\\ \\n\\u0000\""}) {
        auto json = read_json(text);
        ASSERT_TRUE(json) << text;
        auto written = write_json(*json);
        EXPECT_EQ(written.find('\n'), std::string::npos);
        EXPECT_EQ(*read_json(written), *json) << text;
        EXPECT_EQ(*read_json(show_json(*json)), *json) << text;
    }
    EXPECT_EQ(write_json(Json::object({{"b", 1}, {"a", Json::Array{Json(), Json("x")}}})),
              "{\"b\":1,\"a\":[null,\"x\"]}");
    EXPECT_EQ(show_json(Json::object({{"a", Json::Array{Json(1)}}})),
              "{\n  \"a\": [\n    1\n  ]\n}");
    EXPECT_TRUE(read_json(write_json(Json("\xff"))));
}

TEST(Json, Refuses) {
    for (std::string text :
         {std::string(), std::string("{"), std::string("{}x"), std::string("1.5"),
          std::string("18446744073709551615"), std::string("\"\xff\""), std::string("'a'"),
          std::string("[1,]"), std::string(17, '['), std::string(1'000'000, '[')}) {
        auto json = read_json(text);
        ASSERT_FALSE(json) << text.substr(0, 20);
        EXPECT_EQ(json.error().why, Why::BadSyntax);
    }
}

TEST(Json, Members) {
    Json json;
    json.set("a", 1).set("b", "x").set("a", 2);
    EXPECT_EQ(*json.find("a")->as_number(), 2);
    EXPECT_FALSE(json.find("c"));
    EXPECT_FALSE(Json(1).find("a"));
    EXPECT_FALSE(json.find("a")->as_text());
}

TEST(Wire, Requests) {
    auto call = read_request(call_line("status", Json::object({})));
    EXPECT_EQ(std::get<CallLine>(*call).verb, "status");
    EXPECT_EQ(std::get<BytesLine>(*read_request(bytes_line(7))).count, 7u);
    EXPECT_TRUE(std::holds_alternative<EndLine>(*read_request(end_line())));
    for (auto line : {"", "x", "1", "{}", "{\"verb\":1}", "{\"bytes\":0}", "{\"bytes\":-1}",
                      "{\"bytes\":\"1\"}"})
        EXPECT_FALSE(read_request(line)) << line;
}

TEST(Wire, Answers) {
    EXPECT_EQ(*read_answer(answer_line(Json(5))), Json(5));
    for (int i = 0; i <= static_cast<int>(Why::Corrupt); ++i) {
        auto why = static_cast<Why>(i);
        auto back = read_answer(answer_line(fail(why, "said", "detail")));
        ASSERT_FALSE(back);
        EXPECT_EQ(back.error().why, why);
        EXPECT_EQ(back.error().said, "said (detail)");
    }
    auto progress = read_progress(progress_line(3, 9));
    ASSERT_TRUE(progress);
    EXPECT_EQ(progress->done, 3u);
    EXPECT_EQ(progress->all, 9u);
    EXPECT_FALSE(read_progress(answer_line(Json(5))));
    EXPECT_FALSE(read_progress("{\"progress\":{\"done\":1}}"));
    EXPECT_FALSE(read_answer("{}"));
    EXPECT_FALSE(read_answer("{\"error\":1}"));
}

TEST(Sizes, Table) {
    struct Case {
        std::string_view text;
        std::int64_t want;  // -1: refused
    };
    const Case cases[] = {
        {"0", 0},
        {"1024", 1024},
        {"100MB", 100 << 20},
        {"100 mb", 100 << 20},
        {"5 GB", 5ll << 30},
        {"5GiB", 5ll << 30},
        {"2k", 2048},
        {"7B", 7},
        {"1 TB", 1ll << 40},
        {"", -1},
        {"MB", -1},
        {"-1", -1},
        {"1.5 GB", -1},
        {"5 XB", -1},
        {"99999999999 TB", -1},
        {"5 GBB", -1},
        {"iB", -1},
    };
    for (auto& [text, want] : cases) {
        auto got = read_size(text);
        EXPECT_EQ(got ? static_cast<std::int64_t>(*got) : -1, want) << text;
    }
    EXPECT_EQ(show_size(0), "0 B");
    EXPECT_EQ(show_size(100 << 20), "100 MB");
    EXPECT_EQ(show_size(1536), "1.5 KB");
}

TEST(CrLf, LineEnds) {
    EXPECT_EQ(to_crlf("a\nb\r\nc\rd\n"), "a\r\nb\r\nc\rd\r\n");
    CrLf pieces;
    EXPECT_EQ(pieces.convert("a\r") + pieces.convert("\nb\n"), "a\r\nb\r\n");
}

TEST(Print, ATable) {
    static constexpr std::string_view kColumns[] = {"name", "size:used_bytes", "tags"};
    Verb verb{.columns = kColumns};
    auto rows = Json::array();
    rows.push(Json::object({{"name", "\xc3\xbc"}, {"used_bytes", 2048}, {"tags", Json::array()}}));
    rows.push(Json::object(
        {{"name", "a\x1b[2J\xe2\x80\xae"}, {"used_bytes", 0}, {"tags", Json::Array{"x", "y"}}}));
    EXPECT_EQ(shown(verb, rows),
              "NAME    USED  TAGS\n"
              "\xc3\xbc       2 KB  -\n"
              "a?[2J?  -     x y\n");
    EXPECT_EQ(shown(verb, Json::array()), "");
}

TEST(Print, Others) {
    Verb verb;
    EXPECT_EQ(shown(verb, Json::object({{"done", 3}})), "");
    EXPECT_EQ(shown(verb, Json::Array{"one", "two\n"}), "one\ntwo?\n");
    EXPECT_EQ(shown(verb, Json::object({{"used_bytes", 1024},
                                        {"is_on", true},
                                        {"uptime_seconds", 90},
                                        {"by", Json::object({{"imap", 2}})},
                                        {"nothing", Json()}})),
              "used     1 KB\n"
              "on       yes\n"
              "uptime   1m30s\n"
              "by       imap=2\n"
              "nothing  -\n");
}

TEST(Verbs, TheListIsSound) {
    std::set<std::string_view> names;
    for (auto* verb : all_verbs()) {
        EXPECT_TRUE(names.insert(verb->name).second) << verb->name;
        EXPECT_FALSE(verb->help.empty()) << verb->name;
        EXPECT_EQ((verb->run != nullptr) + (verb->start != nullptr) + (verb->begin != nullptr) +
                      (verb->on_client != nullptr),
                  1)
            << verb->name;
        EXPECT_EQ(find_verb(verb->name), verb);
        std::set<std::string_view> own;
        for (auto& one : verb->arguments) EXPECT_TRUE(own.insert(one.name).second) << verb->name;
        for (auto& one : verb->options) EXPECT_TRUE(own.insert(one.name).second) << verb->name;
        if (auto at = verb->name.rfind(' '); at != std::string_view::npos)
            EXPECT_FALSE(group_help(verb->name.substr(0, at)).empty()) << verb->name;
    }
    EXPECT_FALSE(find_verb("account"));
}

TEST(Verbs, ArgumentsAreChecked) {
    auto check = [](std::string_view name, std::string_view args) {
        return check_args(*find_verb(name), read_json(args).value()).has_value();
    };
    EXPECT_TRUE(check("account add", "{\"address\":[\"a@x\"],\"quota\":5,\"no-password\":true}"));
    EXPECT_TRUE(check("mailbox rename", "{\"address\":\"a\",\"from\":\"b\",\"to\":\"c\"}"));
    for (auto args :
         {"{}", "[]", "null", "{\"address\":\"a@x\"}", "{\"address\":[]}", "{\"address\":[1]}",
          "{\"address\":[\"a@x\"],\"quota\":-5}", "{\"address\":[\"a@x\"],\"quota\":\"5\"}",
          "{\"address\":[\"a@x\"],\"protocols\":\"imap\"}",
          "{\"address\":[\"a@x\"],\"no-password\":1}", "{\"address\":[\"a@x\"],\"foo\":1}"})
        EXPECT_FALSE(check("account add", args)) << args;
}

}  // namespace
}  // namespace rook::admin
