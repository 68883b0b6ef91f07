// IMAP commands, one kind at a time.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <thread>

#include "load/imap_client.h"
#include "load/lmtp_client.h"
#include "load/mail.h"
#include "load/measure.h"
#include "load/verbs.h"

namespace rook::bench {
namespace {

std::string user_of(const Options& options, int index) {
    auto users = options.list("users");
    return users[static_cast<std::size_t>(index) % users.size()];
}

struct LoggedIn : ImapClient {
    LoggedIn(const Options& options, int index)
        : ImapClient(options.number("port"), security(options)) {
        login(user_of(options, index), options.text("password"));
    }
};

// "a;b;c": one after another.
void each_command(ImapClient& client, const std::string& commands) {
    for (std::size_t at = 0; at < commands.size();) {
        auto end = std::min(commands.find(';', at), commands.size());
        client.command(commands.substr(at, end - at));
        at = end + 1;
    }
}

void replace(std::string& text, std::string_view what, const std::string& with) {
    auto at = text.find(what);
    if (at != text.npos) text.replace(at, what.size(), with);
}

// %n counts 1 to `of` again and again, %s is + in even rounds and - in odd ones, %r is spread over
// 1 to `of`, the same for every server.
std::string with_numbers(std::string text, std::uint64_t turn, std::uint64_t of) {
    replace(text, "%n", fmt::to_string(turn % of + 1));
    replace(text, "%s", turn / of % 2 ? "-" : "+");
    replace(text, "%r", fmt::to_string(turn * 2'654'435'761U % of + 1));
    return text;
}

// "FETCH=10,EXISTS=5"
void check(const Reply& reply, const Options& options) {
    if (!options.has("want")) return;
    for (auto& one : options.list("want")) {
        auto equals = one.find('=');
        auto wanted = std::stoull(one.substr(equals + 1));
        auto got = reply.count_of(one.substr(0, equals));
        if (got != wanted)
            throw std::runtime_error(fmt::format("wanted {}, got {}: {}", one, got, reply.tagged));
    }
}

}  // namespace

// --command again and again after the commands of --before; with --fresh on a new connection each
// time, of which only the command is timed.
int command(const Options& options) {
    auto text = options.text("command");
    auto of = static_cast<std::uint64_t>(options.number("of", 1));
    Measure measure(options);
    measure.run([&](Measure::Worker& worker) {
        std::unique_ptr<LoggedIn> client;
        auto start = [&] {
            client = std::make_unique<LoggedIn>(options, worker.index());
            each_command(*client, options.text("before", ""));
        };
        start();
        std::uint64_t bytes = client->connection().received();
        for (std::uint64_t turn = 0; worker.more(); ++turn) {
            if (options.has("fresh") && turn > 0) start();
            bytes = client->connection().received();
            Reply reply;
            auto one = with_numbers(text, turn, of);
            worker.timed([&] { reply = client->command(one); });
            worker.bytes(client->connection().received() - bytes);
            check(reply, options);
            if (reply.found) measure.set("found", static_cast<double>(reply.found));
            if (reply.literal_bytes)
                measure.set("literal_bytes", static_cast<double>(reply.literal_bytes));
        }
    });
    return measure.print();
}

int append(const Options& options) {
    mail(0, Sizes::Text);
    Measure measure(options);
    measure.run([&](Measure::Worker& worker) {
        LoggedIn client(options, worker.index());
        for (std::uint64_t n = static_cast<std::uint64_t>(worker.index()) * 1'000'007;
             worker.more(); ++n) {
            auto message = mail(n, Sizes::Text);
            worker.timed([&] { client.append("INBOX", message); });
            worker.bytes(message.size());
        }
    });
    return measure.print();
}

// --kind copy, move or expunge of the first --count messages of INBOX; what is made for it and
// taken away again is not timed.
int batch(const Options& options) {
    auto kind = options.text("kind");
    auto count = options.number("count");
    auto all = fmt::format("1:{}", count);
    auto wanted = static_cast<std::uint64_t>(count);
    Measure measure(options);
    measure.run([&](Measure::Worker& worker) {
        LoggedIn client(options, worker.index());
        while (worker.more()) {
            // Names that were never used: a server may remember those of deleted mailboxes.
            auto now = std::chrono::system_clock::now().time_since_epoch().count();
            auto from = fmt::format("bench-from-{}", now), to = fmt::format("bench-to-{}", now);
            client.command("SELECT INBOX");
            client.command("CREATE " + from);
            client.command("CREATE " + to);
            Reply reply;
            if (kind == "copy") {
                worker.timed([&] { reply = client.command(fmt::format("COPY {} {}", all, to)); });
            } else {
                client.command(fmt::format("COPY {} {}", all, from));
                client.command("SELECT " + from);
                if (kind == "expunge")
                    client.command(fmt::format("STORE {} +FLAGS.SILENT (\\Deleted)", all));
                auto text = kind == "move" ? fmt::format("MOVE {} {}", all, to) : "EXPUNGE";
                worker.timed([&] { reply = client.command(text); });
                if (reply.expunged != wanted)
                    throw std::runtime_error(
                        fmt::format("{} of {} were expunged", reply.expunged, count));
            }
            if (kind != "expunge" && client.command("EXAMINE " + to).exists != wanted)
                throw std::runtime_error("not all have arrived");
            client.command("EXAMINE INBOX");
            client.command("DELETE " + from);
            client.command("DELETE " + to);
        }
    });
    return measure.print();
}

// Makes --count mailboxes, each with one message.
int mailboxes(const Options& options) {
    Measure measure(options);
    measure.run([&](Measure::Worker& worker) {
        LoggedIn client(options, 0);
        worker.ready();
        for (int i = 0; i < options.number("count"); ++i) {
            auto name = fmt::format("many-{}", i);
            worker.timed([&] {
                client.command(fmt::format("CREATE {}", name));
                client.append(name, mail(static_cast<std::uint64_t>(i), Sizes::Tiny));
            });
        }
    });
    return measure.print();
}

// What a client that comes back asks: SELECT with QRESYNC, after --count flags were changed.
int qresync(const Options& options) {
    auto count = options.number("count");
    auto of = static_cast<std::uint64_t>(options.number("of"));
    Measure measure(options);
    measure.run([&](Measure::Worker& worker) {
        LoggedIn other(options, worker.index());
        other.command("SELECT INBOX");
        for (int turn = 0; worker.more(); ++turn) {
            LoggedIn client(options, worker.index());
            client.command("ENABLE QRESYNC");
            auto known = client.command("EXAMINE INBOX");
            for (int i = 0; i < count; ++i) {
                auto n = static_cast<std::uint64_t>(i) * 7919 % of + 1;
                other.command(fmt::format("STORE {} {}FLAGS (\\Flagged)", n, turn % 2 ? '-' : '+'));
            }
            client.command("UNSELECT");
            Reply reply;
            auto text = fmt::format("EXAMINE INBOX (QRESYNC ({} {}))", known.code("UIDVALIDITY"),
                                    known.code("HIGHESTMODSEQ"));
            worker.timed([&] { reply = client.command(text); });
            if (reply.fetched != static_cast<std::uint64_t>(count))
                throw std::runtime_error(
                    fmt::format("{} of {} changes were told", reply.fetched, count));
        }
    });
    return measure.print();
}

// How long after LMTP's 250 a client in IDLE hears of new mail; 0 when it knew before.
int push(const Options& options) {
    Measure measure(options);
    measure.run([&](Measure::Worker& worker) {
        LoggedIn client(options, worker.index());
        LmtpClient lmtp(options.number("lmtp"));
        auto to = options.list("to");
        client.command("SELECT INBOX");
        client.send("IDLE");
        client.untagged();
        std::uint64_t n = 0;
        while (worker.more()) {
            Clock::time_point told, accepted;
            std::string failed;
            std::thread listener([&] {
                try {
                    while (!client.untagged().ends_with(" EXISTS")) {
                    }
                    told = Clock::now();
                } catch (const std::exception& problem) {
                    failed = problem.what();
                }
            });
            try {
                lmtp.deliver(to, mail(n++, Sizes::Tiny));
                accepted = Clock::now();
            } catch (...) {
                client.connection().hang_up();
                listener.join();
                throw;
            }
            listener.join();
            if (!failed.empty()) throw std::runtime_error(failed);
            worker.took(std::max(0.0, std::chrono::duration<double>(told - accepted).count()));
        }
    });
    return measure.print();
}

}  // namespace rook::bench
