// For net's own tests and benchmark: a toy protocol that uses everything a Link offers, a client
// with blocking sockets, and a log that can be read.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "net/server.h"

namespace rook::net {

// A log whose lines a test can wait for.
class LinesLog final : public Log {
public:
    void write(LogLevel level, std::string_view event,
               std::initializer_list<LogField> fields) override {
        std::lock_guard lock(mutex_);
        lines_.push_back(format_log_line(LogFormat::Logfmt, Time{}, level, event, fields));
        came_.notify_all();
    }
    // The first line, at or after those already returned, that holds `part`; "" after five seconds.
    std::string wait_for(std::string_view part) {
        std::unique_lock lock(mutex_);
        std::string found;
        came_.wait_for(lock, std::chrono::seconds(5), [&] {
            for (; next_ < lines_.size() && found.empty(); ++next_) {
                if (lines_[next_].find(part) != std::string::npos) found = lines_[next_];
            }
            return !found.empty();
        });
        return found;
    }
    std::size_t count(std::string_view part) const {
        std::lock_guard lock(mutex_);
        std::size_t n = 0;
        for (const auto& line : lines_) n += line.find(part) != std::string::npos;
        return n;
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable came_;
    std::vector<std::string> lines_;
    std::size_t next_ = 0;
};

// A clock that a test moves, read by the loops' threads.
class MovedClock final : public Clock {
public:
    Time now() const override { return Time{}; }
    Tick tick() const override {
        return Tick{} + std::chrono::hours(1) + std::chrono::milliseconds(passed_.load());
    }
    void advance(std::chrono::milliseconds by) { passed_ += by.count(); }

private:
    std::atomic<std::int64_t> passed_{0};
};

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

// A plain client whose calls block, with a timeout of ten seconds.
class Client {
public:
    explicit Client(std::uint16_t port, const char* from = nullptr) {
        fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        set_timeouts();
        sockaddr_in address{};
        address.sin_family = AF_INET;
        if (from) {
            address.sin_addr.s_addr = ::inet_addr(from);
            ::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address);
        }
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(port);
        if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) close();
    }
    explicit Client(const std::string& unix_path) {
        fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        set_timeouts();
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        unix_path.copy(address.sun_path, sizeof address.sun_path - 1);
        if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) close();
    }
    Client(Client&& other) noexcept
        : fd_(std::exchange(other.fd_, -1)), got_(std::move(other.got_)) {}
    ~Client() { close(); }

    void close() {
        if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    }
    bool is_connected() const { return fd_ >= 0; }
    int fd() const { return fd_; }
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(n));
        }
        return true;
    }
    // The next line without its end; "EOF" when the server has closed, "TIMEOUT" when nothing
    // comes.
    std::string line() {
        for (;;) {
            if (const auto end = got_.find('\n'); end != std::string::npos) {
                auto text = got_.substr(0, end);
                got_.erase(0, end + 1);
                return text;
            }
            if (const auto why = receive(); !why.empty()) return why;
        }
    }
    std::string ask(std::string_view text) {
        send(std::string(text) + "\n");
        return line();
    }
    // That many bytes, or fewer at the end.
    std::size_t skip(std::size_t n) {
        std::size_t seen = 0;
        while (seen < n) {
            if (got_.empty() && !receive().empty()) break;
            const auto part = std::min(n - seen, got_.size());
            got_.erase(0, part);
            seen += part;
        }
        return seen;
    }

private:
    void set_timeouts() {
        timeval patience{.tv_sec = 10, .tv_usec = 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        const int on = 1;
        ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    std::string receive() {
        char buffer[65536];
        const auto n = ::recv(fd_, buffer, sizeof buffer, 0);
        if (n > 0) return got_.append(buffer, static_cast<std::size_t>(n)), "";
        return n < 0 && errno == EAGAIN ? "TIMEOUT" : "EOF";
    }
    int fd_ = -1;
    std::string got_;
};

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

// A folder of its own, removed in the end.
struct TempDir {
    TempDir() {
        std::string pattern = std::filesystem::temp_directory_path() / "rook-net-XXXXXX";
        path = ::mkdtemp(pattern.data());
    }
    ~TempDir() { std::filesystem::remove_all(path); }
    std::string path;
};

// Waits for something that another thread is about to do.
template <class Is>
bool soon(Is is) {
    for (int i = 0; i < 5000; ++i) {
        if (is()) return true;
        ::usleep(1000);
    }
    return false;
}

}  // namespace rook::net
