// The command line's two ways to a verb, the first through a real socket.
#include "admin/callers.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "admin/admin_fixture.h"

namespace rook::admin {
namespace {

class SocketTest : public AdminTest {
protected:
    SocketTest() {
        std::string name = testing::TempDir() + "rookery-XXXXXX";
        folder_ = mkdtemp(name.data());
        path = folder_ + "/admin.sock";
        net::Limits limits;
        limits.loops = 1;
        server = net::Server::start(limits, system_clock, log).value();
        with_server = std::make_unique<Services>(
            Services{*store, *directory, *authenticator, *accounts, server.get(), system_clock, log,
                     "1.0", "host.example", "/data", "", system_clock.tick()});
        auto done = server->listen({"unix:" + path, net::Tls::None, "admin"},
                                   [this](net::Link& l) { return make_session(*with_server, l); });
        EXPECT_TRUE(done);
    }
    ~SocketTest() override {
        server->stop("bye", std::chrono::milliseconds(1000));
        unlink(path.c_str());
        rmdir(folder_.c_str());
    }
    static Caller::Pieces pieces_of(const std::string& bytes, std::size_t size) {
        return [&bytes, size, at = std::size_t{0}]() mutable -> Result<std::optional<std::string>> {
            if (at >= bytes.size()) return std::nullopt;
            auto piece = bytes.substr(at, size);
            at += piece.size();
            return piece;
        };
    }

    std::string path;
    SystemClock system_clock;
    std::unique_ptr<net::Server> server;
    std::unique_ptr<Services> with_server;

private:
    std::string folder_;
};

TEST_F(SocketTest, CallsAndBytes) {
    add_ann();
    struct stat about{};
    ASSERT_EQ(stat(path.c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777, 0600u);
    auto caller = connect_caller(path, {}).value();
    ASSERT_TRUE(caller);
    EXPECT_EQ(flat(caller->call("domain list", Json::object({}))),
              read_json("[{\"domain\":\"example.org\"}]").value());
    auto bad = caller->call("account show", one("address", "nobody"));
    EXPECT_EQ(bad.error().why, Why::NotFound);
    EXPECT_EQ(bad.error().said, "There is no account nobody");

    std::string message = "Subject: big\n\n";
    while (message.size() < 3'000'000) message += "A line of a large message, number by number\n";
    for (std::size_t size : {std::size_t{7'777}, std::size_t{32 * 1024}, message.size()}) {
        auto done = caller->call("deliver", many("address", {"ann"}), pieces_of(message, size));
        EXPECT_TRUE(done) << done.error().said;
    }
    EXPECT_EQ(messages_in("ann", "INBOX"), 3);
    auto refused = caller->call("deliver", many("address", {"nobody"}), pieces_of(message, 9'999));
    EXPECT_EQ(refused.error().why, Why::NotFound);
    auto empty = caller->call("deliver", many("address", {"ann"}), pieces_of("", 1));
    EXPECT_TRUE(empty) << empty.error().said;

    // What the caller's own end cannot read is the caller's error, and half a message is none.
    auto broken = caller->call("deliver", many("address", {"ann"}),
                               []() -> Result<std::optional<std::string>> {
                                   return fail(Why::Io, "Standard input cannot be read");
                               });
    EXPECT_EQ(broken.error().why, Why::Io);
    caller.reset();
    EXPECT_EQ(messages_in("ann", "INBOX"), 4);
}

TEST_F(SocketTest, SessionsAndKick) {
    add_ann();
    auto caller = connect_caller(path, {}).value();
    auto status = flat(caller->call("status", Json::object({})));
    EXPECT_TRUE(*status.find("running")->as_bool());
    EXPECT_EQ(number(*status.find("sessions"), "admin"), 1);
    auto other = connect_caller(path, {}).value();
    EXPECT_TRUE(other->call("domain list", Json::object({})));
    auto rows = flat(caller->call("sessions", Json::object({})));
    ASSERT_EQ(rows.as_array()->size(), 2u) << write_json(rows);
    auto id = std::max(number((*rows.as_array())[0], "id"), number((*rows.as_array())[1], "id"));
    auto kicked = flat(caller->call("kick", many("who", {std::to_string(id)})));
    EXPECT_EQ(number(kicked, "ended"), 1) << write_json(kicked);
    EXPECT_FALSE(other->call("domain list", Json::object({})));
    EXPECT_EQ(why(flat(caller->call("kick", many("who", {"nobody"})))), text(Why::NotFound));
    EXPECT_EQ(number(flat(caller->call("kick", many("who", {"ann"}))), "ended"), 0);
}

TEST_F(SocketTest, HearsHowFarItIs) {
    add_ann();
    feed("deliver", many("address", {"ann"}), "Subject: x\n\ny\n");
    std::vector<std::uint64_t> told;
    auto caller = connect_caller(path, [&](std::uint64_t done, std::uint64_t all) {
                      EXPECT_EQ(all, 1000u);
                      told.push_back(done);
                  }).value();
    EXPECT_EQ(number(flat(caller->call("check", Json::object({}))), "emails"), 1);
    EXPECT_EQ(told, std::vector<std::uint64_t>{1000});
    EXPECT_TRUE(caller->call("domain list", Json::object({})));
    auto silent = connect_caller(path, {}).value();
    EXPECT_EQ(number(flat(silent->call("check", Json::object({}))), "emails"), 1);
}

TEST_F(SocketTest, NobodyThere) {
    EXPECT_FALSE(connect_caller(path + ".none", {}).value());
    // The file of a server that was killed.
    auto dead = path + "2";
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    dead.copy(to.sun_path, sizeof to.sun_path - 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    close(fd);
    EXPECT_FALSE(connect_caller(dead, {}).value());
    unlink(dead.c_str());
    EXPECT_EQ(connect_caller(std::string(200, 'x'), {}).error().why, Why::Cannot);
}

TEST_F(AdminTest, ALocalCallerCallsTheSameVerbs) {
    struct Borrowed final : Program::Opened {
        explicit Borrowed(const Services& s) : services_(s) {}
        const Services& services() override { return services_; }
        const Services& services_;
    };
    add_ann();
    std::uint64_t told = 0;
    auto caller = local_caller(std::make_unique<Borrowed>(services),
                               [&](std::uint64_t, std::uint64_t all) { told = all; });
    EXPECT_EQ(flat(caller->call("domain list", Json::object({}))),
              read_json("[{\"domain\":\"example.org\"}]").value());
    EXPECT_TRUE(caller->call("check", Json::object({})));
    EXPECT_EQ(told, 1000u);
    bool is_given = false;
    auto done = caller->call("deliver", many("address", {"ann"}),
                             [&]() -> Result<std::optional<std::string>> {
                                 if (std::exchange(is_given, true)) return std::nullopt;
                                 return "Subject: x\n\ny\n";
                             });
    EXPECT_TRUE(done);
    EXPECT_EQ(messages_in("ann", "INBOX"), 1);
    EXPECT_EQ(caller->call("nothing", Json::object({})).error().why, Why::Unsupported);
}

}  // namespace
}  // namespace rook::admin
