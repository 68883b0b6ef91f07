// load: drives any IMAP, POP3 or LMTP server over plain TCP and prints one JSON object of what it
// measured.
//
//   load deliver PORT CONNECTIONS SECONDS RECIPIENT...      LMTP, mixed sizes; connection i sends
//   to recipient i mod n load fill    PORT COUNT RECIPIENT                       LMTP, the same
//   mail every time load fetch   PORT USER PASSWORD MAILBOX RUNS ITEMS      FETCH 1:* ITEMS; the
//   fastest and the median run load idle    PORT USER PASSWORD MAILBOX COUNT           selects,
//   then waits for a line on stdin and says how many are open
//
// The mail is deterministic: most of 4 to 20 KB text, some 75 KB HTML, a few 1 MB attachments;
// words by Zipf. An answer that is not expected is an error: it is counted, the first is shown, and
// the exit code is 1.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

class Connection {
public:
    explicit Connection(int port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(static_cast<std::uint16_t>(port));
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
            throw std::runtime_error("cannot connect");
        int on = 1;
        setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    ~Connection() {
        if (fd_ >= 0) close(fd_);
    }
    Connection(const Connection&) = delete;

    void send(std::string_view bytes) {
        while (!bytes.empty()) {
            auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n <= 0) throw std::runtime_error("the server closed");
            bytes.remove_prefix(static_cast<std::size_t>(n));
        }
    }

    std::string line() {
        for (;;) {
            auto end = buffer_.find('\n', at_);
            if (end != buffer_.npos) {
                auto out = buffer_.substr(at_, end - at_ - (end > at_ && buffer_[end - 1] == '\r'));
                at_ = end + 1;
                return out;
            }
            buffer_.erase(0, at_);
            at_ = 0;
            auto old = buffer_.size();
            buffer_.resize(old + 65536);
            auto n = recv(fd_, buffer_.data() + old, 65536, 0);
            if (n <= 0) throw std::runtime_error("the server closed");
            buffer_.resize(old + static_cast<std::size_t>(n));
        }
    }

    // Reads lines until one that is not continued ("250-"), which must have the code.
    void expect(std::string_view code) {
        for (;;) {
            auto got = line();
            if (!got.starts_with(code))
                throw std::runtime_error(fmt::format("wanted {}, got {}", code, got));
            if (got.size() < 4 || got[3] != '-') return;
        }
    }

    // Reads and counts until the tagged answer; must be OK. Only the tail is kept, so this is as
    // fast as the socket.
    std::uint64_t drain(std::string_view tag) {
        std::uint64_t total = buffer_.size() - at_;
        std::string tail = buffer_.substr(at_);
        buffer_.clear();
        at_ = 0;
        static thread_local std::vector<char> block(1 << 20);
        auto last = fmt::format("\n{} ", tag);
        for (;;) {
            if (tail.size() >= 2 && tail.ends_with("\r\n")) {
                auto start = tail.rfind('\n', tail.size() - 2);
                auto final_line = std::string_view(tail).substr(start == tail.npos ? 0 : start);
                if (final_line.starts_with(last) ||
                    (start == tail.npos && final_line.starts_with(last.substr(1)))) {
                    if (final_line.find(" OK") == final_line.npos)
                        throw std::runtime_error(std::string(final_line));
                    return total;
                }
            }
            auto n = recv(fd_, block.data(), block.size(), 0);
            if (n <= 0) throw std::runtime_error("the server closed");
            total += static_cast<std::uint64_t>(n);
            auto size = static_cast<std::size_t>(n);
            if (size >= 4096) {
                tail.assign(block.data() + size - 4096, 4096);
            } else {
                tail.append(block.data(), size);
                if (tail.size() > 8192) tail.erase(0, tail.size() - 4096);
            }
        }
    }

    void login(const std::string& user, const std::string& password) {
        line();
        send(fmt::format("l LOGIN {} {}\r\n", user, password));
        drain("l");
    }

private:
    int fd_;
    std::string buffer_;
    std::size_t at_ = 0;
};

// Words by Zipf, so that text compresses and searches as real text does.
class Words {
public:
    explicit Words(std::uint64_t seed) : engine_(seed) {
        double sum = 0;
        for (int i = 0; i < kWords; ++i) weights_.push_back(sum += 1.0 / (i + 1));
    }
    std::string next() {
        double at = std::uniform_real_distribution<double>(0, weights_.back())(engine_);
        auto rank = static_cast<std::uint64_t>(
            std::lower_bound(weights_.begin(), weights_.end(), at) - weights_.begin());
        std::string out;
        for (auto n = rank * 2654435761u % 1000003 + 26; n; n /= 26)
            out += static_cast<char>('a' + n % 26);
        return out;
    }
    std::mt19937_64& engine() { return engine_; }

private:
    static constexpr int kWords = 20'000;
    std::mt19937_64 engine_;
    std::vector<double> weights_;
};

std::string text_of(Words& words, std::size_t size, std::string_view before,
                    std::string_view after) {
    std::string out, row;
    while (out.size() < size) {
        row += words.next() + ' ';
        if (row.size() > 68) {
            out.append(before).append(row).append(after).append("\r\n");
            row.clear();
        }
    }
    return out;
}

std::string make_message(std::uint64_t n) {
    Words words(n);
    auto& random = words.engine();
    auto header = fmt::format(
        "From: \"{0} {1}\" <{0}@example.net>\r\nTo: someone@example.test\r\nSubject: {2} {3} "
        "{4}\r\nDate: Tue, 03 Nov 2026 10:{5:02}:00 +0000\r\n"
        "Message-ID: <{6}.{0}@example.net>\r\nMIME-Version: 1.0\r\n",
        words.next(), words.next(), words.next(), words.next(), words.next(), n % 60, n);
    auto kind = random() % 100;
    if (kind < 85) {
        return header + "Content-Type: text/plain; charset=utf-8\r\n\r\n" +
               text_of(words, 4096 + random() % 16384, "", "");
    }
    if (kind < 97) {
        return header + "Content-Type: text/html; charset=utf-8\r\n\r\n<html><body>\r\n" +
               text_of(words, 75 * 1024, "<p style=\"margin:0\">", "</p>") + "</body></html>\r\n";
    }
    std::string body = header +
                       "Content-Type: multipart/mixed; boundary=b1\r\n\r\n--b1\r\nContent-Type: "
                       "text/plain\r\n\r\n" +
                       text_of(words, 2048, "", "") +
                       "\r\n--b1\r\nContent-Type: application/octet-stream; "
                       "name=data.bin\r\nContent-Transfer-Encoding: base64\r\n"
                       "Content-Disposition: attachment; filename=data.bin\r\n\r\n";
    constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int line = 0; line < (1 << 20) / 78; ++line) {
        for (int i = 0; i < 76; ++i) body += alphabet[random() % 64];
        body += "\r\n";
    }
    return body + "\r\n--b1--\r\n";
}

// The same hundred messages again and again, dots doubled: making mail must not be what is
// measured.
const std::vector<std::string>& mail() {
    static const auto all = [] {
        std::vector<std::string> out;
        for (std::uint64_t n = 0; n < 100; ++n) out.push_back(make_message(n));
        return out;
    }();
    return all;
}

struct Tally {
    std::atomic<std::uint64_t> done{0}, bytes{0}, errors{0};
    std::string first_error;
    std::mutex mutex;
    void error(const char* what) {
        std::lock_guard lock(mutex);
        if (!errors++) first_error = what;
    }
};

void start_lmtp(Connection& c) {
    c.expect("220");
    c.send("LHLO bench\r\n");
    c.expect("250");
}

void deliver_one(Connection& c, const std::string& recipient, const std::string& message) {
    c.send(fmt::format("MAIL FROM:<bench@example.net>\r\nRCPT TO:<{}>\r\nDATA\r\n", recipient));
    c.expect("250");
    c.expect("250");
    c.expect("354");
    c.send(message);
    c.send(".\r\n");
    c.expect("250");
}

int deliver(int port, int connections, double seconds, const std::vector<std::string>& recipients) {
    Tally tally;
    std::vector<double> latencies;
    mail();
    auto start = Clock::now();
    std::vector<std::thread> threads;
    for (int i = 0; i < connections; ++i) {
        threads.emplace_back([&, i] {
            std::vector<double> own;
            try {
                Connection c(port);
                start_lmtp(c);
                for (std::size_t n = static_cast<std::size_t>(i) * 7; since(start) < seconds; ++n) {
                    auto& message = mail()[n % mail().size()];
                    auto begin = Clock::now();
                    deliver_one(c, recipients[static_cast<std::size_t>(i) % recipients.size()],
                                message);
                    own.push_back(since(begin));
                    ++tally.done;
                    tally.bytes += message.size();
                }
            } catch (const std::exception& error) {
                tally.error(error.what());
            }
            std::lock_guard lock(tally.mutex);
            latencies.insert(latencies.end(), own.begin(), own.end());
        });
    }
    for (auto& thread : threads) thread.join();
    auto took = since(start);
    std::sort(latencies.begin(), latencies.end());
    auto at = [&](double part) {
        return latencies.empty() ? 0
                                 : latencies[static_cast<std::size_t>(
                                       part * static_cast<double>(latencies.size() - 1))] *
                                       1000;
    };
    fmt::print(
        "{{\"rate\": {:.1f}, \"mb_per_s\": {:.1f}, \"p50_ms\": {:.2f}, \"p99_ms\": {:.2f}, "
        "\"count\": {}, \"errors\": {}, \"first_error\": \"{}\"}}\n",
        static_cast<double>(tally.done) / took, static_cast<double>(tally.bytes) / took / 1e6,
        at(0.5), at(0.99), tally.done.load(), tally.errors.load(), tally.first_error);
    return tally.errors ? 1 : 0;
}

int fill(int port, int count, const std::string& recipient) {
    Connection c(port);
    start_lmtp(c);
    std::uint64_t bytes = 0;
    for (int n = 0; n < count; ++n) {
        auto& message = mail()[static_cast<std::size_t>(n) % mail().size()];
        deliver_one(c, recipient, message);
        bytes += message.size();
    }
    fmt::print("{{\"count\": {}, \"bytes\": {}}}\n", count, bytes);
    return 0;
}

int fetch(int port, const std::string& user, const std::string& password,
          const std::string& mailbox, int runs, const std::string& items) {
    Connection c(port);
    c.login(user, password);
    c.send(fmt::format("s EXAMINE {}\r\n", mailbox));
    c.drain("s");
    std::vector<double> times;
    std::uint64_t bytes = 0;
    for (int run = 0; run < runs; ++run) {
        auto tag = fmt::format("f{}", run);
        auto start = Clock::now();
        c.send(fmt::format("{} FETCH 1:* {}\r\n", tag, items));
        bytes = c.drain(tag);
        times.push_back(since(start));
    }
    double first = times[0];
    std::sort(times.begin(), times.end());
    auto median = times[times.size() / 2];
    fmt::print(
        "{{\"first_ms\": {:.2f}, \"median_ms\": {:.2f}, \"best_ms\": {:.2f}, \"bytes\": {}, "
        "\"mb_per_s\": {:.1f}}}\n",
        first * 1000, median * 1000, times[0] * 1000, bytes,
        static_cast<double>(bytes) / median / 1e6);
    return 0;
}

int idle(int port, const std::string& user, const std::string& password, const std::string& mailbox,
         int count) {
    std::vector<std::unique_ptr<Connection>> all;
    for (int i = 0; i < count; ++i) {
        auto& c = *all.emplace_back(std::make_unique<Connection>(port));
        c.login(user, password);
        c.send(fmt::format("s SELECT {}\r\n", mailbox));
        c.drain("s");
        c.send("i IDLE\r\n");
        c.line();
    }
    fmt::print("{{\"open\": {}}}\n", all.size());
    std::fflush(stdout);
    std::getchar();
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<std::string> words(argv + 1, argv + argc);
    try {
        if (words.size() >= 5 && words[0] == "deliver")
            return deliver(std::stoi(words[1]), std::stoi(words[2]), std::stod(words[3]),
                           {words.begin() + 4, words.end()});
        if (words.size() == 4 && words[0] == "fill")
            return fill(std::stoi(words[1]), std::stoi(words[2]), words[3]);
        if (words.size() == 7 && words[0] == "fetch")
            return fetch(std::stoi(words[1]), words[2], words[3], words[4], std::stoi(words[5]),
                         words[6]);
        if (words.size() == 6 && words[0] == "idle")
            return idle(std::stoi(words[1]), words[2], words[3], words[4], std::stoi(words[5]));
    } catch (const std::exception& error) {
        fmt::print(stderr, "load: {}\n", error.what());
        return 1;
    }
    fmt::print(
        stderr,
        "usage: load deliver PORT CONNECTIONS SECONDS RECIPIENT... | fill PORT COUNT RECIPIENT | "
        "fetch PORT USER PASSWORD MAILBOX RUNS ITEMS | idle PORT USER PASSWORD MAILBOX COUNT\n");
    return 64;
}
