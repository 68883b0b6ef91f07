#include "load/connection.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace rook::bench {
namespace {

constexpr std::size_t kFirstBuffer = 16 * 1024;
constexpr std::size_t kBusyBuffer = 1 << 20;

// Called by OpenSSL when a session arrives, which with TLS 1.3 is after the handshake.
int keep_session(SSL* ssl, SSL_SESSION* session) {
    auto* ticket = static_cast<Ticket*>(SSL_get_app_data(ssl));
    if (!ticket) return 0;
    SSL_SESSION_free(ticket->session);
    ticket->session = session;
    return 1;
}

SSL_CTX* context() {
    static SSL_CTX* shared = [] {
        auto* made = SSL_CTX_new(TLS_client_method());
        SSL_CTX_set_session_cache_mode(made,
                                       SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
        SSL_CTX_sess_set_new_cb(made, keep_session);
        return made;
    }();
    return shared;
}

}  // namespace

Ticket::~Ticket() { SSL_SESSION_free(session); }

Connection::Connection(int port, Security security, Ticket* ticket)
    : fd_(socket(AF_INET, SOCK_STREAM, 0)), buffer_(kFirstBuffer) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
        close(fd_);
        throw std::runtime_error(fmt::format("cannot connect: {}", std::strerror(errno)));
    }
    int on = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (security == Security::Tls) handshake(ticket);
}

Connection::~Connection() {
    if (ssl_) {
        SSL_shutdown(ssl_);
        SSL_free(ssl_);
    }
    close(fd_);
}

void Connection::handshake(Ticket* ticket) {
    ssl_ = SSL_new(context());
    SSL_set_fd(ssl_, fd_);
    if (ticket && ticket->wanted) {
        SSL_set_app_data(ssl_, ticket);
        if (ticket->session) SSL_set_session(ssl_, ticket->session);
    }
    if (SSL_connect(ssl_) != 1) {
        SSL_free(ssl_);
        close(fd_);
        throw std::runtime_error("the TLS handshake failed");
    }
}

void Connection::hang_up() { shutdown(fd_, SHUT_RDWR); }

bool Connection::resumed() const { return ssl_ && SSL_session_reused(ssl_) == 1; }

void Connection::send(std::string_view bytes) {
    while (!bytes.empty()) {
        auto n = ssl_ ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                      : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n <= 0) throw std::runtime_error("the server closed");
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
}

void Connection::fill() {
    if (begin_ == end_) begin_ = end_ = 0;
    if (end_ == buffer_.size()) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
        // Idle connections keep the small one; those that carry mail soon have the large one.
        if (end_ > buffer_.size() / 2)
            buffer_.resize(std::max<std::size_t>(buffer_.size() * 2, kBusyBuffer));
    }
    auto room = buffer_.size() - end_;
    auto n = ssl_ ? SSL_read(ssl_, buffer_.data() + end_, static_cast<int>(room))
                  : recv(fd_, buffer_.data() + end_, room, 0);
    if (n <= 0) throw std::runtime_error("the server closed");
    end_ += static_cast<std::size_t>(n);
    received_ += static_cast<std::uint64_t>(n);
}

std::string_view Connection::line() {
    for (std::size_t looked = 0;;) {
        const auto* start = buffer_.data() + begin_;
        const auto* found =
            static_cast<const char*>(std::memchr(start + looked, '\n', end_ - begin_ - looked));
        if (found) {
            std::string_view out(start, static_cast<std::size_t>(found - start));
            begin_ += out.size() + 1;
            if (out.ends_with('\r')) out.remove_suffix(1);
            return out;
        }
        looked = end_ - begin_;
        fill();
    }
}

void Connection::skip(std::uint64_t n) {
    for (;;) {
        auto here = std::min<std::uint64_t>(n, end_ - begin_);
        begin_ += static_cast<std::size_t>(here);
        n -= here;
        if (n == 0) return;
        if (buffer_.size() < kBusyBuffer) buffer_.resize(kBusyBuffer);
        fill();
    }
}

void Connection::expect(std::string_view code) {
    for (;;) {
        auto got = line();
        if (!got.starts_with(code))
            throw std::runtime_error(fmt::format("wanted {}, got {}", code, got));
        if (got.size() < 4 || got[3] != '-') return;
    }
}

}  // namespace rook::bench
