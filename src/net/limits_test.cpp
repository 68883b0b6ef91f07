// What happens at the limits: too many connections, no descriptors, too slow a peer, too many
// hashes.
#include <sys/resource.h>

#include "net/toy_testing.h"

namespace rook::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

bool wait_for_sessions(const ToyServer& toy, std::size_t n) {
    return soon([&] { return toy.server->sessions().size() == n; });
}

TEST(Limits, TheOldestThatHasNotLoggedInMakesRoom) {
    ToyServer toy(Limits{.connections = 4});
    const auto port = toy.listen();
    std::vector<Client> clients;
    for (int i = 0; i < 4; ++i) {
        clients.emplace_back(port);
        EXPECT_EQ(clients[i].line(), "hello");
    }
    for (int i : {0, 2}) {
        clients[i].send("login someone\n");
        EXPECT_EQ(clients[i].ask("x"), "<x>");
    }
    Client fifth(port);
    EXPECT_EQ(fifth.line(), "hello");
    EXPECT_EQ(clients[1].line(), "end: too many connections");
    EXPECT_EQ(clients[1].line(), "EOF");
    for (int i : {0, 2, 3}) EXPECT_EQ(clients[i].ask("x"), "<x>");

    for (auto* client : {&clients[3], &fifth}) {
        client->send("login someone\n");
        EXPECT_EQ(client->ask("x"), "<x>");
    }
    Client sixth(port);  // nobody is left to go
    EXPECT_EQ(sixth.line(), "EOF");
    EXPECT_EQ(toy.log.count("connection-refused"), 1u);
    clients.clear();
    ASSERT_TRUE(wait_for_sessions(toy, 1));
    EXPECT_EQ(Client(port).line(), "hello");
}

TEST(Limits, OneNetworkTakesNoMoreThanItsShare) {
    ToyServer toy(Limits{.connections_per_network = 2});
    const auto port = toy.listen();
    Client first(port), second(port);
    EXPECT_EQ(first.line(), "hello");
    EXPECT_EQ(second.line(), "hello");
    EXPECT_EQ(Client(port).line(), "EOF");
    EXPECT_EQ(Client(port, "127.0.0.9").line(), "hello");
    first.close();
    EXPECT_TRUE(soon([&] { return Client(port).line() == "hello"; }));
    EXPECT_EQ(second.ask("x"), "<x>");
}

// Lets this process open no more descriptors, as long as it lives.
class NoDescriptors {
public:
    NoDescriptors() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const int lowest_free = ::dup(0);
        ::close(lowest_free);
        rlimit few = before_;
        few.rlim_cur = static_cast<rlim_t>(lowest_free);
        ::setrlimit(RLIMIT_NOFILE, &few);
    }
    ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
    rlimit before_{};
};

double cpu_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto s = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
    };
    return s(usage.ru_utime) + s(usage.ru_stime);
}

TEST(Limits, WithoutDescriptorsItBacksOffAndRecovers) {
    ToyServer toy;
    const auto port = toy.listen();
    Client member(port);
    member.line();
    member.send("login someone\n");
    EXPECT_EQ(member.ask("x"), "<x>");
    // Sockets are made before the limit falls: connecting needs no more descriptors, accepting
    // does.
    std::vector<int> sockets;
    for (int i = 0; i < 6; ++i) sockets.push_back(::socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    {
        NoDescriptors none;
        for (int fd : sockets) {
            EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        }
        EXPECT_FALSE(toy.log.wait_for("accept-back-off").empty());
        const auto before = cpu_seconds();
        ::usleep(500'000);
        EXPECT_LT(cpu_seconds() - before, 0.1) << "accepting spins";
        EXPECT_EQ(member.ask("y"), "<y>");
        EXPECT_EQ(toy.server->sessions().size(), 1u);
    }
    EXPECT_TRUE(wait_for_sessions(toy, 7));
    for (int fd : sockets) ::close(fd);
    ASSERT_TRUE(wait_for_sessions(toy, 1));
    // With one that has not logged in, room is made.
    Client anonymous(port);
    EXPECT_EQ(anonymous.line(), "hello");
    const int waiting = ::socket(AF_INET, SOCK_STREAM, 0);
    {
        NoDescriptors none;
        EXPECT_EQ(::connect(waiting, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        EXPECT_EQ(anonymous.line(), "end: too many connections");
        char hello[6]{};
        EXPECT_EQ(::recv(waiting, hello, 6, 0), 6);
        EXPECT_EQ(member.ask("z"), "<z>");
    }
    ::close(waiting);
}

// An answer can be here before the server has set the clock for what it waits for next; when it
// answers to the next, it has.
void settle(Client& client) {
    for (int i = 0; i < 3; ++i) ASSERT_EQ(client.ask("settled"), "<settled>");
}

TEST(Limits, TimeoutsAreCountedWhileNothingElseHappens) {
    MovedClock clock;
    ToyServer toy(Limits{}, clock);
    const auto port = toy.listen();
    Client client(port), busy(port);
    client.line();
    busy.line();
    client.send("timeout 60\n");
    busy.send("timeout 60\ngate\n");
    ASSERT_EQ(client.ask("x"), "<x>");
    settle(client);
    ASSERT_TRUE(soon([&] { return toy.world.in_session.load(); }));
    clock.advance(seconds(59));
    ::usleep(600'000);
    ASSERT_EQ(client.ask("y"), "<y>");
    clock.advance(seconds(2));
    EXPECT_EQ(client.line(), "too slow");
    EXPECT_EQ(client.line(), "EOF");
    EXPECT_NE(toy.log.wait_for("session-end").find("timed out"), std::string::npos);
    // A job's time is not counted, and when it ends counting begins anew.
    clock.advance(seconds(60));
    toy.world.gate.set_value();
    EXPECT_EQ(busy.line(), "gate passed");
    ASSERT_EQ(busy.ask("z"), "<z>");
    settle(busy);
    clock.advance(seconds(61));
    EXPECT_EQ(busy.line(), "too slow");
}

TEST(Limits, ADeadlineIsPutOffByNothing) {
    MovedClock clock;
    ToyServer toy(Limits{}, clock);
    const auto port = toy.listen();
    Client client(port), busy(port);
    client.line();
    busy.line();
    client.send("deadline 60\n");
    ASSERT_EQ(client.ask("x"), "<x>");
    clock.advance(seconds(59));
    ASSERT_EQ(client.ask("job x"), "did x");
    busy.send("deadline 60\n");
    busy.send("gate\njob y\n");
    ASSERT_TRUE(soon([&] { return toy.world.in_session.load(); }));
    clock.advance(seconds(2));
    EXPECT_EQ(client.line(), "too slow");
    EXPECT_EQ(client.line(), "EOF");
    // More input waits, and is too late.
    clock.advance(seconds(60));
    toy.world.gate.set_value();
    EXPECT_EQ(busy.line(), "gate passed");
    EXPECT_EQ(busy.line(), "too slow");
    EXPECT_EQ(busy.line(), "EOF");
}

TEST(Limits, AReaderWhoTakesNothingForTooLongIsLeft) {
    MovedClock clock;
    ToyServer toy(Limits{.stalled_output = seconds(300)}, clock);
    Client client(toy.listen());
    client.line();
    client.send("big 100000000\n");
    ASSERT_TRUE(soon([&] { return toy.world.steps > 0; }));
    ::usleep(300'000);
    clock.advance(seconds(299));
    ::usleep(600'000);
    EXPECT_EQ(toy.world.alive, 1);
    clock.advance(seconds(2));
    EXPECT_NE(toy.log.wait_for("session-end").find("took no output"), std::string::npos);
    EXPECT_TRUE(soon([&] { return toy.world.alive == 0; }));
}

TEST(Limits, HoldKeepsTheAnswerBackAndNobodyElse) {
    MovedClock clock;
    ToyServer toy(Limits{.short_workers = 1, .hash_workers = 1}, clock);
    const auto port = toy.listen();
    Client held(port), other(port);
    held.line();
    other.line();
    held.send("hold 2000\nnext\n");
    EXPECT_EQ(other.ask("job x"), "did x");
    ::usleep(600'000);
    char byte = 0;
    EXPECT_EQ(::recv(held.fd(), &byte, 1, MSG_DONTWAIT), -1);
    clock.advance(milliseconds(2600));
    EXPECT_EQ(held.line(), "held");
    EXPECT_EQ(held.line(), "<next>");
}

// Counts everybody's lines; "stop" stops the whole loop until the gate opens, "count" tells.
class CountingSession final : public ToySession {
public:
    CountingSession(Link& link, ToyWorld& world, int& lines)
        : ToySession(link, world), link_(link), world_(world), lines_(lines) {}
    std::size_t feed(std::string_view input) override {
        ++lines_;
        if (input.starts_with("stop\n")) {
            world_.in_session = true;
            world_.gate_open.wait();
        }
        if (input.starts_with("count\n")) link_.write(std::to_string(lines_) + "\n");
        return ToySession::feed(input);
    }

private:
    Link& link_;
    ToyWorld& world_;
    int& lines_;
};

TEST(Limits, WhoSendsMuchAtOnceGivesWayToOthers) {
    MovedClock clock;
    int lines = 0;  // the one loop's
    ToyServer toy(Limits{.loops = 1}, clock);
    const auto port =
        toy.server
            ->listen({.address = "127.0.0.1:0", .protocol = "toy"},
                     [&](Link& link) {
                         return std::make_unique<CountingSession>(link, toy.world, lines);
                     })
            .value();
    Client greedy(port), other(port);
    greedy.line();
    other.line();
    std::string much = "stop\n";
    for (int i = 0; i < 3000; ++i) much += "x\n";
    greedy.send(much);
    while (!toy.world.in_session) ::usleep(1000);
    // The loop stands still: both have something for it when it goes on.
    other.send("count\n");
    toy.world.gate.set_value();
    EXPECT_LT(std::stoi(other.line()), 1000);
    EXPECT_EQ(greedy.line(), "<stop>");
    for (int i = 0; i < 3000; ++i) ASSERT_EQ(greedy.line(), "<x>");
}

TEST(Limits, TheHashLaneSaysForWhomItIsFull) {
    ToyServer toy(Limits{.hash_workers = 1, .queued_hashes = 2});
    const auto port = toy.listen();
    const std::string here = "127.0.0.1";
    EXPECT_FALSE(toy.server->hash_lane_full(here));
    Client running(port);
    running.send("gate\n");
    ASSERT_TRUE(soon([&] { return toy.world.in_session.load(); }));
    EXPECT_FALSE(toy.server->hash_lane_full(here));
    Client first(port), second(port);
    first.send("hash 1\n");
    second.send("hash 2\n");
    EXPECT_TRUE(soon([&] { return toy.server->hash_lane_full(here); }));
    EXPECT_FALSE(toy.server->hash_lane_full("192.0.2.1"));
    // Other lanes do not wait behind it.
    Client other(port);
    other.line();
    EXPECT_EQ(other.ask("job x"), "did x");
    toy.world.gate.set_value();
    for (auto* client : {&first, &second}) {
        EXPECT_EQ(client->line(), "hello");
        EXPECT_TRUE(client->line().starts_with("did"));
    }
    EXPECT_FALSE(toy.server->hash_lane_full(here));
}

}  // namespace
}  // namespace rook::net
