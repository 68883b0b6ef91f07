// Whole LMTP and submission sessions on a fake link.
#include "smtp/receive/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "base/base64.h"
#include "mailbox/fake_accounts.h"
#include "net/fake_link.h"
#include "store/memory/memory_store.h"

namespace rook::smtp {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// Keeps every line.
class KeptLog final : public Log {
public:
    void write(LogLevel level, std::string_view event,
               std::initializer_list<LogField> fields) override {
        lines += format_log_line(LogFormat::Logfmt, {}, level, event, fields) + "\n";
    }
    std::string lines;
};

// Hashing is slow: one directory and one cache of checked passwords for all tests.
struct People {
    People() {
        EXPECT_TRUE(directory->add_domain("e.test"));
        const auto hash = authenticator->hash_password("secret").value();
        for (auto [id, name] : {std::pair{&alice, "alice"}, {&bob, "bob"}, {&carol, "carol"}}) {
            directory::Account account;
            account.id = *id = directory->reserve_account().value();
            account.address = std::string(name) + "@e.test";
            account.password = hash;
            EXPECT_TRUE(directory->add_account(account));
        }
        EXPECT_TRUE(directory->add_alias({"all@e.test", {"alice@e.test", "bob@e.test"}}));
        EXPECT_TRUE(directory->add_alias({"sales@e.test", {"alice@e.test"}}));
        EXPECT_TRUE(directory->add_alias({"postmaster@mail.e.test", {"bob@e.test"}}) ||
                    directory->add_domain("mail.e.test"));
        (void)directory->add_alias({"postmaster@mail.e.test", {"bob@e.test"}});
    }

    std::unique_ptr<store::MemoryStore> store = store::make_memory_store();
    StoppedClock clock;
    NullLog log;
    std::unique_ptr<Random> random = make_seeded_random(1);
    std::unique_ptr<directory::Directory> directory =
        directory::Directory::open(*store, clock, {.default_domain = "e.test"}).value();
    std::unique_ptr<auth::Authenticator> authenticator =
        auth::Authenticator::make(*directory, clock, *random, log, {});
    AccountId alice, bob, carol;
};

class SmtpTest : public testing::Test {
protected:
    static People& people() {
        static People people;
        return people;
    }

    SmtpTest() { services.options.hostname = "mail.e.test"; }

    mailbox::FakeAccount& alice() { return accounts.at(people().alice); }
    mailbox::FakeAccount& bob() { return accounts.at(people().bob); }
    std::size_t stored() {
        std::size_t count = 0;
        for (auto& [id, account] : accounts.accounts) count += account->stored.size();
        return count;
    }

    std::unique_ptr<net::FakeLink> connect(Kind kind, bool tls = true) {
        auto link = std::make_unique<net::FakeLink>(
            [this, kind](net::Link& l) { return make_session(services, kind, l); });
        link->set_tls(tls);
        link->set_can_start_tls(true);
        link->start();
        EXPECT_THAT(link->take_output(), StartsWith("220 mail.e.test "));
        return link;
    }
    std::unique_ptr<net::FakeLink> lmtp() {
        auto link = connect(Kind::Lmtp, false);
        say(*link, "LHLO mx.x\r\n");
        return link;
    }
    std::unique_ptr<net::FakeLink> submission() {
        auto link = connect(Kind::Submission);
        say(*link, "EHLO pc\r\n");
        EXPECT_EQ(say(*link, "AUTH PLAIN " + plain("alice", "secret") + "\r\n"),
                  "235 2.7.0 Logged in\r\n");
        EXPECT_EQ(link->facts().user, "alice@e.test");
        return link;
    }
    static std::string say(net::FakeLink& link, std::string_view bytes) {
        link.send(bytes);
        EXPECT_EQ(link.broken_by(), "");
        return link.take_output();
    }
    static std::string plain(std::string_view user, std::string_view password) {
        using namespace std::string_literals;
        return base64_encode("\0"s.append(user) + "\0"s.append(password));
    }
    // The replies to MAIL, RCPT... and DATA must be good; returns those to the message.
    static std::string send(net::FakeLink& link, std::string_view from,
                            std::vector<std::string_view> to, std::string_view data) {
        std::string lines = "MAIL FROM:<" + std::string(from) + ">\r\n";
        for (auto one : to) lines += "RCPT TO:<" + std::string(one) + ">\r\n";
        auto said = say(link, lines + "DATA\r\n");
        const auto go = said.find("354 ");
        EXPECT_NE(go, std::string::npos) << said;
        return say(link, data);
    }
    static std::string without_ids(std::string text) {
        for (std::size_t at = 0; (at = text.find(", id ", at)) != std::string::npos; ++at) {
            text.erase(at, 17);
        }
        return text;
    }

    KeptLog log;
    mailbox::FakeAccounts accounts;
    Services services{.accounts = accounts,
                      .authenticator = *people().authenticator,
                      .directory = *people().directory,
                      .clock = people().clock,
                      .random = *people().random,
                      .log = log};
};

TEST_F(SmtpTest, LmtpDeliversWithAReplyForEachRecipient) {
    auto link = connect(Kind::Lmtp, false);
    EXPECT_EQ(say(*link, "LHLO mx.x\r\n"),
              "250-mail.e.test\r\n250-SIZE 52424704\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
              "250-ENHANCEDSTATUSCODES\r\n250-PIPELINING\r\n250 STARTTLS\r\n");
    EXPECT_EQ(say(*link,
                  "MAIL FROM:<s@x.example> SIZE=20 BODY=8BITMIME\r\nRCPT TO:<alice@e.test>\r\n"
                  "RCPT TO:<nobody@e.test>\r\nRCPT TO:<bob+lists@e.test>\r\n"
                  "RCPT TO:<sales@e.test>\r\nRCPT TO:<x@other.test>\r\nDATA\r\n"),
              "250 2.1.0 Sender taken\r\n250 2.1.5 Recipient taken\r\n"
              "550 5.1.1 <nobody@e.test> There is no such mailbox\r\n250 2.1.5 Recipient taken\r\n"
              "250 2.1.5 Recipient taken\r\n"
              "550 5.1.1 <x@other.test> There is no such mailbox\r\n"
              "354 Send the message; end it with CRLF.CRLF\r\n");
    const auto jobs = link->jobs();
    EXPECT_EQ(without_ids(say(*link, "Subject: hi\r\n\r\n..\r\n.\r\nRSET\r\n")),
              "250 2.0.0 <alice@e.test> Stored\r\n250 2.0.0 <bob+lists@e.test> Stored\r\n"
              "250 2.0.0 <sales@e.test> Stored\r\n250 2.0.0 Forgotten\r\n");
    EXPECT_EQ(link->jobs() - jobs, 1);
    ASSERT_EQ(alice().stored.size(), 1u);
    ASSERT_EQ(bob().stored.size(), 1u);
    EXPECT_THAT(alice().stored[0].bytes,
                testing::MatchesRegex(
                    "Return-Path: <s@x.example>\r\nDelivered-To: alice@e.test\r\n"
                    "Received: from mx.x \\(\\[127.0.0.1\\]\\)\r\n\tby mail.e.test with LMTP id "
                    "[0-9a-z]{12}\r\n\tfor <alice@e.test>; Tue, 14 Nov 2023 22:13:20 \\+0000\r\n"
                    "Subject: hi\r\n\r\n.\r\n"));
    EXPECT_THAT(bob().stored[0].bytes, HasSubstr("Delivered-To: bob+lists@e.test\r\n"));
    EXPECT_THAT(log.lines, HasSubstr("fate=stored"));
    EXPECT_EQ(say(*link, "QUIT\r\n"), "221 2.0.0 Goodbye\r\n");
    EXPECT_TRUE(link->is_closed());
}

TEST_F(SmtpTest, AsOnePipelinedWriteTwoMessagesAtEveryCut) {
    constexpr std::string_view kAll =
        "LHLO mx.x\r\nMAIL FROM:<>\r\nRCPT TO:<alice@e.test>\r\nDATA\r\nA: b\r\n\r\n.\r\n"
        "MAIL FROM:<s@x.example>\r\nRCPT TO:<all@e.test>\r\nDATA\r\n..\r\n.\r\nQUIT\r\n";
    auto whole = connect(Kind::Lmtp);
    const auto want = without_ids(say(*whole, kAll));
    EXPECT_THAT(want, EndsWith("<all@e.test> Stored\r\n221 2.0.0 Goodbye\r\n"));
    EXPECT_EQ(alice().stored.size(), 2u);
    for (std::size_t cut : {1, 2, 3, 5, 11, 64}) {
        auto link = connect(Kind::Lmtp);
        std::string said;
        for (std::size_t at = 0; at < kAll.size(); at += cut)
            said += say(*link, kAll.substr(at, cut));
        EXPECT_EQ(without_ids(said), want) << cut;
    }
    EXPECT_EQ(alice().stored.size(), 14u);
    EXPECT_EQ(bob().stored.size(), 7u);
}

TEST_F(SmtpTest, LmtpOneHopForAPipelinedEnvelope) {
    auto link = lmtp();
    const auto before = link->jobs();
    say(*link,
        "MAIL FROM:<>\r\nRCPT TO:<alice@e.test>\r\nRCPT TO:<bob@e.test>\r\nDATA\r\nA: b\r\n.\r\n");
    EXPECT_EQ(link->jobs() - before, 2);
    EXPECT_EQ(stored(), 2u);
}

TEST_F(SmtpTest, EachRecipientHasItsOwnFate) {
    struct Row {
        Why why;
        std::string_view code;
    };
    const Row rows[] = {
        {Why::OverQuota, "452 4.2.2"}, {Why::NoSpace, "452 4.3.1"}, {Why::Io, "451 4.3.0"},
        {Why::Busy, "451 4.3.2"},      {Why::TooBig, "552 5.3.4"},
    };
    for (const auto& row : rows) {
        accounts.accounts.clear();
        bob().faults.add = row.why;
        auto link = lmtp();
        const auto said =
            send(*link, "s@x.example", {"alice@e.test", "bob@e.test", "all@e.test", "sales@e.test"},
                 "A: b\r\n\r\nc\r\n.\r\n");
        const std::string code(row.code);
        EXPECT_EQ(without_ids(said),
                  "250 2.0.0 <alice@e.test> Stored\r\n" + code + " <bob@e.test> Add fails\r\n" +
                      code + " <all@e.test> Add fails\r\n250 2.0.0 <sales@e.test> Stored\r\n");
        EXPECT_EQ(alice().stored.size(), 1u);
        EXPECT_TRUE(bob().stored.empty());
    }
}

TEST_F(SmtpTest, AFullDiskWhileBytesCome) {
    for (std::uint64_t from : {0u, 100'000u}) {
        accounts.accounts.clear();
        alice().faults.write = Why::NoSpace;
        alice().faults.from_byte = from;
        auto link = lmtp();
        const auto said = send(*link, "", {"alice@e.test", "bob@e.test"},
                               "A: b\r\n\r\n" + std::string(300'000, 'x') + "\r\n.\r\n");
        // Before the first byte it is alice's own trouble; later on everybody's bytes are lost.
        EXPECT_EQ(without_ids(said), std::string("452 4.3.1 <alice@e.test> Write fails\r\n") +
                                         (from == 0 ? "250 2.0.0 <bob@e.test> Stored\r\n"
                                                    : "452 4.3.1 <bob@e.test> Write fails\r\n"));
        EXPECT_EQ(stored(), from == 0 ? 1u : 0u);
    }
}

TEST_F(SmtpTest, LargeMessagesComeInPiecesWithBackPressure) {
    std::string message = "A: b\r\n\r\n";
    std::mt19937 random(9);
    while (message.size() < 500'000) message += std::string(random() % 900, 'x') + "\r\n";
    auto link = lmtp();
    say(*link, "MAIL FROM:<>\r\nRCPT TO:<alice@e.test>\r\nDATA\r\n");
    link->pause_jobs();
    link->send(message + ".\r\nNOOP\r\n");
    EXPECT_TRUE(link->is_busy());
    // Nothing more is taken while a piece is being stored.
    EXPECT_GE(link->unfed().size(), message.size() - Receiving::kPieceBytes);
    link->resume_jobs();
    EXPECT_THAT(without_ids(link->take_output()),
                EndsWith("<alice@e.test> Stored\r\n250 2.0.0 Nothing done\r\n"));
    ASSERT_EQ(stored(), 1u);
    EXPECT_THAT(alice().stored[0].bytes, EndsWith("+0000\r\n" + message));
}

TEST_F(SmtpTest, TooLargeIsRefusedAtMailAndAtTheEnd) {
    accounts.settings.message_bytes = 100'000;
    auto link = lmtp();
    EXPECT_EQ(say(*link, "MAIL FROM:<> SIZE=95905\r\n"),
              "552 5.3.4 Messages may have 95904 octets\r\n");
    EXPECT_EQ(say(*link, "MAIL FROM:<> SIZE=99999999999999999999999\r\n"),
              "501 5.5.4 SIZE is a number of octets\r\n");
    const auto lines = [](std::size_t bytes) { return std::string(bytes - 2, 'x') + "\r\n.\r\n"; };
    EXPECT_THAT(send(*link, "", {"alice@e.test"}, lines(95'904)), StartsWith("250 "));
    EXPECT_EQ(send(*link, "", {"alice@e.test", "bob@e.test"}, lines(95'905)),
              "552 5.3.4 <alice@e.test> The message is larger than 95904 octets\r\n"
              "552 5.3.4 <bob@e.test> The message is larger than 95904 octets\r\n");
    EXPECT_EQ(send(*link, "", {"alice@e.test"}, lines(5'000'000)).substr(0, 9), "552 5.3.4");
    EXPECT_EQ(stored(), 1u);
    EXPECT_FALSE(link->is_closed());
}

// Every pair of line ends around a dot, in the middle of a message that holds the commands of a
// second: never two messages, and never a part of one.
TEST_F(SmtpTest, NothingIsSmuggled) {
    const std::string nul(1, '\0');
    const std::string ends[] = {"\r", "\n", "\r\n", "\r\r\n", "\n\r", nul, "\r" + nul + "\n"};
    for (const auto& before : ends) {
        for (const auto& after : ends) {
            for (std::size_t cut : {1, 3, 1000}) {
                accounts.accounts.clear();
                auto link = lmtp();
                say(*link, "MAIL FROM:<s@x.example>\r\nRCPT TO:<alice@e.test>\r\nDATA\r\n");
                const auto data = "A: b\r\n\r\nfirst" + before + "." + after +
                                  "MAIL FROM:<evil@x.example>\r\nRCPT TO:<bob@e.test>\r\nDATA\r\n"
                                  "A: b\r\n\r\nsecond\r\n.\r\nQUIT\r\n";
                std::string said;
                for (std::size_t at = 0; at < data.size(); at += cut) {
                    said += say(*link, std::string_view(data).substr(at, cut));
                }
                const bool is_real_end = before == "\r\n" && after == "\r\n";
                if (is_real_end) {
                    EXPECT_EQ(stored(), 2u);
                    continue;
                }
                EXPECT_TRUE(bob().stored.empty()) << testing::PrintToString(before + "." + after);
                if (alice().stored.empty()) {
                    EXPECT_THAT(said, StartsWith("554 5.6.0 <alice@e.test> "));
                    EXPECT_THAT(said, HasSubstr("\r\n421 4.7.0 "));
                } else {
                    EXPECT_EQ(before.find_first_of("\r\n"), before.find("\r\n"));
                    EXPECT_THAT(alice().stored[0].bytes, EndsWith("second\r\n"));
                }
                EXPECT_TRUE(link->is_closed());
            }
        }
    }
}

TEST_F(SmtpTest, TheOrderOfCommandsIsKept) {
    struct Row {
        std::string_view lines, want;
    };
    const Row rows[] = {
        {"MAIL FROM:<>\r\n", "503 5.5.1 Say LHLO first\r\n"},
        {"RCPT TO:<alice@e.test>\r\n", "503 5.5.1 Say LHLO first\r\n"},
        {"LHLO\r\n", "501 5.5.4 Your name comes after it, one word\r\n"},
        {"LHLO a b\r\n", "501 5.5.4 Your name comes after it, one word\r\n"},
        {"EHLO a\r\n", "500 5.5.1 There is no such command\r\n"},
        {"HELO a\r\n", "500 5.5.1 There is no such command\r\n"},
        {"AUTH PLAIN\r\n", "500 5.5.1 There is no such command\r\n"},
    };
    for (const auto& row : rows) {
        auto link = connect(Kind::Lmtp, false);
        EXPECT_EQ(say(*link, row.lines), row.want) << row.lines;
    }
    const Row after_hello[] = {
        {"RCPT TO:<alice@e.test>\r\n", "503 5.5.1 MAIL comes first\r\n"},
        {"DATA\r\n", "503 5.5.1 MAIL comes first\r\n"},
        {"MAIL FROM:<>\r\nDATA\r\n",
         "250 2.1.0 Sender taken\r\n503 5.5.1 There is no recipient\r\n"},
        {"MAIL FROM:<>\r\nMAIL FROM:<>\r\n",
         "250 2.1.0 Sender taken\r\n503 5.5.1 A message has begun; RSET ends it\r\n"},
        {"MAIL FROM:<>\r\nRSET\r\nDATA\r\n",
         "250 2.1.0 Sender taken\r\n250 2.0.0 Forgotten\r\n503 5.5.1 MAIL comes first\r\n"},
        {"MAIL FROM:<>\r\nRCPT TO:<no@e.test>\r\nDATA\r\n",
         "250 2.1.0 Sender taken\r\n550 5.1.1 <no@e.test> There is no such mailbox\r\n"
         "503 5.5.1 There is no recipient\r\n"},
        {"MAIL FROM:<a>\r\n", "501 5.1.7 The address has no domain\r\n"},
        {"MAIL FROM:<> XYZ=1\r\n", "555 5.5.4 XYZ is not known here\r\n"},
        {"MAIL FROM:<> BODY=BINARYMIME\r\n", "501 5.5.4 BODY is 7BIT or 8BITMIME\r\n"},
        {"MAIL FROM:<\xc3\xbc@x.example>\r\n", "550 5.6.7 Such an address needs SMTPUTF8\r\n"},
        {"MAIL FROM:<>\r\nRCPT TO:<>\r\n",
         "250 2.1.0 Sender taken\r\n501 5.1.3 A recipient has an address\r\n"},
        {"MAIL FROM:<>\r\nRCPT TO:<alice@e.test> NOTIFY=NEVER\r\n",
         "250 2.1.0 Sender taken\r\n555 5.5.4 NOTIFY is not known here\r\n"},
        {"MAIL FROM:<>\r\nRCPT TO:<postmaster>\r\n",
         "250 2.1.0 Sender taken\r\n250 2.1.5 Recipient taken\r\n"},
        {"VRFY alice\r\n", "252 2.5.0 Try RCPT: it says whether mail is taken\r\n"},
        {"VRFY\r\n", "501 5.5.4 Syntax: VRFY address\r\n"},
        {"EXPN all\r\n", "502 5.5.1 Lists are not told\r\n"},
        {"RSET now\r\n", "501 5.5.4 Syntax: RSET\r\n"},
        {"NOOP anything\r\n", "250 2.0.0 Nothing done\r\n"},
        {"HELP MAIL\r\n",
         "214 2.0.0 MAIL FROM:<address> [SIZE=octets] [BODY=8BITMIME] [SMTPUTF8]\r\n"},
        {"HELP\r\n",
         "214 2.0.0 Commands: DATA EXPN HELP LHLO MAIL NOOP QUIT RCPT RSET STARTTLS VRFY\r\n"},
        {"RSET\n", "500 5.5.2 A line ends with CRLF, and holds no other CR or LF or NUL\r\n"},
    };
    for (const auto& row : after_hello) {
        auto link = lmtp();
        EXPECT_EQ(say(*link, row.lines), row.want) << row.lines;
    }
}

TEST_F(SmtpTest, ANewMessageStartsFromNothing) {
    auto link = lmtp();
    send(*link, "", {"alice@e.test"}, "A: b\r\n.\r\n");
    EXPECT_EQ(say(*link, "RCPT TO:<alice@e.test>\r\n"), "503 5.5.1 MAIL comes first\r\n");
    EXPECT_EQ(say(*link, "DATA\r\n"), "503 5.5.1 MAIL comes first\r\n");
    say(*link, "MAIL FROM:<> SMTPUTF8\r\nLHLO again\r\n");
    EXPECT_EQ(say(*link, "DATA\r\n"), "503 5.5.1 MAIL comes first\r\n");
    // SMTPUTF8 was that message's.
    EXPECT_EQ(say(*link, "MAIL FROM:<\xc3\xbc@x.example>\r\n").substr(0, 9), "550 5.6.7");
}

TEST_F(SmtpTest, RecipientsAndBadCommandsAreLimited) {
    services.options.recipients = 2;
    auto link = lmtp();
    EXPECT_THAT(say(*link,
                    "MAIL FROM:<>\r\nRCPT TO:<alice@e.test>\r\nRCPT TO:<bob@e.test>\r\n"
                    "RCPT TO:<carol@e.test>\r\n"),
                EndsWith("452 4.5.3 Too many recipients; send the message again for the rest\r\n"));
    link = lmtp();
    for (unsigned i = 1; i < services.options.bad_commands; ++i) {
        EXPECT_EQ(say(*link, "GET / HTTP/1.1\r\n"), "500 5.5.1 There is no such command\r\n");
    }
    EXPECT_THAT(say(*link, "Host: x\r\nMAIL FROM:<>\r\n"),
                EndsWith("\r\n421 4.7.0 Too many bad commands; closing\r\n"));
    EXPECT_TRUE(link->is_closed());
    link = lmtp();
    EXPECT_EQ(say(*link, std::string(services.options.line_bytes, 'x')),
              "500 5.5.2 The line is too long; closing\r\n");
    EXPECT_TRUE(link->is_closed());
    // Also within one job.
    link = lmtp();
    std::string many;
    for (int i = 0; i < 30; ++i) many += "RCPT TO:<alice@e.test>\r\n";
    const auto said = say(*link, many);
    EXPECT_THAT(said, EndsWith("421 4.7.0 Too many bad commands; closing\r\n"));
    EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 21);
}

TEST_F(SmtpTest, ADropInTheMiddleStoresNothing) {
    const std::string all =
        "MAIL FROM:<>\r\nRCPT TO:<alice@e.test>\r\nDATA\r\nA: b\r\n\r\ntext\r\n.\r\n";
    for (std::size_t size = 0; size < all.size(); ++size) {
        auto link = lmtp();
        link->send(std::string_view(all).substr(0, size));
        link->hang_up();
        EXPECT_EQ(stored(), 0u) << size;
    }
}

TEST_F(SmtpTest, StarttlsForgetsWhatCameBefore) {
    for (auto kind : {Kind::Lmtp, Kind::Submission}) {
        const std::string hello = kind == Kind::Lmtp ? "LHLO x\r\n" : "EHLO x\r\n";
        const std::string all = "STARTTLS\r\n" + hello + "MAIL FROM:<>\r\nNOOP\r\n";
        for (std::size_t cut = 0; cut <= 9; ++cut) {
            auto link = connect(kind, false);
            say(*link, hello);
            if (kind == Kind::Lmtp) say(*link, "MAIL FROM:<>\r\n");
            link->send(all.substr(0, cut));
            link->send(all.substr(cut));
            EXPECT_EQ(link->take_output(), "220 2.0.0 Begin TLS now\r\n");
            EXPECT_TRUE(link->is_tls());
            EXPECT_THAT(say(*link, "MAIL FROM:<>\r\n"), StartsWith("503 5.5.1 Say "));
            EXPECT_THAT(say(*link, hello), Not(HasSubstr("STARTTLS")));
            EXPECT_EQ(say(*link, "STARTTLS\r\n"), "503 5.5.1 TLS is on already\r\n");
        }
    }
    auto link = connect(Kind::Lmtp, false);
    link->set_can_start_tls(false);
    EXPECT_EQ(say(*link, "STARTTLS\r\n"), "454 4.7.0 TLS is not available here\r\n");
}

TEST_F(SmtpTest, SubmissionDeliversHereOnly) {
    auto link = submission();
    EXPECT_EQ(say(*link,
                  "MAIL FROM:<alice@e.test> AUTH=<>\r\nRCPT TO:<x@other.test>\r\n"
                  "RCPT TO:<no@e.test>\r\nRCPT TO:<bob@e.test>\r\nDATA\r\n"),
              "250 2.1.0 Sender taken\r\n"
              "550 5.7.1 Sending to other servers is not set up here\r\n"
              "550 5.1.1 <no@e.test> There is no such mailbox\r\n250 2.1.5 Recipient taken\r\n"
              "354 Send the message; end it with CRLF.CRLF\r\n");
    EXPECT_THAT(say(*link, "From: Alice <alice@e.test>\r\nSubject: hi\r\n\r\nhello\r\n.\r\n"),
                StartsWith("250 2.0.0 Stored, id "));
    ASSERT_EQ(bob().stored.size(), 1u);
    EXPECT_THAT(bob().stored[0].bytes,
                testing::MatchesRegex(
                    "Return-Path: <alice@e.test>\r\nDelivered-To: bob@e.test\r\n"
                    "Received: from pc \\(\\[127.0.0.1\\]\\)\r\n\tby mail.e.test with ESMTPSA id "
                    "[0-9a-z]{12}\r\n\tfor <bob@e.test>; Tue, 14 Nov 2023 22:13:20 \\+0000\r\n"
                    "Date: Tue, 14 Nov 2023 22:13:20 \\+0000\r\n"
                    "Message-ID: <[0-9a-z]{12}@mail.e.test>\r\nFrom: Alice <alice@e.test>\r\n"
                    "Subject: hi\r\n\r\nhello\r\n"));
    EXPECT_THAT(send(*link, "alice+news@e.test", {"bob@e.test"},
                     "From: sales@e.test\r\nDate: Tue, 14 Nov 2023 22:13:20 +0000\r\n"
                     "Message-id : <1@pc>\r\n\r\n.\r\n"),
                StartsWith("250 "));
    EXPECT_THAT(bob().stored[1].bytes, HasSubstr("+0000\r\nFrom: sales@e.test\r\n"));
}

TEST_F(SmtpTest, SubmissionTakesOnlyOnesOwnAddress) {
    auto link = submission();
    for (auto from : {"bob@e.test", "", "x@other.test", "all@e.test", "no@e.test"}) {
        EXPECT_EQ(say(*link, "MAIL FROM:<" + std::string(from) + ">\r\n"),
                  "550 5.7.1 The sender must be your own address\r\n")
            << from;
    }
    const std::pair<std::string_view, std::string_view> headers[] = {
        {"From: bob@e.test\r\n", "550 5.7.1"},
        {"From: alice@e.test, bob@e.test\r\n", "550 5.7.1"},
        {"From: \"alice@e.test\" <x@other.test>\r\n", "550 5.7.1"},
        {"From: alice@e.test\r\nSender: bob@e.test\r\n", "550 5.7.1"},
        {"From: friends:;\r\n", "550 5.7.1"},
        {"From: alice\r\n", "550 5.7.1"},
        {"Subject: none\r\n", "550 5.6.0"},
        {"From: Alice <ALICE@E.TEST>\r\nSender: sales@e.test\r\n", "250 2.0.0"},
    };
    for (const auto& [header, code] : headers) {
        const auto said =
            send(*link, "alice@e.test", {"bob@e.test"}, std::string(header) + "\r\n.\r\n");
        EXPECT_EQ(said.substr(0, 9), code) << header << said;
        EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1);
    }
    EXPECT_EQ(stored(), 1u);
}

TEST_F(SmtpTest, SubmissionSaysWhoHasItWhenNotAllHave) {
    auto link = submission();
    bob().faults.add = Why::OverQuota;
    EXPECT_EQ(send(*link, "alice@e.test", {"carol@e.test", "bob@e.test"},
                   "From: alice@e.test\r\n\r\n.\r\n"),
              "552 5.2.2 Delivered, but not to <bob@e.test> (Add fails)\r\n");
    EXPECT_EQ(send(*link, "alice@e.test", {"bob@e.test"}, "From: alice@e.test\r\n\r\n.\r\n"),
              "552 5.2.2 Not delivered: Add fails\r\n");
    EXPECT_EQ(stored(), 1u);
}

TEST_F(SmtpTest, SubmissionWantsALogin) {
    auto link = connect(Kind::Submission);
    EXPECT_EQ(say(*link, "AUTH PLAIN\r\n"), "503 5.5.1 Say EHLO first\r\n");
    EXPECT_THAT(say(*link, "EHLO pc\r\n"), HasSubstr("AUTH PLAIN LOGIN"));
    EXPECT_EQ(say(*link, "MAIL FROM:<alice@e.test>\r\n"), "530 5.7.0 Log in first\r\n");
    EXPECT_EQ(say(*link, "DATA\r\n"), "530 5.7.0 Log in first\r\n");
    EXPECT_EQ(say(*link, "LHLO x\r\n"), "500 5.5.1 There is no such command\r\n");
    EXPECT_THAT(say(*link, "AUTH X-NONE\r\n"), StartsWith("504 5.5.4 "));
    EXPECT_THAT(say(*link, "AUTH\r\n"), StartsWith("501 5.5.4 "));
    EXPECT_THAT(say(*link, "AUTH PLAIN a b\r\n"), StartsWith("501 5.5.4 "));
    EXPECT_EQ(say(*link, "AUTH PLAIN !!\r\n"), "501 5.5.2 That is not base64\r\n");
    EXPECT_EQ(say(*link, "AUTH PLAIN\r\n*\r\n"), "334 \r\n501 5.5.2 Cancelled, as you wish\r\n");
    EXPECT_THAT(say(*link, "AUTH PLAIN " + plain("alice", "wrong") + "\r\n"),
                StartsWith("535 5.7.8 "));
    EXPECT_EQ(link->held(), people().authenticator->options().failure_delay);
    EXPECT_THAT(say(*link, "AUTH LOGIN\r\n"), StartsWith("334 "));
    EXPECT_THAT(say(*link, base64_encode("alice") + "\r\n"), StartsWith("334 "));
    EXPECT_EQ(say(*link, base64_encode("secret") + "\r\n"), "235 2.7.0 Logged in\r\n");
    EXPECT_EQ(say(*link, "AUTH PLAIN\r\n"), "503 5.5.1 You are logged in already\r\n");
    EXPECT_THAT(say(*link, "EHLO pc\r\n"), Not(HasSubstr("AUTH")));
    EXPECT_EQ(link->facts().user, "alice@e.test");
    EXPECT_THAT(log.lines, Not(HasSubstr("secret")));
    // Known by now: it does not wait behind other people's hashes.
    EXPECT_EQ(submission()->last_lane(), net::Lane::Short);
}

TEST_F(SmtpTest, NoPasswordInClear) {
    auto link = connect(Kind::Submission, false);
    const auto said = say(*link, "EHLO pc\r\n");
    EXPECT_THAT(said, HasSubstr("STARTTLS"));
    EXPECT_THAT(said, Not(HasSubstr("AUTH")));
    EXPECT_THAT(say(*link, "AUTH PLAIN " + plain("alice", "secret") + "\r\n"),
                StartsWith("538 5.7.11 "));
    EXPECT_EQ(say(*link, "HELO pc\r\n"), "250 mail.e.test\r\n");
}

TEST_F(SmtpTest, GoodbyesInTheProtocolsWords) {
    auto link = lmtp();
    EXPECT_EQ(link->timeout(), services.options.idle_timeout);
    link->time_out();
    EXPECT_EQ(link->take_output(), "421 4.4.2 Nothing came for too long; closing\r\n");
    link = connect(Kind::Submission);
    EXPECT_EQ(link->timeout(), services.options.login_timeout);
    link->end("The server stops");
    link->deliver_wakes();
    EXPECT_EQ(link->take_output(), "421 4.3.0 The server stops\r\n");
}

TEST_F(SmtpTest, HarvestingRecipientsIsSlow) {
    auto link = submission();
    say(*link, "MAIL FROM:<alice@e.test>\r\n");
    for (int i = 0; i < 10; ++i) say(*link, "RCPT TO:<no@e.test>\r\n");
    EXPECT_EQ(link->held().count(), 0);
    say(*link, "RCPT TO:<no@e.test>\r\n");
    EXPECT_GT(link->held().count(), 0);
}

// Random commands in any order: nothing breaks, and what is stored was acknowledged.
TEST_F(SmtpTest, AnyOrderOfCommandsIsSafe) {
    constexpr std::string_view kLines[] = {
        "LHLO x\r\n",
        "MAIL FROM:<>\r\n",
        "MAIL FROM:<a@b.example> SMTPUTF8\r\n",
        "RCPT TO:<alice@e.test>\r\n",
        "RCPT TO:<no@e.test>\r\n",
        "DATA\r\n",
        "RSET\r\n",
        "A: b\r\n\r\n.\r\n",
        ".\r\n",
        "NOOP\r\n",
        "STARTTLS\r\n",
        "x\n",
        "\r\n",
        "VRFY x\r\n",
    };
    std::mt19937 random(21);
    services.options.bad_commands = 1'000;
    for (int round = 0; round < 300; ++round) {
        accounts.accounts.clear();
        auto link = connect(Kind::Lmtp, false);
        std::string said;
        for (int i = 0; i < 40 && !link->is_closed(); ++i) {
            said += say(*link, kLines[random() % std::size(kLines)]);
        }
        std::size_t acknowledged = 0;
        for (std::size_t at = 0; (at = said.find("> Stored", at)) != said.npos; ++at) {
            ++acknowledged;
        }
        EXPECT_LE(stored(), acknowledged);
        EXPECT_EQ(acknowledged == 0, stored() == 0);
    }
}

}  // namespace
}  // namespace rook::smtp
