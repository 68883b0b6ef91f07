#include "net/listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace rook::net {

namespace {

constexpr int kBacklog = 4096;
constexpr int kAcceptsAtOnce = 64;
constexpr std::chrono::milliseconds kBackOff{100};
// Of our output in the kernel, beyond what is on its way: it would take 3 MB for a peer that reads
// nothing, and what is here is counted with us.
constexpr int kMostNotSent = 256 * 1024;

// Closes unless released.
struct Fd {
    int fd;
    ~Fd() {
        if (fd >= 0) ::close(fd);
    }
    int release() { return std::exchange(fd, -1); }
};

std::unexpected<Error> cannot_listen(const Address& address, int error) {
    const std::string where = address.unix_path.empty()
                                  ? "Port " + std::to_string(address.port) + " on " + address.host
                                  : "The Unix socket " + address.unix_path;
    switch (error) {
        case EADDRINUSE:
            return fail(Why::Busy, where + " is taken by another program");
        case EACCES:
        case EPERM:
            return fail(Why::Denied, where + " may not be opened by this user");
        case EADDRNOTAVAIL:
            return fail(Why::NotFound, "This machine has no address " + address.host);
        case ENOENT:
            return fail(Why::NotFound, where + " cannot be made: its folder does not exist");
        default:
            return fail(Why::Io, where + " cannot be opened: " + std::strerror(error));
    }
}

// A socket file that nobody listens on is what a killed server left. Anything else is not ours to
// remove.
Result<> remove_stale(const Address& address) {
    struct stat info{};
    if (::lstat(address.unix_path.c_str(), &info) != 0) return {};
    if (!S_ISSOCK(info.st_mode)) {
        return fail(Why::Exists, address.unix_path + " exists and is not a socket");
    }
    Fd probe{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (probe.fd < 0) return cannot_listen(address, errno);
    if (::connect(probe.fd, reinterpret_cast<const sockaddr*>(&address.storage), address.size) ==
            0 ||
        errno != ECONNREFUSED) {
        return cannot_listen(address, EADDRINUSE);
    }
    if (::unlink(address.unix_path.c_str()) != 0) return cannot_listen(address, errno);
    return {};
}

Result<int> bind_socket(const Address& address) {
    const bool is_unix = !address.unix_path.empty();
    if (is_unix) TRY(remove_stale(address));
    const int family = address.storage.ss_family;
    Fd fd{::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (fd.fd < 0) return cannot_listen(address, errno);
    const int on = 1;
    if (!is_unix) ::setsockopt(fd.fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    // So that 0.0.0.0 and [::] can both be listened on.
    if (family == AF_INET6) ::setsockopt(fd.fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (::bind(fd.fd, reinterpret_cast<const sockaddr*>(&address.storage), address.size) != 0) {
        return cannot_listen(address, errno);
    }
    return fd.release();
}

Result<int> open_socket(const Endpoint& endpoint, const Address& address) {
    Fd fd{endpoint.bound >= 0 ? endpoint.bound : TRY(bind_socket(address))};
    // Before listen(): nobody can connect under the wrong mode.
    if (!address.unix_path.empty() && ::chmod(address.unix_path.c_str(), endpoint.unix_mode) != 0) {
        return cannot_listen(address, errno);
    }
    if (::listen(fd.fd, kBacklog) != 0) return cannot_listen(address, errno);
    return fd.release();
}

std::uint16_t port_of(int fd) {
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) != 0) return 0;
    if (bound.ss_family == AF_INET) return ntohs(reinterpret_cast<sockaddr_in&>(bound).sin_port);
    if (bound.ss_family == AF_INET6) return ntohs(reinterpret_cast<sockaddr_in6&>(bound).sin6_port);
    return 0;
}

}  // namespace

Result<BoundSockets> bind_privileged(const std::vector<std::string>& addresses) {
    BoundSockets bound;
    for (auto& text : addresses) {
        const auto address = TRY(parse_address(text));
        const bool is_tcp = address.unix_path.empty();
        if (is_tcp && address.port > 0 && address.port < IPPORT_RESERVED) {
            bound[text] = TRY(bind_socket(address));
        }
    }
    return bound;
}

Result<std::shared_ptr<Listener>> Listener::open(const Endpoint& endpoint, Loop& loop, Log& log,
                                                 Accepted accepted,
                                                 OutOfDescriptors out_of_descriptors) {
    auto address = TRY(parse_address(endpoint.address));
    const int fd = TRY(open_socket(endpoint, address));
    return std::shared_ptr<Listener>(new Listener(
        fd, std::move(address), loop, log, std::move(accepted), std::move(out_of_descriptors)));
}

Listener::Listener(int fd, Address address, Loop& loop, Log& log, Accepted accepted,
                   OutOfDescriptors out_of_descriptors)
    : descriptor_(loop, fd),
      address_(std::move(address)),
      port_(port_of(fd)),
      loop_(loop),
      log_(log),
      accepted_(std::move(accepted)),
      out_of_descriptors_(std::move(out_of_descriptors)) {}

Listener::~Listener() = default;

void Listener::begin() { descriptor_.wait_readable(shared_from_this()); }

void Listener::close() {
    if (std::exchange(closed_, true)) return;
    descriptor_.close();
    if (!address_.unix_path.empty()) ::unlink(address_.unix_path.c_str());
}

void Listener::readable() {
    if (closed_) return;
    for (int i = 0; i < kAcceptsAtOnce; ++i) {
        sockaddr_storage from{};
        socklen_t size = sizeof from;
        const int fd = ::accept4(descriptor_.fd(), reinterpret_cast<sockaddr*>(&from), &size,
                                 SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            const int error = errno;
            if (error == EAGAIN) break;
            // EMFILE, ENFILE, ENOBUFS, ENOMEM: trying again at once would spin.
            if (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM) {
                return back_off(error);
            }
            continue;  // what was wrong with that one connection (ECONNABORTED...)
        }
        const int on = 1;
        if (address_.unix_path.empty()) {
            ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
            ::setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kMostNotSent, sizeof kMostNotSent);
        } else {
            from.ss_family = AF_UNIX;
        }
        accepted_(fd, peer_of(from));
    }
    begin();
}

void Listener::back_off(int error) {
    if (back_offs_++ % 100 == 0) {
        log_.warning(
            "accept-back-off",
            {{"address", address_.host}, {"port", port_}, {"error", std::strerror(error)}});
    }
    out_of_descriptors_();
    loop_.after(kBackOff, [self = shared_from_this()] {
        if (!self->closed_) self->readable();
    });
}

}  // namespace rook::net
