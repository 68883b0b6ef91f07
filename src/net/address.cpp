#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <array>
#include <charconv>
#include <cstring>

namespace rook::net {

namespace {

Result<Address> parse_unix(std::string_view path) {
    Address address;
    auto& un = reinterpret_cast<sockaddr_un&>(address.storage);
    if (path.empty() || path.front() != '/' || path.size() >= sizeof un.sun_path) {
        return fail(Why::BadSyntax,
                    "A Unix socket needs an absolute path of at most 107 bytes, as in "
                    "unix:/run/rookery/lmtp");
    }
    un.sun_family = AF_UNIX;
    std::memcpy(un.sun_path, path.data(), path.size());
    address.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
    address.unix_path = path;
    address.host = path;
    return address;
}

std::string text_of(int family, const void* bytes) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    return ::inet_ntop(family, bytes, text.data(), text.size()) ? text.data() : "?";
}

}  // namespace

Result<Address> parse_address(std::string_view text) {
    if (text.starts_with("unix:")) return parse_unix(text.substr(5));
    const auto bad = [&] {
        return fail(Why::BadSyntax, "\"" + std::string(text) +
                                        "\" is not an address to listen on: write 127.0.0.1:143, "
                                        "[::1]:143 or unix:/path");
    };
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return bad();
    const auto port_text = text.substr(colon + 1);
    std::uint16_t port = 0;
    const auto [end, error] =
        std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
    if (error != std::errc() || end != port_text.data() + port_text.size()) return bad();

    auto host = text.substr(0, colon);
    const bool is_v6 = host.starts_with('[') && host.ends_with(']');
    if (is_v6) host = host.substr(1, host.size() - 2);
    Address address;
    address.host = host;
    address.port = port;
    if (is_v6) {
        auto& in6 = reinterpret_cast<sockaddr_in6&>(address.storage);
        in6.sin6_family = AF_INET6;
        in6.sin6_port = htons(port);
        address.size = sizeof in6;
        if (::inet_pton(AF_INET6, address.host.c_str(), &in6.sin6_addr) != 1) return bad();
    } else {
        auto& in = reinterpret_cast<sockaddr_in&>(address.storage);
        in.sin_family = AF_INET;
        in.sin_port = htons(port);
        address.size = sizeof in;
        if (::inet_pton(AF_INET, address.host.c_str(), &in.sin_addr) != 1) return bad();
    }
    return address;
}

Peer peer_of(const sockaddr_storage& storage) {
    Peer peer;
    if (storage.ss_family == AF_INET) {
        const auto& in = reinterpret_cast<const sockaddr_in&>(storage);
        peer.address = text_of(AF_INET, &in.sin_addr);
        peer.port = ntohs(in.sin_port);
        peer.network = peer.address;
        peer.is_loopback = (ntohl(in.sin_addr.s_addr) >> 24) == 127;
    } else if (storage.ss_family == AF_INET6) {
        const auto& in6 = reinterpret_cast<const sockaddr_in6&>(storage);
        peer.address = text_of(AF_INET6, &in6.sin6_addr);
        peer.port = ntohs(in6.sin6_port);
        in6_addr prefix = in6.sin6_addr;
        std::memset(prefix.s6_addr + 8, 0, 8);
        peer.network = text_of(AF_INET6, &prefix) + "/64";
        peer.is_loopback = IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
    } else {
        peer.address = peer.network = "unix";
        peer.is_loopback = true;
    }
    return peer;
}

}  // namespace rook::net
