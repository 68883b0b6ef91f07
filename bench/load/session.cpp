// Whole sessions: logins, POP3, and connections that only wait.
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <stdexcept>

#include "load/imap_client.h"
#include "load/measure.h"
#include "load/verbs.h"

namespace rook::bench {
namespace {

void want_ok(Connection& connection) {
    auto got = connection.line();
    if (!got.starts_with("+OK")) throw std::runtime_error(std::string(got));
}

// The lines and bytes of a multi-line answer.
std::pair<std::uint64_t, std::uint64_t> read_lines(Connection& connection) {
    want_ok(connection);
    std::uint64_t lines = 0, bytes = 0;
    for (;; ++lines) {
        auto line = connection.line();
        if (line == ".") return {lines, bytes};
        bytes += line.size() + 2;
    }
}

}  // namespace

// IMAP: connect, log in, log out.
int login(const Options& options) {
    auto users = options.list("users");
    Measure measure(options);
    measure.run([&](Measure::Worker& worker) {
        auto& user = users[static_cast<std::size_t>(worker.index()) % users.size()];
        Ticket ticket;
        ticket.wanted = options.has("resume");
        while (worker.more()) {
            worker.timed([&] {
                ImapClient client(options.number("port"), security(options), &ticket);
                client.login(user, options.text("password"));
                client.logout();
                if (client.connection().resumed()) measure.add("resumed", 1);
            });
        }
    });
    return measure.print();
}

// POP3: log in, UIDL, RETR of everything, QUIT; the --want messages must all be there.
int pop3(const Options& options) {
    auto users = options.list("users");
    auto wanted = static_cast<std::uint64_t>(options.number("want"));
    Measure measure(options);
    measure.run([&](Measure::Worker& worker) {
        auto& user = users[static_cast<std::size_t>(worker.index()) % users.size()];
        while (worker.more()) {
            std::uint64_t bytes = 0;
            worker.timed([&] {
                Connection connection(options.number("port"), security(options));
                want_ok(connection);
                connection.send(fmt::format("USER {}\r\n", user));
                want_ok(connection);
                connection.send(fmt::format("PASS {}\r\n", options.text("password")));
                want_ok(connection);
                connection.send("UIDL\r\n");
                auto listed = read_lines(connection).first;
                if (listed != wanted)
                    throw std::runtime_error(fmt::format("UIDL: {} of {}", listed, wanted));
                for (std::uint64_t n = 1; n <= listed; ++n) {
                    connection.send(fmt::format("RETR {}\r\n", n));
                    bytes += read_lines(connection).second;
                }
                connection.send("QUIT\r\n");
                want_ok(connection);
            });
            worker.bytes(bytes);
            measure.set("session_bytes", static_cast<double>(bytes));
        }
    });
    return measure.print();
}

// Opens --count connections in IDLE, says so, and holds them until there is a line on stdin.
int idle(const Options& options) {
    auto users = options.list("users");
    std::vector<std::unique_ptr<ImapClient>> all;
    for (int i = 0; i < options.number("count"); ++i) {
        auto& client = *all.emplace_back(
            std::make_unique<ImapClient>(options.number("port"), security(options)));
        client.login(users[static_cast<std::size_t>(i) % users.size()], options.text("password"));
        client.command("SELECT INBOX");
        client.send("IDLE");
        auto said = client.untagged();
        if (!said.starts_with("+")) throw std::runtime_error(std::string(said));
    }
    fmt::print("{{\"count\": {}, \"errors\": 0}}\n", all.size());
    std::fflush(stdout);
    std::getchar();
    return 0;
}

}  // namespace rook::bench
