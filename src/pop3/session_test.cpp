// Whole POP3 sessions on a fake link: what is said, what is kept, what is left behind.
#include "pop3/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "base/base64.h"
#include "mailbox/fake_accounts.h"
#include "net/fake_link.h"
#include "pop3/reply.h"
#include "store/memory/memory_store.h"

namespace rook::pop3 {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view kFirst = "Subject: one\r\n\r\nline 1\r\n.line 2\r\nline 3\r\n";
constexpr std::string_view kSecond = "Subject: two\r\n\r\nno end";

// Hashing is slow: one directory and one cache of checked passwords for all tests.
struct People {
    People() {
        EXPECT_TRUE(directory->add_domain("e.test"));
        directory::Account account;
        account.id = alice = directory->reserve_account().value();
        account.address = "alice@e.test";
        account.password = authenticator->hash_password("two words ").value();
        EXPECT_TRUE(directory->add_account(account));
    }

    std::unique_ptr<store::MemoryStore> store = store::make_memory_store();
    StoppedClock clock;
    NullLog log;
    std::unique_ptr<Random> random = make_seeded_random(1);
    std::unique_ptr<directory::Directory> directory =
        directory::Directory::open(*store, clock, {.default_domain = "e.test"}).value();
    std::unique_ptr<auth::Authenticator> authenticator =
        auth::Authenticator::make(*directory, clock, *random, log, {});
    AccountId alice;
};

class Pop3Test : public testing::Test {
protected:
    static People& people() {
        static People people;
        return people;
    }

    Pop3Test() {
        inbox().put(std::string(kFirst));
        inbox().put(std::string(kSecond));
    }

    mailbox::FakeAccount& inbox() { return accounts.at(people().alice); }

    std::unique_ptr<net::FakeLink> connect(bool tls = true) {
        auto link = std::make_unique<net::FakeLink>(
            [this](net::Link& l) { return make_session(services, l); });
        link->set_tls(tls);
        link->set_can_start_tls(true);
        link->start();
        EXPECT_EQ(link->take_output(), "+OK Rookery POP3 server ready\r\n");
        return link;
    }
    std::unique_ptr<net::FakeLink> logged_in() {
        auto link = connect();
        EXPECT_THAT(say(*link, "USER alice\r\nPASS two words \r\n"), HasSubstr("messages ("));
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

    mailbox::FakeAccounts accounts;
    Services services{.accounts = accounts,
                      .authenticator = *people().authenticator,
                      .clock = people().clock,
                      .log = people().log};
};

constexpr std::string_view kWholeSession =
    "CAPA\r\nUSER alice\r\nPASS two words \r\nSTAT\r\nLIST\r\nLIST 2\r\nUIDL\r\nUIDL 1\r\n"
    "TOP 1 1\r\nRETR 1\r\nRETR 2\r\nDELE 1\r\nDELE 1\r\nRETR 1\r\nLIST\r\nUIDL\r\nSTAT\r\nRSET\r\n"
    "NOOP\r\nDELE 2\r\nQUIT\r\n";
constexpr std::string_view kWholeAnswer =
    "+OK Capabilities follow\r\nTOP\r\nUIDL\r\nPIPELINING\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\n"
    "EXPIRE NEVER\r\nIMPLEMENTATION Rookery\r\nUSER\r\nSASL ";

TEST_F(Pop3Test, AWholeSessionPipelined) {
    auto link = connect();
    const auto said = say(*link, kWholeSession);
    ASSERT_THAT(said, StartsWith(kWholeAnswer));
    EXPECT_EQ(said.substr(said.find("+OK Now")),
              "+OK Now the password\r\n+OK 2 messages (63 octets)\r\n+OK 2 63\r\n"
              "+OK 2 messages (63 octets)\r\n1 41\r\n2 22\r\n.\r\n+OK 2 22\r\n"
              "+OK Unique ids follow\r\n1 77-1\r\n2 77-2\r\n.\r\n+OK 1 77-1\r\n"
              "+OK The top follows\r\nSubject: one\r\n\r\nline 1\r\n.\r\n"
              "+OK 41 octets\r\nSubject: one\r\n\r\nline 1\r\n..line 2\r\nline 3\r\n.\r\n"
              "+OK 22 octets\r\nSubject: two\r\n\r\nno end\r\n.\r\n"
              "+OK Message 1 is marked as deleted\r\n-ERR The message is marked as deleted\r\n"
              "-ERR The message is marked as deleted\r\n+OK 1 messages (22 octets)\r\n2 22\r\n.\r\n"
              "+OK Unique ids follow\r\n2 77-2\r\n.\r\n+OK 1 22\r\n+OK 2 messages (63 octets)\r\n"
              "+OK Nothing done\r\n+OK Message 2 is marked as deleted\r\n"
              "+OK Goodbye; 1 messages left\r\n");
    EXPECT_TRUE(link->is_closed());
    EXPECT_FALSE(inbox().stored[0].is_expunged);
    EXPECT_TRUE(inbox().stored[1].is_expunged);
}

TEST_F(Pop3Test, TheSameHoweverTheBytesAreCut) {
    auto whole = connect();
    const auto want = say(*whole, kWholeSession);
    for (std::size_t cut : {1, 2, 3, 7, 50}) {
        inbox().stored[1].is_expunged = false;
        auto link = connect();
        std::string said;
        for (std::size_t at = 0; at < kWholeSession.size(); at += cut) {
            said += say(*link, kWholeSession.substr(at, cut));
        }
        EXPECT_EQ(said, want) << cut;
    }
}

TEST_F(Pop3Test, RefusalsBeforeAndAfterLogin) {
    auto link = connect();
    for (auto line : {"STAT", "LIST", "RETR 1", "DELE 1", "NOOP", "RSET", "TOP 1 1", "UIDL"}) {
        EXPECT_EQ(say(*link, std::string(line) + "\r\n"), "-ERR Log in first\r\n") << line;
    }
    EXPECT_EQ(say(*link, "PASS x\r\n"), "-ERR USER comes first\r\n");
    EXPECT_EQ(say(*link, "USER\r\n"), "-ERR Syntax: USER name\r\n");
    EXPECT_EQ(say(*link, "APOP alice 0123\r\n"), "-ERR There is no such command\r\n");

    link = logged_in();
    for (auto line : {"USER alice", "PASS x", "AUTH PLAIN", "STLS"}) {
        EXPECT_EQ(say(*link, std::string(line) + "\r\n"), "-ERR You are logged in already\r\n");
    }
    const std::pair<std::string_view, std::string_view> rows[] = {
        {"RETR", "-ERR Syntax: RETR message\r\n"},
        {"RETR 1 2", "-ERR Syntax: RETR message\r\n"},
        {"RETR x", "-ERR A message number is made of digits\r\n"},
        {"RETR -1", "-ERR A message number is made of digits\r\n"},
        {"RETR 0", "-ERR There is no such message; there are 2\r\n"},
        {"RETR 3", "-ERR There is no such message; there are 2\r\n"},
        {"RETR 4294967297", "-ERR A message number is made of digits\r\n"},
        {"DELE 3", "-ERR There is no such message; there are 2\r\n"},
        {"LIST 3", "-ERR There is no such message; there are 2\r\n"},
        {"UIDL 3", "-ERR There is no such message; there are 2\r\n"},
        {"TOP 1", "-ERR Syntax: TOP message lines\r\n"},
        {"TOP 1 -1", "-ERR A number of lines is made of digits\r\n"},
        {"STAT now", "-ERR Syntax: STAT\r\n"},
        {"LAST", "-ERR There is no such command\r\n"},
        {"", "-ERR There is no such command\r\n"},
        {"retr 3", "-ERR There is no such message; there are 2\r\n"},
    };
    for (const auto& [line, want] : rows) {
        EXPECT_EQ(say(*link, std::string(line) + "\r\n"), want) << line;
    }
}

TEST_F(Pop3Test, OneSessionAtATime) {
    auto first = logged_in();
    auto second = connect();
    EXPECT_EQ(say(*second, "USER alice\r\nPASS two words \r\n"),
              "+OK Now the password\r\n-ERR [IN-USE] Another session has the maildrop\r\n");
    EXPECT_FALSE(second->is_closed());
    EXPECT_THAT(say(*first, "QUIT\r\n"), StartsWith("+OK"));
    EXPECT_THAT(say(*second, "USER alice\r\nPASS two words \r\n"), HasSubstr("+OK 2 messages"));
    second->hang_up();
    logged_in();
}

TEST_F(Pop3Test, TheMaildropIsTheInboxAsItWas) {
    auto link = logged_in();
    inbox().put("Subject: late\r\n\r\n");
    inbox().stored[0].is_expunged = true;
    EXPECT_EQ(say(*link, "STAT\r\n"), "+OK 2 63\r\n");
    EXPECT_THAT(say(*link, "RETR 1\r\n"), StartsWith("+OK 41 octets\r\nSubject: one\r\n"));
    EXPECT_THAT(say(*link, "DELE 1\r\nQUIT\r\n"), HasSubstr("+OK Goodbye; 1 messages left"));
    EXPECT_EQ(inbox().left(), 2u);
}

TEST_F(Pop3Test, WithoutQuitNothingIsDeleted) {
    using End = void (*)(net::FakeLink&);
    const End ends[] = {
        [](net::FakeLink& link) { link.hang_up(); },
        [](net::FakeLink& link) { link.time_out(); },
        [](net::FakeLink& link) {
            link.end("The server stops");
            link.deliver_wakes();
        },
    };
    for (auto end : ends) {
        auto link = logged_in();
        EXPECT_THAT(say(*link, "DELE 1\r\nDELE 2\r\n"), StartsWith("+OK"));
        end(*link);
        EXPECT_TRUE(link->is_closed());
        EXPECT_EQ(inbox().left(), 2u);
    }
}

TEST_F(Pop3Test, GoodbyesInTheProtocolsWords) {
    auto link = logged_in();
    link->time_out();
    EXPECT_EQ(link->take_output(), "");  // RFC 1939 3
    link = logged_in();
    link->end("The server stops");
    link->deliver_wakes();
    EXPECT_EQ(link->take_output(), "-ERR [SYS/TEMP] The server stops\r\n");
}

TEST_F(Pop3Test, AFailedCommitIsToldAndReleasesTheLock) {
    auto link = logged_in();
    inbox().faults.expunge = Why::Io;
    EXPECT_THAT(say(*link, "DELE 1\r\nQUIT\r\n"),
                EndsWith("-ERR [SYS/TEMP] Some deleted messages were not removed\r\n"));
    EXPECT_TRUE(link->is_closed());
    EXPECT_EQ(inbox().left(), 2u);
    logged_in();
}

TEST_F(Pop3Test, LargeMessagesGoInStepsByteForByte) {
    std::mt19937 random(3);
    constexpr std::string_view kLetters = "abcdefgh.\r\n";
    std::string message;
    while (message.size() < 1'500'000) message += kLetters[random() % kLetters.size()];
    message += "end\r\n";
    inbox().put(message);
    auto link = logged_in();
    link->pause_jobs();
    link->send("RETR 3\r\n");
    std::string said;
    int steps = 0;
    for (bool more = true; more; ++steps) {
        more = link->step();
        const auto piece = link->take_output();
        EXPECT_LE(piece.size(), net::kStepBytes * 2);
        said += piece;
    }
    EXPECT_GE(steps, 5);
    EXPECT_EQ(said.substr(0, said.find('\n') + 1), "+OK 1500005 octets\r\n");
    said.erase(0, said.find('\n') + 1);
    // Read as the many clients do that end lines at LF.
    std::string back;
    for (std::size_t at = 0; at < said.size();) {
        const auto end = said.find('\n', at) + 1;
        auto line = std::string_view(said).substr(at, end - at);
        at = end;
        if (line == ".\r\n") {
            EXPECT_EQ(at, said.size());
            break;
        }
        if (line.starts_with('.')) line.remove_prefix(1);
        back += line;
    }
    EXPECT_EQ(back, message);
    link->resume_jobs();
    EXPECT_EQ(say(*link, "TOP 3 0\r\n").substr(0, 3), "+OK");
}

TEST_F(Pop3Test, ABodyThatCannotBeRead) {
    inbox().put("A: b\r\n\r\n" + std::string(600'000, 'x') + "\r\n");
    auto link = logged_in();
    inbox().faults.body = Why::Gone;
    EXPECT_EQ(say(*link, "RETR 3\r\n"), "-ERR Body fails\r\n");
    inbox().faults.body.reset();
    inbox().faults.read = Why::Io;
    EXPECT_EQ(say(*link, "RETR 3\r\nNOOP\r\n"),
              "-ERR [SYS/TEMP] Read fails\r\n+OK Nothing done\r\n");
    inbox().faults.from_byte = 300'000;
    const auto said = say(*link, "RETR 3\r\nNOOP\r\n");
    EXPECT_THAT(said, StartsWith("+OK 600010 octets\r\nA: b\r\n\r\nxxx"));
    EXPECT_THAT(said, EndsWith("xxx"));
    EXPECT_TRUE(link->is_closed());
}

TEST_F(Pop3Test, LongListsGoInSteps) {
    for (int i = 0; i < 20'000; ++i) inbox().put("x");
    auto link = logged_in();
    const auto before = link->steps();
    const auto said = say(*link, "UIDL\r\n");
    EXPECT_GE(link->steps() - before, 4);
    EXPECT_THAT(said, EndsWith("\r\n20002 77-20002\r\n.\r\n"));
    EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 20'004);
}

TEST_F(Pop3Test, AWrongPasswordAndAnUnknownUserAreAlike) {
    std::string first;
    for (auto line : {"USER alice\r\nPASS wrong\r\n", "USER nobody\r\nPASS wrong\r\n",
                      "USER alice@other.test\r\nPASS two words \r\n"}) {
        auto link = connect();
        const auto said = say(*link, line);
        EXPECT_THAT(said, HasSubstr("-ERR [AUTH] "));
        EXPECT_EQ(link->held(), people().authenticator->options().failure_delay);
        EXPECT_EQ(link->last_lane(), net::Lane::Hash) << line;
        EXPECT_FALSE(link->is_closed());
        if (first.empty()) first = said;
        EXPECT_EQ(said, first);
        // The name is to be said again.
        EXPECT_EQ(say(*link, "PASS two words \r\n"), "-ERR USER comes first\r\n");
    }
}

TEST_F(Pop3Test, APasswordChangedDuringTheLoginEndsIt) {
    directory::Account account;
    account.id = people().directory->reserve_account().value();
    account.address = "dora@e.test";
    account.password = people().authenticator->hash_password("first").value();
    ASSERT_TRUE(people().directory->add_account(account));
    accounts.at(account.id);
    auto link = connect();
    link->pause_jobs();
    link->send("USER dora\r\nPASS first\r\nSTAT\r\n");
    ASSERT_TRUE(link->step()) << "must be hashed";
    ASSERT_TRUE(link->step()) << "checked; the maildrop comes next";
    ASSERT_TRUE(people().authenticator->set_password(account.id, "second"));
    EXPECT_FALSE(link->step());
    EXPECT_TRUE(link->deliver_wakes());
    EXPECT_TRUE(link->is_closed());
    EXPECT_THAT(link->take_output(), EndsWith("-ERR [SYS/TEMP] The account has changed; log in "
                                              "again\r\n"));
}

TEST_F(Pop3Test, ABusyServerDoesNotAnswerAtOnce) {
    services.hashes_full = [](const std::string& network) { return network == "127.0.0.1"; };
    auto link = connect();
    EXPECT_THAT(say(*link, "USER alice\r\nPASS never tried\r\n"),
                HasSubstr("\r\n-ERR [SYS/TEMP] The server is busy"));
    EXPECT_EQ(link->held(), people().authenticator->options().failure_delay);
    EXPECT_FALSE(link->is_closed());
}

TEST_F(Pop3Test, AuthPlainInEveryWay) {
    const auto good = plain("alice", "two words ");
    auto link = connect();
    EXPECT_THAT(say(*link, "AUTH PLAIN " + good + "\r\n"), StartsWith("+OK 2 messages"));
    link = connect();
    EXPECT_EQ(say(*link, "AUTH PLAIN\r\n"), "+ \r\n");
    EXPECT_THAT(say(*link, good + "\r\nSTAT\r\n"), EndsWith("+OK 2 63\r\n"));
    link = connect();
    EXPECT_EQ(say(*link, "AUTH PLAIN\r\n*\r\nCAPA\r\n").substr(0, 20), "+ \r\n-ERR Cancelled, ");
    EXPECT_EQ(say(*link, "AUTH PLAIN !!!\r\n"), "-ERR That is not base64\r\n");
    EXPECT_EQ(say(*link, "AUTH PLAIN\r\nQUIT!\r\n"), "+ \r\n-ERR That is not base64\r\n");
    // A line that is none ends the exchange too.
    EXPECT_EQ(say(*link, "AUTH PLAIN\r\nA\rA\r\nSTAT\r\n"),
              "+ \r\n-ERR NUL and CR have no place in a line\r\n-ERR Log in first\r\n");
    EXPECT_THAT(say(*link, "AUTH PLAIN =\r\n"), StartsWith("-ERR "));
    EXPECT_THAT(say(*link, "AUTH CRAM-MD5\r\n"), StartsWith("-ERR "));
    EXPECT_THAT(say(*link, "AUTH\r\n"), StartsWith("+OK Mechanisms follow\r\nPLAIN\r\n"));
    EXPECT_THAT(say(*link, "AUTH PLAIN " + plain("alice", "no") + "\r\n"),
                StartsWith("-ERR [AUTH]"));
    EXPECT_FALSE(link->is_closed());
}

TEST_F(Pop3Test, NoPasswordInClear) {
    auto link = connect(false);
    const auto capa = say(*link, "CAPA\r\n");
    EXPECT_THAT(capa, HasSubstr("\r\nSTLS\r\n"));
    EXPECT_THAT(capa, Not(HasSubstr("USER")));
    EXPECT_THAT(capa, Not(HasSubstr("SASL")));
    EXPECT_EQ(say(*link, "USER alice\r\n"),
              "-ERR A password may be sent over TLS only: use STLS first\r\n");
    EXPECT_THAT(say(*link, "AUTH PLAIN " + plain("alice", "two words ") + "\r\n"),
                StartsWith("-ERR "));
}

TEST_F(Pop3Test, NothingSentBeforeTlsSurvivesIt) {
    constexpr std::string_view kInjected = "STLS\r\nUSER alice\r\nPASS two words \r\nRETR 1\r\n";
    for (std::size_t cut = 0; cut <= 5; ++cut) {
        auto link = connect(false);
        link->send(kInjected.substr(0, cut));
        link->send(kInjected.substr(cut));
        EXPECT_EQ(link->take_output(), "+OK Begin TLS now\r\n");
        EXPECT_TRUE(link->is_tls());
        EXPECT_EQ(say(*link, "PASS two words \r\n"), "-ERR USER comes first\r\n");
        EXPECT_EQ(say(*link, "STLS\r\n"), "-ERR TLS is on already\r\n");
    }
    auto link = connect(false);
    link->set_can_start_tls(false);
    EXPECT_EQ(say(*link, "STLS\r\n"), "-ERR TLS is not available here\r\n");
}

TEST_F(Pop3Test, BadInputHasItsLimits) {
    auto link = connect();
    EXPECT_EQ(say(*link, std::string("NO\0OP\r\n", 7)),
              "-ERR NUL and CR have no place in a line\r\n");
    EXPECT_EQ(say(*link, std::string(services.options.line_bytes, 'x')),
              "-ERR The line is too long\r\n");
    EXPECT_TRUE(link->is_closed());

    link = connect();
    for (unsigned i = 1; i < services.options.bad_commands; ++i) {
        EXPECT_EQ(say(*link, "GET / HTTP/1.1\r\n"), "-ERR There is no such command\r\n");
    }
    EXPECT_EQ(say(*link, "Host: here\r\nCAPA\r\n"), "-ERR Too many bad commands; closing\r\n");
    EXPECT_TRUE(link->is_closed());
}

TEST_F(Pop3Test, TimeoutsAreThoseOfTheState) {
    auto link = connect();
    EXPECT_EQ(link->timeout(), services.options.login_timeout);
    link = logged_in();
    EXPECT_EQ(link->timeout(), services.options.idle_timeout);
}

TEST_F(Pop3Test, AnAccountThatCannotBeOpened) {
    inbox().faults.open = Why::Io;
    auto link = connect();
    EXPECT_EQ(say(*link, "USER alice\r\nPASS two words \r\n"),
              "+OK Now the password\r\n-ERR [SYS/TEMP] Open fails\r\n");
    inbox().faults.open.reset();
    EXPECT_THAT(say(*link, "USER alice\r\nPASS two words \r\n"), HasSubstr("+OK 2 messages"));
}

TEST(Reply, OneLineWhateverIsSaid) {
    EXPECT_EQ(error_line({Why::Denied, "No\r\n+OK", "", {}}), "-ERR [AUTH] No??+OK\r\n");
    EXPECT_LE(error_line("", std::string(10'000, 'x')).size(), 512u);
}

}  // namespace
}  // namespace rook::pop3
