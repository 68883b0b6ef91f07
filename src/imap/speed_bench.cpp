// What FETCH and SEARCH cost a message, without a disk or a socket: ./dev bench micro.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>

#include "imap/test_support.h"

namespace rook::imap {
namespace {

class SpeedTest : public ImapTest {
protected:
    // The best of several runs, in seconds.
    double best(const std::string& command) {
        double least = 1e9;
        for (int run = 0; run < 5; ++run) {
            const auto begin = std::chrono::steady_clock::now();
            link_->send(command + "\r\n");
            const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
            bytes_ = link_->take_output().size();
            least = std::min(least, passed.count());
        }
        return least;
    }
    void report(const std::string& command, double messages) {
        const auto seconds = best(command);
        fmt::print("{:60} {:8.2f} ms {:8.0f} ns a message, {} bytes\n", command, seconds * 1e3,
                   seconds * 1e9 / messages, bytes_);
    }
    std::size_t bytes_ = 0;
};

TEST_F(SpeedTest, Entries) {
    constexpr std::uint32_t kEmails = 4'096;  // a copy of each at a time
    for (std::uint32_t i = 0; i < kEmails; ++i) put(mail("one"));
    std::uint32_t count = kEmails;
    while (count < 65'536) {
        const auto copied = account_->copy(inbox_, uids(1, kEmails), inbox_);
        ASSERT_TRUE(copied) << copied.error().said << ": " << copied.error().detail;
        count += kEmails;
    }
    log_in();
    for (const auto* command :
         {"a FETCH 1:* (FLAGS)", "a UID FETCH 1:* (FLAGS)", "a FETCH 1:* (UID FLAGS RFC822.SIZE)",
          "a FETCH 1:* (FLAGS INTERNALDATE RFC822.SIZE)", "a SEARCH UNSEEN", "a SEARCH FLAGGED",
          "a SEARCH RETURN (COUNT) UNSEEN", "a SEARCH UNSEEN NOT DELETED LARGER 100"})
        report(command, count);
}

TEST_F(SpeedTest, Messages) {
    constexpr std::uint32_t kMessages = 10'000;
    std::string body;
    for (int i = 0; body.size() < 8'000; ++i)
        body += "word" + std::to_string(i * 7919) + (i % 10 == 9 ? "\r\n" : " ");
    for (std::uint32_t i = 0; i < kMessages; ++i) {
        const auto n = std::to_string(i);
        put("From: Some Body <some.body" + n + "@example.net>\r\nTo: a@example.test\r\nSubject: " +
            "About the matter " + n + "\r\nDate: Tue, 14 Nov 2023 10:00:00 +0100\r\nMessage-ID: <" +
            n + "@example.net>\r\nReceived: from a by b; Tue, 14 Nov 2023 10:00:00 +0100\r\n" +
            "Content-Type: text/plain; charset=utf-8\r\n\r\n" + body + n + " end\r\n");
    }
    log_in();
    for (const auto* command :
         {"a FETCH 1:* (ENVELOPE)", "a FETCH 1:* (ENVELOPE BODYSTRUCTURE)",
          "a FETCH 1:* (BODY.PEEK[HEADER.FIELDS (FROM SUBJECT DATE)])", "a FETCH 1:* (PREVIEW)",
          "a FETCH 1:* (BODY.PEEK[])", "a SEARCH SUBJECT \"matter 77\"", "a SEARCH FROM body77",
          "a SEARCH BODY \"7777 end\"", "a SEARCH TEXT \"not in any\"", "a SEARCH BODY xyz"})
        report(command, kMessages);
}

}  // namespace
}  // namespace rook::imap
