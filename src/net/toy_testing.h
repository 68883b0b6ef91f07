// For net's own tests: a toy protocol that uses everything a Link offers, and a server of it.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "net/server.h"
#include "net/testing.h"

namespace rook::net {

// What the toy sessions of one test share.
struct ToyWorld {
    std::atomic<int> alive{0}, made{0}, closed{0}, woken{0}, steps{0};
    std::atomic<bool> in_session{false};
    std::mutex mutex;
    std::set<Link*> links;  // of live sessions: for wakes
    std::promise<void> gate;
    std::shared_future<void> gate_open{gate.get_future()};
};

// Lines in, lines out. The first word says what to do:
//   job/scan/hash WORD, throw, jobthrow, gate, big BYTES (lazily), flood BYTES (at once), login
//   NAME, tls, quit, timeout SECONDS, deadline SECONDS, hold MS, else echo.
class ToySession : public Session {
public:
    ToySession(Link& link, ToyWorld& world) : link_(link), world_(world) {
        ++world_.alive;
        ++world_.made;
        std::lock_guard lock(world_.mutex);
        world_.links.insert(&link_);
    }
    ~ToySession() override {
        {
            std::lock_guard lock(world_.mutex);
            world_.links.erase(&link_);
        }
        --world_.alive;
    }
    void start() override { link_.write(link_.is_tls() ? "hello tls\n" : "hello\n"); }

    std::size_t feed(std::string_view input) override {
        const auto end = input.find('\n');
        if (end == std::string_view::npos) return 0;
        const std::string line(input.substr(0, end));
        const auto space = line.find(' ');
        const auto rest = space == std::string::npos ? "" : line.substr(space + 1);
        act(line.substr(0, space), rest, line);
        ++lines_;
        return end + 1;
    }
    void woken() override {
        ++world_.woken;
        link_.write("woken\n");
    }
    void tls_started() override { link_.write("tls on\n"); }
    void timed_out() override { link_.write("too slow\n"); }
    void ending(std::string_view reason) override {
        link_.write("end: " + std::string(reason) + "\n");
    }
    void broken() override { link_.write("broken\n"); }
    void closed() override { ++world_.closed; }
    std::string_view protocol() const override { return "toy"; }
    std::string summary() const override { return "lines=" + std::to_string(lines_); }

private:
    void answer_in(Lane lane, const std::string& word) {
        link_.run(lane, [this, word] {
            link_.write("did " + word + "\n");
            return Step::Done;
        });
    }
    void act(const std::string& verb, const std::string& rest, const std::string& line);

    Link& link_;
    ToyWorld& world_;
    std::size_t left_ = 0;
    int lines_ = 0;
};

inline void ToySession::act(const std::string& verb, const std::string& rest,
                            const std::string& line) {
    if (verb == "job") return answer_in(Lane::Short, rest);
    if (verb == "scan") return answer_in(Lane::Scan, rest);
    if (verb == "hash") return answer_in(Lane::Hash, rest);
    if (verb == "throw") throw std::runtime_error("thrown in feed");
    if (verb == "jobthrow") {
        return link_.run(Lane::Short, []() -> Step { throw std::runtime_error("thrown in job"); });
    }
    if (verb == "gate") {
        return link_.run(Lane::Hash, [this] {
            world_.in_session = true;
            world_.gate_open.wait();
            link_.write("gate passed\n");
            return Step::Done;
        });
    }
    if (verb == "big") {
        left_ = std::strtoull(rest.c_str(), nullptr, 10);
        return link_.run(Lane::Short, [this] {
            ++world_.steps;
            const auto part = std::min(left_, kStepBytes);
            link_.write(std::string(part, 'b'));
            left_ -= part;
            return left_ > 0 ? Step::More : Step::Done;
        });
    }
    if (verb == "login") {
        return link_.set_facts(
            {.user = rest, .account = AccountId{7}, .client = "", .state = "in"});
    }
    if (verb == "flood") {
        return link_.write(std::string(std::strtoull(rest.c_str(), nullptr, 10), 'f'));
    }
    if (verb == "tls") {
        if (!link_.can_start_tls()) return link_.write("no tls\n");
        link_.write("go\n");
        return link_.start_tls();
    }
    if (verb == "quit") {
        link_.write("bye\n");
        return link_.close();
    }
    const auto number = std::strtoull(rest.c_str(), nullptr, 10);
    if (verb == "timeout") return link_.set_timeout(std::chrono::seconds(number));
    if (verb == "deadline") return link_.set_deadline(std::chrono::seconds(number));
    if (verb == "hold") {
        link_.hold(std::chrono::milliseconds(number));
        return link_.write("held\n");
    }
    link_.write("<" + line + ">\n");
}

// A server with the toy protocol.
class ToyServer {
public:
    explicit ToyServer(const Limits& limits = {}) { start(limits, SystemClock_); }
    ToyServer(const Limits& limits, const Clock& clock) { start(limits, clock); }

    std::uint16_t listen(Tls tls = Tls::None, const std::string& address = "127.0.0.1:0",
                         const std::string& protocol = "toy") {
        auto port =
            server->listen({.address = address, .tls = tls, .protocol = protocol}, factory());
        EXPECT_TRUE(port) << port.error().said;
        return port.value_or(0);
    }
    SessionFactory factory() {
        return [this](Link& link) { return std::make_unique<ToySession>(link, world); };
    }

    LinesLog log;
    ToyWorld world;
    std::unique_ptr<Server> server;

private:
    void start(const Limits& limits, const Clock& clock) {
        server = std::move(Server::start(limits, clock, log)).value();
    }
    SystemClock SystemClock_;
};

}  // namespace rook::net
