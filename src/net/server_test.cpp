// The server over real sockets, without TLS (tls_test.cpp) and limits (limits_test.cpp).
#include "net/server.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "net/toy_testing.h"

namespace rook::net {
namespace {

TEST(Server, AnswersByTheContract) {
    ToyServer toy;
    const auto port = toy.listen();
    struct Row {
        std::vector<std::string> send;
        std::vector<std::string> want;
    };
    const Row rows[] = {
        {{"a\nb\n"}, {"<a>", "<b>"}},
        {{"a", "b\n"}, {"<ab>"}},
        {{"job x\nb\n"}, {"did x", "<b>"}},
        {{"job 1\njob 2\nscan 3\nhash 4\nlast\n"}, {"did 1", "did 2", "did 3", "did 4", "<last>"}},
        {{"a\nquit\nnever\n"}, {"<a>", "bye", "EOF"}},
        {{"throw\na\n"}, {"broken", "EOF"}},
        {{"jobthrow\na\n"}, {"broken", "EOF"}},
        {{"tls\n"}, {"no tls"}},
    };
    for (const auto& row : rows) {
        Client client(port);
        EXPECT_EQ(client.line(), "hello");
        for (const auto& bytes : row.send) EXPECT_TRUE(client.send(bytes));
        for (const auto& want : row.want) EXPECT_EQ(client.line(), want) << row.send[0];
    }
    EXPECT_TRUE(soon([&] { return toy.world.alive == 0; }));
    EXPECT_EQ(toy.world.closed, static_cast<int>(std::size(rows)));
    EXPECT_EQ(toy.log.count("session-broken"), 2u);
}

TEST(Server, InputSentBeforeTheEndIsStillAnswered) {
    ToyServer toy;
    Client client(toy.listen());
    client.send("job a\njob b\nc\n");
    ::shutdown(client.fd(), SHUT_WR);
    for (const char* want : {"hello", "did a", "did b", "<c>", "EOF"})
        EXPECT_EQ(client.line(), want);
}

TEST(Server, LongLinesAreReadAndTooLongOnesEndTheSession) {
    ToyServer toy;
    const auto port = toy.listen();
    Client fits(port);
    fits.line();
    const std::string most(kMaxInput - 1, 'x');
    EXPECT_EQ(fits.ask(most), "<" + most + ">");
    Client longer(port);
    longer.line();
    longer.send(std::string(kMaxInput + 5, 'x'));
    EXPECT_EQ(longer.line(), "EOF");
    EXPECT_NE(toy.log.wait_for("session-end").find("a line too long"), std::string::npos);
}

TEST(Server, LastWordsReachAPeerThatGoesOnSending) {
    ToyServer toy;
    const auto port = toy.listen();
    for (int i = 0; i < 20; ++i) {
        Client client(port);
        client.line();
        client.send("quit\n" + std::string(200'000, 'x'));
        EXPECT_EQ(client.line(), "bye");
        EXPECT_EQ(client.line(), "EOF");
    }
    EXPECT_TRUE(soon([&] { return toy.server->sessions().empty(); }));
}

TEST(Server, LogsTheEndOfASession) {
    ToyServer toy;
    {
        Client client(toy.listen());
        client.line();
        client.send("login ann@example.test\n");
        client.ask("quit");
    }
    const auto line = toy.log.wait_for("session-end");
    for (const char* part : {"protocol=toy", "peer=127.0.0.1", "tls=no", "user=ann@example.test",
                             "in=28", "out=10", "lines=2", "reason="}) {
        EXPECT_NE(line.find(part), std::string::npos) << part << " in " << line;
    }
}

TEST(Server, ALineInTwoWritesDoesNotWaitForADelayedAcknowledgement) {
    ToyServer toy;
    Client client(toy.listen());
    client.line();
    int nagle = 0;
    ::setsockopt(client.fd(), IPPROTO_TCP, TCP_NODELAY, &nagle, sizeof nagle);
    const auto begin = std::chrono::steady_clock::now();
    constexpr int kLines = 50;
    for (int i = 0; i < kLines; ++i) {
        client.send("first half,");
        client.send(" second half");
        client.send("\n");
        EXPECT_EQ(client.line(), "<first half, second half>");
    }
    // A delayed acknowledgement takes 40 ms.
    EXPECT_LT(std::chrono::steady_clock::now() - begin, kLines * std::chrono::milliseconds(20));
}

TEST(Server, ASlowReaderHoldsNoWorkerAndNoMemory) {
    ToyServer toy({.short_workers = 1});
    const auto port = toy.listen();
    constexpr std::size_t kBig = 200 * 1024 * 1024;
    Client slow(port), other(port);
    slow.line();
    other.line();
    slow.send("big " + std::to_string(kBig) + "\nafter\n");
    // The kernel takes some megabytes; then the job must stand still, with the only worker free.
    int steps = -1;
    EXPECT_TRUE(soon([&] {
        ::usleep(50'000);
        return std::exchange(steps, toy.world.steps.load()) == toy.world.steps.load();
    }));
    EXPECT_LT(toy.world.steps, static_cast<int>(kBig / kStepBytes / 4));
    EXPECT_EQ(other.ask("job x"), "did x");
    EXPECT_EQ(slow.skip(kBig), kBig);
    EXPECT_EQ(slow.line(), "<after>");
    EXPECT_EQ(toy.world.steps, static_cast<int>(kBig / kStepBytes));
}

TEST(Server, APeerThatReadsNothingIsNotReadFrom) {
    ToyServer toy;
    Client client(toy.listen());
    client.line();
    timeval little{.tv_sec = 0, .tv_usec = 300'000};
    ::setsockopt(client.fd(), SOL_SOCKET, SO_SNDTIMEO, &little, sizeof little);
    // More than the kernel holds in both directions; the answers are as long as the lines.
    constexpr std::size_t kLines = 6000;
    const std::string line = std::string(9999, 'x') + "\n";
    std::size_t sent = 0;
    while (sent < kLines && client.send(line)) ++sent;
    EXPECT_LT(sent, kLines) << "the server read on while its answers waited";
    // What the kernel holds of our output: what it has not sent, and what the peer's side took.
    EXPECT_LT(toy.server->sessions().at(0).bytes_out, 1'500'000u);
}

TEST(Server, WakesFromManyThreadsReachTheSession) {
    ToyServer toy;
    const auto port = toy.listen();
    std::vector<Client> clients;
    for (int i = 0; i < 20; ++i) {
        clients.emplace_back(port);
        EXPECT_EQ(clients.back().line(), "hello");
    }
    std::atomic<bool> stop{false};
    std::vector<std::thread> wakers;
    for (int i = 0; i < 4; ++i) {
        wakers.emplace_back([&] {
            while (!stop) {
                std::lock_guard lock(toy.world.mutex);
                for (auto* link : toy.world.links) link->wake();
            }
        });
    }
    // Connections come, work and go while they are woken.
    for (int i = 0; i < 200; ++i) {
        Client client(port);
        client.send("job x\nquit\n");
        std::string line;
        do line = client.line();
        while (line == "hello" || line == "woken");
        EXPECT_EQ(line, "did x");
    }
    stop = true;
    for (auto& waker : wakers) waker.join();
    // The last wake is never lost.
    for (auto& client : clients) {
        client.send("marker\n");
        std::string line;
        do line = client.line();
        while (line == "woken");
        EXPECT_EQ(line, "<marker>");
    }
    {
        std::lock_guard lock(toy.world.mutex);
        for (auto* link : toy.world.links) link->wake();
    }
    for (auto& client : clients) EXPECT_EQ(client.line(), "woken");
}

TEST(Server, WakeWaitsForTheJob) {
    ToyServer toy;
    Client client(toy.listen());
    client.line();
    client.send("gate\n");
    ASSERT_TRUE(soon([&] { return toy.world.in_session.load(); }));
    {
        std::lock_guard lock(toy.world.mutex);
        for (auto* link : toy.world.links) link->wake();
    }
    EXPECT_EQ(toy.world.woken, 0);
    toy.world.gate.set_value();
    EXPECT_EQ(client.line(), "gate passed");
    EXPECT_EQ(client.line(), "woken");
}

TEST(Server, KickEndsThoseItIsMeantFor) {
    ToyServer toy;
    const auto port = toy.listen();
    Client ann(port), bob(port);
    ann.line();
    bob.line();
    ann.send("login ann\n");
    bob.send("login bob\n");
    ASSERT_EQ(ann.ask("x"), "<x>");
    ASSERT_EQ(bob.ask("x"), "<x>");
    ASSERT_EQ(toy.server->sessions().size(), 2u);
    const auto is_ann = [](const SessionInfo& info) { return info.facts.user == "ann"; };
    EXPECT_EQ(toy.server->end_sessions(is_ann, "kicked"), 1u);
    EXPECT_EQ(ann.line(), "end: kicked");
    EXPECT_EQ(ann.line(), "EOF");
    EXPECT_EQ(bob.ask("y"), "<y>");
}

TEST(Server, StopSaysGoodbyeAndWaitsForJobs) {
    ToyServer toy;
    const auto port = toy.listen();
    Client idle(port), busy(port);
    idle.line();
    busy.line();
    busy.send("gate\n");
    ASSERT_TRUE(soon([&] { return toy.world.in_session.load(); }));
    std::thread stopper([&] { toy.server->stop("shutdown", std::chrono::seconds(4)); });
    EXPECT_EQ(idle.line(), "end: shutdown");
    EXPECT_EQ(idle.line(), "EOF");
    toy.world.gate.set_value();
    EXPECT_EQ(busy.line(), "gate passed");
    EXPECT_EQ(busy.line(), "end: shutdown");
    EXPECT_EQ(busy.line(), "EOF");
    stopper.join();
    EXPECT_EQ(toy.world.alive, 0);
    EXPECT_FALSE(Client(port).is_connected());
}

TEST(Server, StopLeavesAReaderWhoTakesNothing) {
    ToyServer toy;
    Client slow(toy.listen());
    slow.line();
    slow.send("big 500000000\n");
    ASSERT_TRUE(soon([&] { return toy.world.steps > 0; }));
    const auto before = std::chrono::steady_clock::now();
    toy.server->stop("shutdown", std::chrono::milliseconds(300));
    EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(2));
    EXPECT_EQ(toy.world.alive, 0);
}

TEST(Server, UnixSockets) {
    TempDir dir;
    const auto path = dir.path + "/socket";
    const auto address = "unix:" + path;
    {
        ToyServer toy;
        toy.listen(Tls::None, address);
        struct stat info{};
        ASSERT_EQ(::stat(path.c_str(), &info), 0);
        EXPECT_EQ(info.st_mode & 0777, 0600u);
        Client client(path);
        EXPECT_EQ(client.line(), "hello");
        const auto sessions = toy.server->sessions();
        ASSERT_EQ(sessions.size(), 1u);
        EXPECT_EQ(sessions[0].peer.address, "unix");
        EXPECT_TRUE(sessions[0].peer.is_loopback);
        auto second = toy.server->listen({.address = address}, toy.factory());
        ASSERT_FALSE(second);
        EXPECT_EQ(second.error().why, Why::Busy);
    }
    EXPECT_FALSE(std::filesystem::exists(path));
    // What a killed server left behind is no hindrance; another's file is.
    const int stale = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un un{};
    un.sun_family = AF_UNIX;
    path.copy(un.sun_path, sizeof un.sun_path - 1);
    ASSERT_EQ(::bind(stale, reinterpret_cast<sockaddr*>(&un), sizeof un), 0);
    ::close(stale);
    ToyServer toy;
    toy.listen(Tls::None, address);
    EXPECT_EQ(Client(path).line(), "hello");
    const auto file = dir.path + "/file";
    ::close(::creat(file.c_str(), 0600));
    auto refused = toy.server->listen({.address = "unix:" + file}, toy.factory());
    ASSERT_FALSE(refused);
    EXPECT_TRUE(std::filesystem::exists(file));
}

TEST(Server, SaysPlainlyWhenItCannotListen) {
    ToyServer toy;
    const auto port = std::to_string(toy.listen());
    struct Row {
        std::string address;
        Why why;
        std::string said;
    };
    const Row rows[] = {
        {"127.0.0.1:" + port, Why::Busy,
         "Port " + port + " on 127.0.0.1 is taken by another program"},
        {"192.0.2.77:" + port, Why::NotFound, "This machine has no address 192.0.2.77"},
        {"unix:/nonexistent/x", Why::NotFound,
         "The Unix socket /nonexistent/x cannot be made: its folder does not exist"},
    };
    for (const auto& row : rows) {
        auto result = toy.server->listen({.address = row.address}, toy.factory());
        ASSERT_FALSE(result) << row.address;
        EXPECT_EQ(result.error().why, row.why);
        EXPECT_EQ(result.error().said, row.said);
    }
}

TEST(Server, IPv6) {
    ToyServer toy;
    const auto port = toy.listen(Tls::None, "[::1]:0");
    const int fd = ::socket(AF_INET6, SOCK_STREAM, 0);
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port);
    address.sin6_addr = in6addr_loopback;
    ASSERT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ASSERT_TRUE(soon([&] { return toy.server->sessions().size() == 1; }));
    const auto peer = toy.server->sessions()[0].peer;
    EXPECT_EQ(peer.address, "::1");
    EXPECT_EQ(peer.network, "::/64");
    EXPECT_TRUE(peer.is_loopback);
    ::close(fd);
}

}  // namespace
}  // namespace rook::net
