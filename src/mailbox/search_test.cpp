#include "mailbox/search.h"

#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/random.h"
#include "mailbox/fake_box.h"
#include "message/compare_text.h"

namespace rook::mailbox {
namespace {

using namespace std::chrono_literals;

constexpr auto kNoLimit = std::chrono::milliseconds(1'000'000);

std::string found_by(FakeBox& box, std::vector<Criterion> tests,
                     std::optional<UidSet> only = std::nullopt) {
    FakeBoxView view(box);
    view.names =
        std::make_shared<const std::vector<std::string>>(std::vector<std::string>{"$Junk", "work"});
    view.recent_from = Uid{3};
    Search search(view, {std::move(tests), std::move(only)});
    auto step = search.step(SystemClock(), kNoLimit);
    EXPECT_TRUE(step && *step == Search::Step::Done);
    EXPECT_EQ(search.found().count, search.found().uids.count());
    return search.found().uids.to_text();
}

std::chrono::sys_days day(int y, unsigned m, unsigned d) {
    return std::chrono::year(y) / std::chrono::month(m) / std::chrono::day(d);
}

// Four messages with a little of everything.
void fill(FakeBox& box) {
    box.add(
           "From: Ann <ann@example.net>\r\nTo: list@example.test\r\n"
           "Subject: First =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
           "Date: Sat, 03 Feb 2024 23:30:00 -0500\r\n\r\nHello world\r\n",
           kSeen)
        .received = 1'707'000'000;  // 2024-02-03 22:40 UTC
    box.add("From: Bob <bob@example.org>\r\nX-Empty:\r\n\r\nplain words\r\n", kSeen | kFlagged)
        .keywords = 2;
    box.add(
        "Subject: multi\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\npreamble\r\n--b\r\n"
        "Content-Type: text/html\r\n\r\n<b>bold</b>er te<i>xt</i>\r\n--b\r\n"
        "Content-Type: application/pdf; name=secret.pdf\r\nContent-Transfer-Encoding: base64"
        "\r\n\r\naGlkZGVu\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
        "Subject: inner thing\r\n\r\ninner body\r\n--b--\r\n");
    box.add("From: Zoe <zoe@example.net>\r\nCc: Ann <ann@example.net>\r\n\r\nlast\r\n", kDeleted);
}

TEST(Search, each_test_finds_what_it_should) {
    using namespace test;
    FakeBox box;
    fill(box);
    Uid two{2};
    struct Row {
        const char* what;
        Criterion one;
        const char* want;
    };
    const Row rows[] = {
        {"all", Always{}, "1:4"},
        {"seen", HasFlag{kSeen}, "1:2"},
        {"keyword", HasKeyword{"WORK"}, "2"},
        {"keyword nobody has", HasKeyword{"other"}, ""},
        {"recent", IsRecent{}, "3:4"},
        {"uids", InUids{UidSet(two)}, "2"},
        {"seqs", InSeqs{SeqSet(Seq{4})}, "4"},
        {"received before the day", ReceivedBefore{day(2024, 2, 3)}, "2:4"},
        {"received before the next day", ReceivedBefore{day(2024, 2, 4)}, "1:4"},
        {"sent before its own day", SentBefore{day(2024, 2, 3)}, ""},
        {"sent before the day after, in its zone", SentBefore{day(2024, 2, 4)}, "1"},
        {"has a date", HasSentDate{}, "1"},
        {"larger", Larger{200}, "3"},
        {"smaller", Smaller{60}, "2"},
        {"changed", ChangedSince{ModSeq{3}}, "3:4"},
        {"email", IsEmail{EmailId{AccountId{7}, 2}}, "2"},
        {"thread", InThread{ThreadId{AccountId{7}, 3}}, "3"},
        {"subject, decoded, without case", Subject{"first grüsse"}, "1"},
        {"subject, empty", Subject{""}, "1:4"},
        {"from", Header{"from", "EXAMPLE.net"}, "1,4"},
        {"cc", Header{"Cc", "ann"}, "4"},
        {"header that is there", Header{"x-empty", ""}, "2"},
        {"header, not of inner messages", Header{"subject", "inner"}, ""},
        {"body", Body{"WORLD"}, "1"},
        {"body over tags", Body{"bolder text"}, "3"},
        {"body of an inner message", Body{"inner body"}, "3"},
        {"body is not headers", Body{"ann"}, ""},
        {"body is not the preamble", Body{"preamble"}, ""},
        {"body is not other data", Body{"hidden"}, ""},
        {"short", Body{"l"}, "1:4"},
        {"empty", Body{""}, "1:4"},
        {"only what the normal form drops", Text{"\xC2\xAD"}, "1:4"},
        {"text in headers", Text{"ann@"}, "1,4"},
        {"text in a part's header", Text{"secret.pdf"}, "3"},
        {"text in an inner header", Text{"subject: inner"}, "3"},
        {"text in bodies", Text{"plain words"}, "2"},
    };
    for (bool has_signatures : {true, false}) {
        box.has_signatures = has_signatures;
        for (auto& row : rows) {
            EXPECT_EQ(found_by(box, {row.one}), row.want) << row.what;
            auto rest = found_by(box, {row.one, Not{}});
            EXPECT_EQ(found_by(box, {Always{}, row.one, Not{}, And{2}}), rest) << row.what;
            EXPECT_EQ(found_by(box, {row.one, row.one, Not{}, Or{2}}), "1:4") << row.what;
        }
    }
}

TEST(Search, joins) {
    using namespace test;
    FakeBox box;
    fill(box);
    EXPECT_EQ(found_by(box, {}), "1:4");
    EXPECT_EQ(found_by(box, {HasFlag{kSeen}, HasFlag{kFlagged}, And{2}}), "2");
    EXPECT_EQ(found_by(box, {HasFlag{kDeleted}, Body{"hello"}, Subject{"multi"}, Or{3}}), "1,3:4");
    EXPECT_EQ(found_by(box, {HasFlag{kSeen}, Body{"hello"}, Not{}, And{2}}), "2");
    UidSet some;
    some.add(Uid{2}, Uid{3});
    EXPECT_EQ(found_by(box, {}, some), "2:3");
    EXPECT_EQ(found_by(box, {Body{"words"}}, some), "2");
    EXPECT_EQ(found_by(box, {}, UidSet()), "");
    FakeBox none;
    EXPECT_EQ(found_by(none, {Body{"x"}}), "");
}

TEST(Search, reads_no_more_than_it_must) {
    using namespace test;
    FakeBox box;
    fill(box);
    found_by(box, {HasFlag{kSeen}, Not{}, Subject{"x"}, And{2}});
    EXPECT_EQ(box.bodies_read, 0u);
    found_by(box, {Body{"nowhere at all"}});
    EXPECT_EQ(box.bodies_read, 0u) << "signatures";
    found_by(box, {HasFlag{kFlagged}, Body{"words"}, And{2}});
    EXPECT_EQ(box.bodies_read, 1u) << "only the flagged one";
    found_by(box, {Subject{"multi"}, Body{"lo"}, And{2}});
    EXPECT_EQ(box.bodies_read, 2u) << "only the one with the subject";
}

TEST(Search, damaged_messages_match_nothing_that_reads_them) {
    using namespace test;
    FakeBox box;
    fill(box);
    box.has_signatures = false;
    box.damaged.insert(EmailId{AccountId{7}, 1});
    EXPECT_EQ(found_by(box, {Subject{""}}), "2:4");
    EXPECT_EQ(found_by(box, {Body{"world"}}), "");
    EXPECT_EQ(found_by(box, {HasFlag{kSeen}}), "1:2");
}

TEST(Search, goes_on_in_slices) {
    FakeBox box;
    for (int i = 0; i < 700; ++i) {
        std::string mail = "Subject: ";
        mail += std::to_string(i);
        mail += i % 3 == 0 ? "\r\n\r\nab cd\r\n" : "\r\n\r\nab ef\r\n";
        box.add(std::move(mail));
    }
    FakeBoxView view(box);
    Search search(view, {{test::Body{"cd"}}, std::nullopt});
    int slices = 0;
    while (*search.step(SystemClock(), 0ms) == Search::Step::More) ++slices;
    EXPECT_GT(slices, 100);
    EXPECT_EQ(search.found().count, 234u);
    EXPECT_EQ(search.found().first, ModSeq{1});
    EXPECT_EQ(search.found().last, ModSeq{700});
    EXPECT_EQ(search.found().seqs.first(), Seq{1});
}

TEST(Search, needles_across_pieces_of_a_long_text) {
    FakeBox box;
    // Pieces are 64 KB: try every place around that border, in a text too long for a signature too.
    for (std::size_t before = 65'480; before < 65'545; before += 4) {
        box.add("Subject: x\r\n\r\n" + std::string(before, 'x') + "needle" +
                std::string(before % 8 == 0 ? 10 : 2'000'000, 'y') + "\r\n");
    }
    EXPECT_EQ(found_by(box, {test::Body{"needle"}}), "1:" + std::to_string(box.entries.size()));
    EXPECT_EQ(found_by(box, {test::Body{"xneedley"}}), "1:" + std::to_string(box.entries.size()));
    EXPECT_EQ(found_by(box, {test::Body{"xneedlex"}}), "");
}

TEST(Criteria, limits) {
    EXPECT_TRUE(check({}));
    EXPECT_FALSE(check({std::vector<Criterion>(kMaxTests + 1, test::Always{}), std::nullopt}));
    EXPECT_FALSE(check({std::vector<Criterion>(kMaxNeedles + 1, test::Body{"x"}), std::nullopt}));
    EXPECT_FALSE(check({{test::Text{std::string(kMaxNeedleBytes + 1, 'x')}}, std::nullopt}));
}

TEST(Criteria, intersection_of_sets) {
    UidSet a, b;
    a.add(Uid{1}, Uid{5});
    a.add(Uid{10}, Uid{20});
    b.add(Uid{4}, Uid{12});
    b.add(Uid{19}, Uid{30});
    EXPECT_EQ(intersection(a, b).to_text(), "4:5,10:12,19:20");
    EXPECT_EQ(intersection(b, a).to_text(), "4:5,10:12,19:20");
    EXPECT_EQ(intersection(a, UidSet()).to_text(), "");
}

// --- the model ---

constexpr const char* kWords[] = {"alpha",  "Beta",  "gamma", "STRASSE", "straße", "İstanbul",
                                  "日本語", "Ünder", "x",     "ﬁne",     "fine",   "½"};

std::string words(Random& random, std::uint64_t most) {
    std::string text;
    for (auto n = random.below(most + 1); n > 0; --n) {
        if (!text.empty()) text += ' ';
        text += kWords[random.below(std::size(kWords))];
    }
    return text;
}

// What the naive matcher knows of a message.
struct Known {
    Flags flags;
    std::string subject, from;
    std::vector<std::string> bodies;
};

std::string encoded_word(std::string_view text) {
    return text.empty() ? "" : "=?utf-8?b?" + base64_encode(text) + "?=";
}

Known add_random(FakeBox& box, Random& random) {
    Known known{static_cast<Flags>(random.below(32)), words(random, 4), words(random, 2), {}};
    std::string mail = "Subject: " + encoded_word(known.subject) +
                       "\r\nFrom: " + encoded_word(known.from) + "\r\n";
    auto add_body = [&](std::string boundary) {
        auto body = words(random, 8);
        bool base64 = random.below(2) == 0;
        mail += boundary +
                "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: " +
                (base64 ? "base64" : "8bit") + "\r\n\r\n" + (base64 ? base64_encode(body) : body);
        known.bodies.push_back(std::move(body));
    };
    if (random.below(2) == 0) {
        add_body("");
    } else {
        mail += "Content-Type: multipart/mixed; boundary=zz\r\n\r\n";
        add_body("--zz\r\n");
        add_body("\r\n--zz\r\n");
        mail += "\r\n--zz--\r\n";
    }
    box.add(std::move(mail), known.flags);
    return known;
}

bool has(std::string_view text, std::string_view needle) {
    auto normal = message::normal_form(text);
    return normal.find(message::normal_form(needle)) != normal.npos;
}

bool has(const std::vector<std::string>& texts, std::string_view needle) {
    return std::any_of(texts.begin(), texts.end(), [&](auto& text) { return has(text, needle); });
}

// A random tree in postfix, and what it says of each message by the naive matcher.
std::vector<bool> random_tree(Random& random, int depth, const std::vector<Known>& all,
                              std::vector<Criterion>& tests) {
    std::vector<bool> matches(all.size());
    auto leaf = [&](Criterion one, auto is_match) {
        tests.push_back(std::move(one));
        for (std::size_t i = 0; i < all.size(); ++i) matches[i] = is_match(all[i]);
    };
    auto word = words(random, 2);
    switch (random.below(depth > 0 ? 8 : 5)) {
        case 0: {
            Flags flag = static_cast<Flags>(1 << random.below(5));
            leaf(test::HasFlag{flag}, [=](auto& k) { return (k.flags & flag) != 0; });
            break;
        }
        case 1:
            leaf(test::Subject{word}, [=](auto& k) { return has(k.subject, word); });
            break;
        case 2:
            leaf(test::Header{"from", word}, [=](auto& k) { return has(k.from, word); });
            break;
        case 3:
            leaf(test::Body{word}, [=](auto& k) { return word.empty() || has(k.bodies, word); });
            break;
        case 4:
            leaf(test::Text{word}, [=](auto& k) {
                return word.empty() || has(k.bodies, word) || has("Subject: " + k.subject, word) ||
                       has("From: " + k.from, word) || has("text/plain charset", word);
            });
            break;
        case 5: {
            matches = random_tree(random, depth - 1, all, tests);
            tests.push_back(test::Not{});
            matches.flip();
            break;
        }
        default: {
            bool is_and = random.below(2) == 0;
            auto of = 2 + random.below(2);
            matches = random_tree(random, depth - 1, all, tests);
            for (std::uint64_t k = 1; k < of; ++k) {
                auto other = random_tree(random, depth - 1, all, tests);
                for (std::size_t i = 0; i < all.size(); ++i)
                    matches[i] = is_and ? matches[i] && other[i] : matches[i] || other[i];
            }
            tests.push_back(is_and ? Criterion(test::And{of}) : Criterion(test::Or{of}));
        }
    }
    return matches;
}

TEST(SearchModel, equals_a_naive_matcher) {
    auto random = make_seeded_random(20);
    FakeBox box;
    std::vector<Known> all;
    for (int i = 0; i < 300; ++i) all.push_back(add_random(box, *random));
    for (int round = 0; round < 400; ++round) {
        std::vector<Criterion> tests;
        auto matches = random_tree(*random, 3, all, tests);
        UidSet want;
        for (std::uint32_t i = 0; i < matches.size(); ++i) {
            if (matches[i]) want.add(Uid{i + 1});
        }
        ASSERT_EQ(found_by(box, tests), want.to_text()) << "round " << round;
    }
}

}  // namespace
}  // namespace rook::mailbox
