// What talk files cannot show of FETCH: steps, large bodies, damage, cost.
#include "imap/fetch_run.h"

#include <gtest/gtest.h>
#include <time.h>

#include "base/base64.h"
#include "imap/test_support.h"
#include "mailbox/keys.h"

namespace rook::imap {
namespace {

class FetchRunTest : public ImapTest {
protected:
    // Damages a record for as long as it lives: the fixture looks at all of them at the end.
    class Damage {
    public:
        Damage(FetchRunTest& test, store::Table table, std::string key)
            : test_(test), table_(table), key_(std::move(key)) {
            was_ = **test_.store_->find(test_.id_, table_, key_);
            put("nothing that makes sense");
        }
        ~Damage() { put(was_); }

    private:
        void put(std::string_view value) {
            store::Batch batch;
            batch.put(table_, key_, value);
            EXPECT_TRUE(test_.store_->commit(test_.id_, std::move(batch)));
        }
        FetchRunTest& test_;
        store::Table table_;
        std::string key_, was_;
    };
    Damage damage_body(EmailId email, std::uint32_t chunk) {
        return Damage(*this, store::Table::Bodies, mailbox::keys::body(email, chunk));
    }
};

std::string text_of(std::size_t bytes) {
    std::string text;
    for (std::uint32_t i = 0; text.size() < bytes; ++i) text += std::to_string(i * 2654435761u);
    text.resize(bytes);
    return text;
}

constexpr std::string_view kTail = ")\r\na OK FETCH done\r\n";

TEST_F(FetchRunTest, a_large_body_comes_in_pieces_and_whole) {
    const auto message = mail("large", {}, text_of(3'000'000));
    put(message);
    log_in();
    link_->pause_jobs();
    std::string all = say("a FETCH 1 BODY.PEEK[]");
    std::size_t largest = 0;
    int steps = 1;
    for (bool more = true; more; ++steps) {
        more = link_->step();
        const auto piece = link_->take_output();
        largest = std::max(largest, piece.size());
        all += piece;
    }
    EXPECT_GT(steps, 8);
    EXPECT_LT(largest, 2 * net::kStepBytes);
    EXPECT_EQ(all, "* 1 FETCH (BODY[] {" + std::to_string(message.size()) + "}\r\n" + message +
                       std::string(kTail));
}

TEST_F(FetchRunTest, a_long_line_of_small_items_comes_in_pieces) {
    std::string flags;
    for (int i = 0; i < 60; ++i) flags += " " + std::string(90, 'k') + std::to_string(i);
    put(mail("flags", {}, "x"));
    log_in();
    say("a STORE 1 +FLAGS.SILENT (" + flags.substr(1) + ")");
    std::string items;
    for (int i = 0; i < 5000; ++i) items += " FLAGS";
    link_->pause_jobs();
    auto piece = say("a FETCH 1 (" + items.substr(1) + ")");
    std::size_t largest = piece.size(), all = piece.size();
    for (bool more = true; more;) {
        more = link_->step();
        piece = link_->take_output();
        largest = std::max(largest, piece.size());
        all += piece.size();
    }
    EXPECT_GT(all, 5000 * flags.size());
    EXPECT_LT(largest, 2 * net::kStepBytes);
    EXPECT_TRUE(piece.ends_with(kTail));
}

TEST_F(FetchRunTest, parts_of_a_large_body) {
    const auto body = text_of(1'000'000);
    const auto message = mail("large", {}, body);
    put(message);
    log_in();
    struct Row {
        std::uint64_t offset, length;
    };
    for (const auto& row : {Row{0, 10}, Row{65'530, 20}, Row{999'990, 100}, Row{5, 300'000},
                            Row{700'000, 300'000}, Row{1'000'000, 5}}) {
        const auto want = body.substr(row.offset, row.length);
        const auto head = "* 1 FETCH (BODY[TEXT]<" + std::to_string(row.offset) + "> ";
        const auto value =
            want.empty() ? "\"\"" : "{" + std::to_string(want.size()) + "}\r\n" + want;
        EXPECT_EQ(say("a FETCH 1 BODY.PEEK[TEXT]<" + std::to_string(row.offset) + "." +
                      std::to_string(row.length) + ">"),
                  head + value + std::string(kTail));
    }
}

TEST_F(FetchRunTest, a_large_part_is_decoded_in_pieces) {
    auto bytes = text_of(800'000);
    const auto lines = [](const std::string& text) {
        std::string out;
        for (std::size_t i = 0; i < text.size(); i += 76) out += text.substr(i, 76) + "\r\n";
        return out;
    };
    const std::string_view base64 =
        "Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n";
    put(mail("plain", base64, lines(base64_encode(bytes))));
    bytes[500'000] = '\0';
    put(mail("nul", base64, lines(base64_encode(bytes))));
    log_in();
    EXPECT_EQ(say("a FETCH 2 BINARY.SIZE[1]"),
              "* 2 FETCH (BINARY.SIZE[1] 800000" + std::string(kTail));
    EXPECT_EQ(say("a FETCH 2 BINARY.PEEK[1]"),
              "* 2 FETCH (BINARY[1] ~{800000}\r\n" + bytes + std::string(kTail));
    EXPECT_EQ(say("a FETCH 1 BINARY.PEEK[1]<400000.300000>"),
              "* 1 FETCH (BINARY[1]<400000> {300000}\r\n" + bytes.substr(400'000, 99'999 + 1) +
                  text_of(800'000).substr(500'000, 200'000) + std::string(kTail));
}

TEST_F(FetchRunTest, many_messages_come_in_steps) {
    constexpr int kMessages = 300;
    std::string message = mail("one of many", {}, text_of(10'000));
    for (int i = 0; i < kMessages; ++i) put(message);
    log_in();
    link_->pause_jobs();
    auto all = say("a FETCH 1:* (UID BODY.PEEK[] FLAGS)");
    std::size_t largest = 0, steps = 1;
    for (bool more = true; more; ++steps) {
        more = link_->step();
        const auto piece = link_->take_output();
        largest = std::max(largest, piece.size());
        all += piece;
    }
    EXPECT_LT(largest, net::kStepBytes + 2 * message.size());
    EXPECT_GT(steps, kMessages * message.size() / net::kStepBytes);
    std::string want;
    for (int i = 1; i <= kMessages; ++i) {
        const auto n = std::to_string(i);
        want += "* " + n + " FETCH (UID " + n + " BODY[] {" + std::to_string(message.size()) +
                "}\r\n" + message + " FLAGS (\\Recent))\r\n";
    }
    EXPECT_EQ(all, want + "a OK FETCH done\r\n");
}

TEST_F(FetchRunTest, seen_is_set_once_a_batch) {
    for (int i = 0; i < 100; ++i) put(mail("unseen"));
    log_in();
    const auto before = store_->commits();
    const auto all = say("a FETCH 1:* BODY[HEADER.FIELDS (SUBJECT)]");
    EXPECT_NE(all.find("* 100 FETCH (BODY[HEADER.FIELDS (SUBJECT)] {19}\r\nSubject: unseen\r\n\r\n "
                       "FLAGS (\\Seen \\Recent))\r\n"),
              all.npos);
    EXPECT_LE(store_->commits() - before, 4u);
}

TEST_F(FetchRunTest, a_full_disk_lets_read) {
    put(mail("unseen"));
    log_in();
    store_->set_space({.free_bytes = 0, .is_short = true});
    EXPECT_EQ(say("a FETCH 1 BODY[TEXT]"),
              "* 1 FETCH (BODY[TEXT] {8}\r\nHello.\r\n" + std::string(kTail));
    store_->set_space({});
}

TEST_F(FetchRunTest, a_damaged_message_spares_the_others) {
    put(mail("one"));
    const auto two = put(mail("two"));
    put(mail("three"));
    const auto damage = damage_body(two, 0);
    log_in();
    EXPECT_EQ(say("a FETCH 1:3 (UID BODY.PEEK[TEXT])"),
              "* 1 FETCH (UID 1 BODY[TEXT] {8}\r\nHello.\r\n)\r\n"
              "* 3 FETCH (UID 3 BODY[TEXT] {8}\r\nHello.\r\n)\r\n"
              "a NO [CORRUPTION] Message 2 is damaged and cannot be read\r\n");
    // What does not need the body is there.
    EXPECT_NE(say("a FETCH 2 (ENVELOPE BODY.PEEK[HEADER])").find("a OK"), std::string::npos);
}

TEST_F(FetchRunTest, a_damaged_summary_spares_the_others) {
    put(mail("one"));
    const auto two = put(mail("two"));
    const Damage damage(*this, store::Table::Summaries, mailbox::keys::summary(two, 0));
    restart();
    log_in();
    const auto all = say("a FETCH 1:2 (PREVIEW)");
    EXPECT_EQ(all,
              "* 1 FETCH (PREVIEW \"Hello.\")\r\n"
              "a NO [CORRUPTION] Message 2 is damaged and cannot be read\r\n");
    EXPECT_NE(say("a FETCH 1:2 FLAGS").find("* 2 FETCH"), std::string::npos);
}

TEST_F(FetchRunTest, damage_inside_a_literal_ends_the_connection) {
    const auto email = put(mail("large", {}, text_of(2'000'000)));
    const auto damage = damage_body(email, 12);
    log_in();
    const auto all = say("a FETCH 1 BODY.PEEK[]");
    EXPECT_TRUE(link_->is_closed());
    EXPECT_EQ(all.find("a NO"), all.npos);
    EXPECT_EQ(all.find("a OK"), all.npos);
    EXPECT_LT(all.size(), 2'000'000u);
    EXPECT_EQ(link_->broken_by(), "");
}

double cpu_seconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// Cost of an item list is linear in it: threats A6.
TEST_F(FetchRunTest, ten_thousand_items_cost_what_they_should) {
    put(mail("one", "Content-Type: multipart/mixed; boundary=x\r\n",
             "--x\r\n\r\none\r\n--x\r\n\r\ntwo\r\n--x--\r\n"));
    log_in();
    const auto cost = [&](int items) {
        std::string list;
        for (int i = 0; i < items; ++i) list += " BODY.PEEK[" + std::to_string(i % 3 + 1) + "]";
        const auto begin = cpu_seconds();
        const auto all = say("a FETCH 1 (" + list.substr(1) + ")");
        EXPECT_NE(all.find("BODY[3] NIL)\r\na OK"), all.npos);
        return cpu_seconds() - begin;
    };
    cost(300);
    // Below the timer's noise nothing is to be feared.
    EXPECT_LT(cost(3'000), std::max(6 * cost(750), 0.05));
}

}  // namespace
}  // namespace rook::imap
