// Listeners, connections, TLS, timers and workers: everything between a socket and a Session.
//
// Owned by: server/wiring; one a process.
// Threads:  listen, reload_tls, sessions, kick and stop from any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/result.h"
#include "net/session.h"

namespace rook::net {

struct Limits {
    unsigned loops = 0;           // network threads; 0: one a core
    unsigned short_workers = 64;  // they wait for the disk, so that commits group
    unsigned scan_workers = 2;
    unsigned hash_workers = 2;
    unsigned queued_hashes = 64;    // Server::hash_lane_full()
    unsigned connections = 20'000;  // all listeners together; the oldest not logged in goes first
    unsigned connections_per_network = 200;    // one address, or one IPv6 /64; not for Unix sockets
    std::chrono::seconds handshake{30};        // TLS handshake must end in
    std::chrono::seconds stalled_output{300};  // no byte taken by the peer while output waits
};

enum class Tls : std::uint8_t { None, Implicit, StartTls };

struct Endpoint {
    std::string address;  // "127.0.0.1:1143", "[::1]:1143" or "unix:/path"
    Tls tls = Tls::None;
    // The name in logs and in `sessions`; a TLS ticket is good for one protocol only.
    std::string protocol;
    unsigned unix_mode = 0600;  // who may connect to a Unix socket
    int bound = -1;             // its socket, when it is bound already: bind_privileged()
};

// Binds those of the addresses that only a privileged process may (TCP ports below 1024), so that
// the right to can be given up before the server starts. The sockets, by address.
using BoundSockets = std::map<std::string, int, std::less<>>;
Result<BoundSockets> bind_privileged(const std::vector<std::string>& addresses);

struct SessionInfo {
    std::uint64_t id;
    std::string protocol;
    Peer peer;
    bool tls;
    std::chrono::seconds age;
    std::uint64_t bytes_in, bytes_out;
    SessionFacts facts;
};

class Server {
public:
    // Raises the descriptor limit as far as it goes and ignores SIGPIPE.
    static Result<std::unique_ptr<Server>> start(Limits, const Clock&, Log&);
    virtual ~Server() = default;

    // Certificate chain and key, PEM files. Call before listen() with Tls, and again to reload: new
    // handshakes use the new ones; when they do not load, the old stay and the error says which
    // file and why.
    virtual Result<> load_tls(const std::string& certificate_file, const std::string& key_file) = 0;

    // Accepts at once. Busy with a plain sentence when the port is taken. Returns the port (for
    // ":0").
    virtual Result<std::uint16_t> listen(const Endpoint&, SessionFactory) = 0;

    virtual std::vector<SessionInfo> sessions() const = 0;
    // Ends those for which `which` is true; returns how many.
    virtual std::size_t end_sessions(const std::function<bool(const SessionInfo&)>& which,
                                     const std::string& reason) = 0;

    // True when a login from there should be refused unhashed: queued_hashes wait that came from
    // there, or there are as many places with one that waits. So a flood from one place fills the
    // lane for itself only, as it delays itself only.
    virtual bool hash_lane_full(const std::string& network) const = 0;

    // Stops accepting, ends every session with `reason`, waits for running jobs and flushes, at
    // most `patience`; then closes the rest. Once. A session whose job runs on all the same lives
    // until the job ends; the destructor waits for it.
    virtual void stop(const std::string& reason, std::chrono::milliseconds patience) = 0;
};

}  // namespace rook::net
