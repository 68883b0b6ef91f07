// For net's own tests: a client with blocking sockets, a log that can be read, and a clock that can
// be moved.
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
