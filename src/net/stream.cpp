#include "net/stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace rook::net {

namespace {
constexpr std::size_t kBlocksAtOnce = 16;
constexpr std::size_t kMostDiscarded = 1024 * 1024;
}  // namespace

IoResult Stream::failed() {
    if (errno == EAGAIN || errno == EWOULDBLOCK) return {Io::WantRead};
    if (errno == ECONNRESET || errno == EPIPE) return {Io::Eof};
    error_ = std::strerror(errno);
    return {Io::Failed};
}

IoResult Stream::read(char* to, std::size_t room) {
    if (!tls_) {
        const auto got = ::recv(fd_, to, room, MSG_DONTWAIT);
        if (got > 0) return {Io::Done, static_cast<std::size_t>(got)};
        return got == 0 ? IoResult{Io::Eof} : failed();
    }
    // A record is at most 16 KB; take as many as there are.
    if (after_bytes_) return {*after_bytes_};
    std::size_t total = 0;
    while (total < room) {
        const auto result = tls_->read(to + total, room - total);
        if (result.io != Io::Done) {
            if (total == 0) return result;
            if (result.io == Io::Eof || result.io == Io::Failed) after_bytes_ = result.io;
            break;
        }
        total += result.bytes;
        if (!tls_->has_buffered()) break;
    }
    return {Io::Done, total};
}

IoResult Stream::write(Output& output) {
    std::size_t total = 0;
    while (!output.is_empty()) {
        if (tls_) {
            const auto result = tls_->write(output.block(0));
            if (result.io != Io::Done) return {result.io, total};
            output.consume(result.bytes);
            total += result.bytes;
            continue;
        }
        std::array<iovec, kBlocksAtOnce> blocks{};
        std::size_t count = 0, offered = 0;
        for (; count < kBlocksAtOnce; ++count) {
            const auto block = output.block(count);
            if (block.empty()) break;
            blocks[count] = {const_cast<char*>(block.data()), block.size()};
            offered += block.size();
        }
        msghdr message{};
        message.msg_iov = blocks.data();
        message.msg_iovlen = count;
        const auto sent = ::sendmsg(fd_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0) {
            auto result = failed();
            if (result.io == Io::WantRead) result.io = Io::WantWrite;
            return {result.io, total};
        }
        output.consume(static_cast<std::size_t>(sent));
        total += static_cast<std::size_t>(sent);
        if (static_cast<std::size_t>(sent) < offered) return {Io::WantWrite, total};
    }
    return {Io::Done, total};
}

bool Stream::discard_input() {
    std::array<char, 4096> nowhere;
    std::size_t total = 0;
    while (total < kMostDiscarded) {
        const auto got = ::recv(fd_, nowhere.data(), nowhere.size(), MSG_DONTWAIT);
        if (got <= 0) return true;
        total += static_cast<std::size_t>(got);
    }
    return false;
}

void Stream::acknowledge() {
    const int on = 1;
    // Fails on a Unix socket, which has nothing to acknowledge.
    ::setsockopt(fd_, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

void Stream::say_goodbye() {
    if (tls_) tls_->say_goodbye();
    ::shutdown(fd_, SHUT_WR);
}

}  // namespace rook::net
