#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>

#include "imap/search.h"

namespace rook::imap {
namespace {

namespace test = mailbox::test;

std::string day_text(std::chrono::sys_days day) {
    return std::to_string(day.time_since_epoch().count());
}

// Postfix, as it is.
struct Teller {
    std::string operator()(const test::Always&) const { return "all"; }
    std::string operator()(const test::HasFlag& t) const { return fmt::format("flag{}", t.flag); }
    std::string operator()(const test::HasKeyword& t) const { return "key:" + t.name; }
    std::string operator()(const test::IsRecent&) const { return "recent"; }
    std::string operator()(const test::InUids&) const { return "set"; }
    std::string operator()(const test::InSeqs&) const { return "seqs"; }
    std::string operator()(const test::ReceivedBefore& t) const {
        return "before:" + day_text(t.day);
    }
    std::string operator()(const test::SentBefore& t) const { return "sent:" + day_text(t.day); }
    std::string operator()(const test::HasSentDate&) const { return "dated"; }
    std::string operator()(const test::Larger& t) const { return fmt::format(">{}", t.bytes); }
    std::string operator()(const test::Smaller& t) const { return fmt::format("<{}", t.bytes); }
    std::string operator()(const test::ChangedSince& t) const {
        return fmt::format("mod:{}", t.modseq.v);
    }
    std::string operator()(const test::IsEmail& t) const { return "email:" + to_text(t.id); }
    std::string operator()(const test::InThread& t) const { return "thread:" + to_text(t.id); }
    std::string operator()(const test::Header& t) const { return t.name + ":" + t.text; }
    std::string operator()(const test::Subject& t) const { return "subject=" + t.text; }
    std::string operator()(const test::Body& t) const { return "body=" + t.text; }
    std::string operator()(const test::Text& t) const { return "text=" + t.text; }
    std::string operator()(const test::And& t) const { return fmt::format("and{}", t.of); }
    std::string operator()(const test::Or& t) const { return fmt::format("or{}", t.of); }
    std::string operator()(const test::Not&) const { return "not"; }
};

Result<SearchRequest> read(std::string_view text) {
    Args args(text);
    return read_search_request(args);
}

std::string postfix(const SearchRequest& request) {
    std::string out;
    for (const auto& one : request.criteria.tests) {
        if (!out.empty()) out += ' ';
        out += std::visit(Teller{}, one);
    }
    for (const auto& set : request.sets) {
        out += set.test == SearchRequest::kNarrows ? " [in" : fmt::format(" [{}", set.test);
        out += set.numbers.is_saved ? " $" : set.by == By::Uid ? " uids" : " seqs";
        for (const auto& range : set.numbers.ranges)
            out += fmt::format(" {}-{}", range.first, range.last);
        out += ']';
    }
    return out;
}

TEST(SearchRequest, reads_keys_into_postfix) {
    struct Row {
        std::string_view text, want;
    };
    const Row rows[] = {
        {"ALL", "all"},
        {"unseen", "flag1 not"},
        {"SEEN FLAGGED", "flag1 flag4 and2"},
        {"(SEEN FLAGGED)", "flag1 flag4 and2"},
        {"((SEEN))", "flag1"},
        {"NOT NOT SEEN", "flag1 not not"},
        {"NOT (SEEN DELETED) DRAFT", "flag1 flag8 and2 not flag16 and2"},
        {"OR SEEN DELETED ANSWERED", "flag1 flag8 or2 flag2 and2"},
        {"OR OR SEEN DELETED (DRAFT ANSWERED)", "flag1 flag8 or2 flag16 flag2 and2 or2"},
        {"OR NOT SEEN NOT DELETED", "flag1 not flag8 not or2"},
        {"NOT OR SEEN DELETED", "flag1 flag8 or2 not"},
        {"2:4", " [in seqs 2-4]"},
        {"2:*,7 SEEN", "flag1 [in seqs 2-0 7-7]"},
        {"SEEN UID 5 3", "flag1 [in uids 5-5] [in seqs 3-3]"},
        {"NOT 2", "set not [0 seqs 2-2]"},
        {"OR UID 5 $", "set set or2 [0 uids 5-5] [1 $]"},
        {"(1 2)", "set set and2 [0 seqs 1-1] [1 seqs 2-2]"},
        {"NEW", "flag1 not recent and2"},
        {"OLD", "recent not"},
        {"KEYWORD $Junk UNKEYWORD x", "key:$Junk key:x not and2"},
        {"BEFORE 2-Jan-1970", "before:1"},
        {"ON \"2-Jan-1970\"", "before:1 not before:2 and2"},
        {"SINCE 2-Jan-1970", "before:1 not"},
        {"SENTBEFORE 2-Jan-1970", "sent:1"},
        {"SENTON 2-Jan-1970", "sent:1 not sent:2 and2"},
        {"SENTSINCE 2-Jan-1970", "sent:1 not dated and2"},
        {"LARGER 100 SMALLER 200", ">100 <200 and2"},
        {"FROM a TO \"b c\" CC {1}\r\nd BCC e", "from:a to:b c cc:d bcc:e and4"},
        {"SUBJECT \"\" HEADER X-y z", "subject= X-y:z and2"},
        {"BODY x TEXT y", "body=x text=y and2"},
        {"MODSEQ 7", "mod:7"},
        {"MODSEQ \"/flags/\\\\draft\" all 8", "mod:8"},
        {"EMAILID E5_a THREADID T5_b", "email:E5_a thread:T5_b and2"},
        {"EMAILID nonsense", "all not"},
        {"CHARSET utf-8 BODY \"\xC3\xBC\"", "body=\xC3\xBC"},
        {"CHARSET ISO-8859-1 BODY {1}\r\n\xFC", "body=\xC3\xBC"},
        {"CHARSET UTF-16BE BODY {2}\r\n\x26\x3A", "body=\xE2\x98\xBA"},
    };
    for (const auto& row : rows) {
        const auto request = read(row.text);
        ASSERT_TRUE(request) << row.text << ": " << request.error().said;
        EXPECT_EQ(postfix(*request), row.want) << row.text;
    }
}

TEST(SearchRequest, refuses_what_makes_no_sense) {
    for (const std::string_view text : {"",
                                        "(",
                                        "()",
                                        "(SEEN",
                                        "SEEN)",
                                        "NOT",
                                        "NOT ",
                                        "OR SEEN",
                                        "OR SEEN ",
                                        "SEEN  DELETED",
                                        "SEEN ",
                                        "NONSENSE",
                                        "KEYWORD",
                                        "KEYWORD (",
                                        "BEFORE yesterday",
                                        "BEFORE 32-Jan-1970",
                                        "LARGER x",
                                        "LARGER -1",
                                        "FROM",
                                        "HEADER X",
                                        "UID",
                                        "UID x",
                                        "0",
                                        "1:",
                                        "RETURN (MIN)",
                                        "RETURN (NONSENSE) ALL",
                                        "RETURN MIN ALL",
                                        "CHARSET",
                                        "CHARSET UTF-8",
                                        "MODSEQ x",
                                        "MODSEQ \"/flags/x\" none 1",
                                        "1,*:x"}) {
        const auto request = read(text);
        ASSERT_FALSE(request) << text;
        EXPECT_EQ(request.error().why, Why::BadSyntax) << text;
    }
}

TEST(SearchRequest, reads_return_options) {
    auto request = read("RETURN (MIN max COUNT SAVE) ALL");
    ASSERT_TRUE(request);
    EXPECT_TRUE(request->has_return && request->wants_min && request->wants_max);
    EXPECT_TRUE(request->wants_count && request->saves && !request->wants_all);
    request = read("RETURN () ALL");
    ASSERT_TRUE(request);
    EXPECT_TRUE(request->has_return && request->wants_all && !request->wants_min);
    request = read("ALL");
    ASSERT_TRUE(request);
    EXPECT_FALSE(request->has_return || request->wants_all);
}

TEST(SearchRequest, knows_which_charsets_it_does_not) {
    EXPECT_FALSE(read("CHARSET X-NO-SUCH ALL")->is_charset_known);
    EXPECT_TRUE(read("CHARSET US-ASCII ALL")->is_charset_known);
    EXPECT_TRUE(read("ALL")->is_charset_known);
}

// However deep and long: refused without recursion, in time linear in the text.
TEST(SearchRequest, hostile_nesting) {
    const auto repeat = [](std::string_view text, int times) {
        std::string all;
        for (int i = 0; i < times; ++i) all += text;
        return all;
    };
    for (const auto* start : {"NOT ", "OR ", "(", "OR ALL ", "(NOT "}) {
        const auto request = read(repeat(start, 200'000) + "ALL");
        ASSERT_FALSE(request) << start;
        EXPECT_EQ(request.error().why, Why::Limit) << start;
    }
    EXPECT_EQ(read(repeat("SEEN ", 100'000) + "SEEN").error().why, Why::Limit);
    EXPECT_EQ(read(repeat("BODY x ", 500) + "ALL").error().why, Why::Limit);
    // What a client may well send goes through.
    EXPECT_TRUE(read(repeat("OR HEADER MESSAGE-ID <1@x> ", 150) + "HEADER MESSAGE-ID <2@x>"));
    EXPECT_TRUE(read(repeat("OR UID 1 ", 600) + "UID 2"));
    EXPECT_TRUE(read(repeat("(", 1'000) + "ALL" + repeat(")", 1'000)));
}

}  // namespace
}  // namespace rook::imap
