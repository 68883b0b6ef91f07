// What dialogues cannot show: limits, large literals, bytes split anywhere, faults, memory.
#include "imap/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/check.h"
#include "imap/imap.h"
#include "net/fake_link.h"
#include "store/memory/memory_store.h"

namespace rook::imap {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::size_t kViewQueue = 20;

// One server for all tests of this file: making it hashes a password.
struct World {
    StoppedClock clock;
    NullLog log;
    std::unique_ptr<Random> random = make_seeded_random(1);
    std::unique_ptr<store::MemoryStore> store = store::make_memory_store();
    std::unique_ptr<directory::Directory> directory;
    std::unique_ptr<auth::Authenticator> authenticator;
    std::unique_ptr<mailbox::Accounts> accounts;
    std::unique_ptr<Services> services;

    World() {
        directory =
            directory::Directory::open(*store, clock, {.default_domain = "example.test"}).value();
        authenticator = auth::Authenticator::make(*directory, clock, *random, log, {});
        accounts = mailbox::Accounts::open(*store, *directory, clock, *random, log,
                                           {.view_queue = kViewQueue})
                       .value();
        services =
            std::make_unique<Services>(Services{*accounts, *authenticator, *directory, clock, log});
        CHECK(directory->add_domain("example.test"));
        directory::Account alice;
        alice.address = "alice@example.test";
        alice.password = authenticator->hash_password("secret").value();
        CHECK(accounts->create(alice));
    }
};

World& world() {
    static World one;
    return one;
}

class SessionTest : public testing::Test {
protected:
    SessionTest() : options_(world().services->options) {}
    ~SessionTest() override { world().services->options = options_; }

    static std::unique_ptr<net::FakeLink> connect(bool with_tls = true) {
        auto link = std::make_unique<net::FakeLink>(
            [](net::Link& l) { return make_session(*world().services, l); });
        link->set_tls(with_tls);
        link->set_can_start_tls(true);
        link->start();
        link->take_output();
        return link;
    }
    static std::unique_ptr<net::FakeLink> logged_in() {
        auto link = connect();
        EXPECT_THAT(said(*link, "l LOGIN alice secret\r\n"), StartsWith("l OK"));
        return link;
    }
    static std::string said(net::FakeLink& link, std::string_view bytes) {
        link.send(bytes);
        return link.take_output();
    }
    static const Session& session(net::FakeLink& link) {
        return dynamic_cast<const Session&>(link.session());
    }

private:
    Options options_;
};

// A1: nothing sent in clear behind STARTTLS is ever read, wherever the bytes are cut.
TEST_F(SessionTest, NothingSurvivesStartTls) {
    const std::string bytes = "a STARTTLS\r\nb LOGIN alice secret\r\nc NOOP\r\n";
    for (std::size_t at = 0; at <= bytes.size(); ++at) {
        auto link = connect(false);
        link->send(bytes.substr(0, at));
        // From the STARTTLS on, what comes is the handshake's.
        if (at < 12) link->send(bytes.substr(at));
        EXPECT_EQ(link->take_output(), "a OK Begin TLS now\r\n") << at;
        EXPECT_TRUE(link->is_tls());
        EXPECT_EQ(said(*link, "d CHECK\r\n"), "d BAD Log in first\r\n");
    }
}

TEST_F(SessionTest, StartTlsForgetsWhoTheClientSaidItIs) {
    auto link = connect(false);
    said(*link, "a ID (\"name\" \"before\")\r\n");
    EXPECT_EQ(link->facts().client, "before");
    said(*link, "b STARTTLS\r\n");
    EXPECT_EQ(link->facts().client, "");
}

TEST_F(SessionTest, CommandsCutAtEveryByte) {
    const std::string bytes =
        "a SELECT {5}\r\nINBOX\r\nb NOOP\r\nc STATUS \"INBOX\" (UIDNEXT)\r\nd UNSELECT\r\n";
    auto whole = logged_in();
    const auto want = said(*whole, bytes);
    ASSERT_THAT(want, EndsWith("d OK UNSELECT done\r\n"));
    for (std::size_t at = 0; at <= bytes.size(); ++at) {
        auto link = logged_in();
        link->send(bytes.substr(0, at));
        link->send(bytes.substr(at));
        EXPECT_EQ(link->take_output(), want) << at;
    }
}

TEST_F(SessionTest, ALineTooLongEndsTheSession) {
    auto stranger = connect();
    EXPECT_EQ(said(*stranger, std::string(9000, 'x')),
              "* BAD The command is too long\r\n* BYE [TOOBIG] The command is too long\r\n");
    EXPECT_TRUE(stranger->is_closed());
    auto user = logged_in();
    EXPECT_THAT(said(*user, "a LIST \"\" " + std::string(60'000, 'x') + "\r\n"),
                EndsWith("a OK LIST done\r\n"));
    EXPECT_EQ(said(*user, std::string(10'000, 'x')), "");
    EXPECT_THAT(said(*user, std::string(60'000, 'x')), HasSubstr("* BYE [TOOBIG]"));
    EXPECT_TRUE(user->is_closed());
}

TEST_F(SessionTest, LiteralsBeforeLoginAreSmall) {
    auto link = connect();
    EXPECT_EQ(said(*link, "a LOGIN {17000}\r\n"), "a NO [TOOBIG] The literal is too large\r\n");
    EXPECT_EQ(said(*link, "a LOGIN {4294967295}\r\n"),
              "a NO [TOOBIG] The literal is too large\r\n");
    EXPECT_EQ(said(*link, "a LOGIN {99999999999999999999999999}\r\n"),
              "a NO [TOOBIG] The literal is too large\r\n");
    // Not waited for: thrown away up to a size, and the connection ends beyond it.
    EXPECT_EQ(
        said(*link, "a LOGIN {17000+}\r\n" + std::string(17'000, '\n') + " {3+}\r\nx\r\n\r\n"),
        "a NO [TOOBIG] The literal is too large\r\n");
    EXPECT_EQ(said(*link, "b NOOP\r\n"), "b OK NOOP done\r\n");
    EXPECT_THAT(said(*link, "c LOGIN {4294967295+}\r\n"), HasSubstr("* BYE [TOOBIG]"));
    EXPECT_TRUE(link->is_closed());
}

TEST_F(SessionTest, ManyLiteralsBeforeLoginAddUp) {
    auto link = connect();
    std::string bytes = "a LOGIN";
    for (int i = 0; i < 10; ++i) bytes += " {4000+}\r\n" + std::string(4000, 'x');
    EXPECT_EQ(said(*link, bytes + "\r\n"), "a NO [TOOBIG] The literal is too large\r\n");
}

TEST_F(SessionTest, LiteralsOfCommandsThatCannotRunAreRefusedUnread) {
    auto link = connect();
    EXPECT_EQ(said(*link, "a SELECT {5}\r\n"), "a BAD Log in first\r\n");
    EXPECT_EQ(said(*link, "b NONSENSE {5+}\r\nc X\r\n\r\nd NOOP\r\n"),
              "b BAD There is no such command\r\nd OK NOOP done\r\n");
}

TEST_F(SessionTest, LiteralMinusTakesSmallOnesOnly) {
    world().services->options.literal_minus = true;
    auto link = logged_in();
    EXPECT_THAT(said(*link, "a CAPABILITY\r\n"), HasSubstr(" LITERAL- "));
    EXPECT_THAT(said(*link, "b STATUS {5+}\r\nINBOX (UIDNEXT)\r\n"), HasSubstr("b OK"));
    EXPECT_EQ(said(*link, "c APPEND INBOX {4097+}\r\n" + std::string(4097, 'x') + "\r\n"),
              "c NO [TOOBIG] A literal without waiting is at most 4096 bytes here\r\n");
    EXPECT_EQ(said(*link, "d APPEND INBOX {4097}\r\n"), "+ Go on\r\n");
}

TEST_F(SessionTest, TooManyBadCommandsEndTheSession) {
    world().services->options.bad_commands = 3;
    auto link = connect();
    EXPECT_EQ(said(*link, "\r\n"), "* BAD Expected a tag and a command\r\n");
    EXPECT_EQ(said(*link, "a\r\n"), "* BAD Expected a tag and a command\r\n");
    EXPECT_EQ(said(*link, "b NOOP\r\n"), "b OK NOOP done\r\n");
    said(*link, "+ NOOP\r\n");
    EXPECT_THAT(said(*link, std::string_view("c \0\r\n", 5)), StartsWith("c BAD"));
    EXPECT_EQ(said(*link, "d NONSENSE\r\n"),
              "d BAD There is no such command\r\n* BYE Too many bad commands\r\n");
    EXPECT_TRUE(link->is_closed());
}

TEST_F(SessionTest, AFailedLoginWaitsWithoutAThread) {
    auto link = connect();
    EXPECT_THAT(said(*link, "a LOGIN alice wrong\r\n"), StartsWith("a NO [AUTHENTICATIONFAILED]"));
    EXPECT_EQ(link->held(), world().authenticator->options().failure_delay);
    EXPECT_EQ(link->last_lane(), net::Lane::Hash);
    EXPECT_THAT(said(*link, "b LOGIN alice secret\r\n"), StartsWith("b OK"));
    EXPECT_EQ(link->held(), world().authenticator->options().failure_delay);
    EXPECT_EQ(link->facts().user, "alice@example.test");
    // Known by now: it does not wait behind other people's hashes.
    for (auto line : {"a LOGIN alice secret\r\n", "a AUTHENTICATE PLAIN AGFsaWNlAHNlY3JldA==\r\n",
                      "a AUTHENTICATE PLAIN\r\nAGFsaWNlAHNlY3JldA==\r\n"}) {
        auto again = connect();
        EXPECT_THAT(said(*again, line), HasSubstr("a OK"));
        EXPECT_EQ(again->last_lane(), net::Lane::Short) << line;
    }
}

TEST_F(SessionTest, ALargeMessageStreamsIntoTheStore) {
    auto link = logged_in();
    std::string message = "Subject: large\r\n\r\n";
    while (message.size() < 3'000'000) message += "All work and no play makes a dull message.\r\n";
    const auto before = link->jobs();
    EXPECT_EQ(said(*link, "a APPEND Archive {" + std::to_string(message.size()) + "}\r\n"),
              "+ Go on\r\n");
    for (std::size_t at = 0; at < message.size(); at += 50'000) {
        EXPECT_EQ(said(*link, std::string_view(message).substr(at, 50'000)), "");
    }
    EXPECT_THAT(said(*link, "\r\n"), StartsWith("a OK [APPENDUID "));
    // Stored as it came, not at the end.
    EXPECT_GT(link->jobs() - before, 5);
    said(*link, "b SELECT Archive\r\n");
    EXPECT_THAT(said(*link, "c FETCH * BODY.PEEK[]\r\n"), HasSubstr(message));
}

TEST_F(SessionTest, ASmallMessageIsOneJob) {
    auto link = logged_in();
    const auto before = link->jobs();
    EXPECT_THAT(said(*link, "a APPEND Archive {5+}\r\nabc\r\n\r\n"), StartsWith("a OK"));
    EXPECT_EQ(link->jobs() - before, 1);
}

TEST_F(SessionTest, AStoreThatFailsAmidAMessageIsToldAtItsEnd) {
    auto link = logged_in();
    const std::string piece(300'000, 'x');
    said(*link, "a APPEND Archive {600000}\r\n");
    world().store->set_space({0, true});
    EXPECT_EQ(said(*link, piece), "");
    EXPECT_EQ(said(*link, piece), "");
    EXPECT_THAT(said(*link, "\r\n"), StartsWith("a NO [LIMIT]"));
    world().store->set_space({std::uint64_t{1} << 40, false});
    EXPECT_EQ(said(*link, "b NOOP\r\n"), "b OK NOOP done\r\n");
}

TEST_F(SessionTest, AClientThatVanishesAmidAMessageLeavesNothing) {
    auto link = logged_in();
    said(*link, "a APPEND Archive {600000}\r\n" + std::string(300'000, 'x'));
    link->hang_up();
    auto other = logged_in();
    said(*other, "a SELECT Archive\r\n");
    EXPECT_THAT(said(*other, "b UID FETCH * RFC822.SIZE\r\n"), Not(HasSubstr("300000")));
}

TEST_F(SessionTest, CommandsThatTouchNoDiskQueueBehindNoWorker) {
    auto link = logged_in();
    said(*link, "s SELECT INBOX\r\n");
    const auto before = link->jobs();
    said(*link, "a NOOP\r\nb CAPABILITY\r\nc CHECK\r\nd IDLE\r\n");
    said(*link, "DONE\r\ne UNSELECT\r\nf LOGOUT\r\n");
    EXPECT_EQ(link->jobs(), before);
    EXPECT_TRUE(link->is_closed());
}

TEST_F(SessionTest, WakesOnlyInIdle) {
    auto idle = logged_in();
    said(*idle, "s SELECT INBOX\r\n");
    auto other = logged_in();
    said(*other, "a APPEND INBOX {5+}\r\nabc\r\n\r\n");
    EXPECT_FALSE(idle->has_wake());
    EXPECT_THAT(said(*idle, "b IDLE\r\n"), AllOf(StartsWith("+ idling\r\n"), HasSubstr("EXISTS")));
    said(*other, "b APPEND INBOX {5+}\r\nabc\r\n\r\n");
    EXPECT_TRUE(idle->deliver_wakes());
    EXPECT_THAT(idle->take_output(), HasSubstr("EXISTS"));
    EXPECT_FALSE(idle->deliver_wakes());
    EXPECT_EQ(idle->take_output(), "");
}

// What the queue could not hold is read from the store: not on the network thread.
TEST_F(SessionTest, CatchesUpOnAWorker) {
    auto other = logged_in();
    said(*other, "a CREATE Busy\r\n");
    const auto fall_behind = [&] {
        for (std::size_t i = 0; i <= kViewQueue; ++i) {
            said(*other, "b APPEND Busy {5+}\r\nabc\r\n\r\n");
        }
    };
    auto link = logged_in();
    said(*link, "s SELECT Busy\r\n");
    auto jobs = link->jobs();
    said(*link, "a NOOP\r\n");
    EXPECT_EQ(link->jobs(), jobs);
    fall_behind();
    EXPECT_THAT(said(*link, "b NOOP\r\n"), HasSubstr("* 21 EXISTS\r\n"));
    EXPECT_EQ(link->jobs(), ++jobs);

    said(*link, "c IDLE\r\n");
    EXPECT_EQ(link->jobs(), jobs);
    fall_behind();
    EXPECT_TRUE(link->deliver_wakes());
    EXPECT_THAT(link->take_output(), HasSubstr("* 42 EXISTS\r\n"));
    EXPECT_EQ(link->jobs(), ++jobs);
    fall_behind();
    EXPECT_THAT(said(*link, "DONE\r\n"),
                AllOf(HasSubstr("* 63 EXISTS\r\n"), EndsWith("c OK IDLE done\r\n")));
    EXPECT_EQ(link->jobs(), ++jobs);
    said(*other, "c DELETE Busy\r\n");
}

TEST_F(SessionTest, TellsTheOperatorWhatItDoes) {
    auto link = connect();
    EXPECT_EQ(link->facts().state, "not logged in");
    said(*link, "a LOGIN alice secret\r\n");
    EXPECT_EQ(link->facts().state, "logged in");
    said(*link, "b SELECT Sent\r\n");
    EXPECT_EQ(link->facts().state, "selected Sent");
    said(*link, "c IDLE\r\n");
    EXPECT_EQ(link->facts().state, "idle");
    said(*link, "DONE\r\nd CLOSE\r\n");
    EXPECT_EQ(link->facts().state, "logged in");
}

TEST_F(SessionTest, SaysGoodbyeInItsWords) {
    auto stranger = connect();
    stranger->time_out();
    EXPECT_EQ(stranger->take_output(), "* BYE It took too long to log in\r\n");
    auto user = logged_in();
    EXPECT_EQ(user->timeout(), world().services->options.idle_timeout);
    user->end("The server stops\r\n* OK forged");
    user->deliver_wakes();
    EXPECT_EQ(user->take_output(), "* BYE [UNAVAILABLE] The server stops??* OK forged\r\n");
    EXPECT_TRUE(user->is_closed());
}

TEST_F(SessionTest, TheLoginTimeoutIsNotPutOffByTalking) {
    auto link = connect();
    link->send("a NOOP\r\n");
    EXPECT_EQ(link->timeout(), world().services->options.login_timeout);
}

TEST_F(SessionTest, ExchangesTakeLongResponsesAndNoLonger) {
    auto link = connect();
    EXPECT_EQ(said(*link, "a AUTHENTICATE PLAIN\r\n"), "+ \r\n");
    EXPECT_THAT(said(*link, std::string(8'000, 'A') + "\r\n"), StartsWith("a "));
    EXPECT_EQ(said(*link, "b AUTHENTICATE PLAIN\r\n"), "+ \r\n");
    EXPECT_THAT(said(*link, std::string(9'000, 'A') + "\r\n"), HasSubstr("* BYE [TOOBIG]"));
}

TEST_F(SessionTest, ABugEndsOneSessionOnly) {
    auto link = logged_in();
    auto other = logged_in();
    link->session().broken();
    EXPECT_EQ(link->take_output(), "* BYE [SERVERBUG] Something went wrong here\r\n");
    EXPECT_EQ(said(*other, "a NOOP\r\n"), "a OK NOOP done\r\n");
}

TEST_F(SessionTest, IsSmallAndCountsWhatItDid) {
    EXPECT_LE(sizeof(Session), 800u);
    auto link = logged_in();
    said(*link, "a NOOP\r\nb APPEND Archive {5+}\r\nabc\r\n\r\n");
    EXPECT_EQ(session(*link).summary(), "commands=3 fetched=0 appended=1 copied=0 expunged=0");
}

}  // namespace
}  // namespace rook::imap
