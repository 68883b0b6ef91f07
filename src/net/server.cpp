#include "net/server.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <future>
#include <mutex>
#include <utility>

#include "base/sabotage.h"
#include "net/connection.h"
#include "net/listener.h"

namespace rook::net {

namespace {

// Descriptors that the store, the log and the rest may always have, whatever the network does.
constexpr unsigned kReservedDescriptors = 1024;
// So far may the count be above the limit, until those that were ended to make room are gone.
constexpr unsigned kOvershoot = 256;

// A flood must not fill the log.
bool is_worth_a_line(std::uint64_t count) { return count % 100 == 0; }

struct LoopState {
    explicit LoopState(Tick now) : wheel(now) {}
    TimerWheel wheel;
    std::atomic<unsigned> connections{0};
    Loop loop;  // goes first: what it still holds uses the others
};

unsigned raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return static_cast<unsigned>(std::min<rlim_t>(limit.rlim_cur, 1u << 30));
}

Limits with_defaults(Limits limits, unsigned descriptors) {
    if (limits.loops == 0) limits.loops = std::max(1u, std::thread::hardware_concurrency());
    const unsigned reserved = std::min(kReservedDescriptors, descriptors / 4);
    limits.connections = std::min(limits.connections, descriptors - reserved);
    return limits;
}

// Runs it on the loop and waits for its end.
template <class Call>
void wait_for(Loop& loop, Call call) {
    std::promise<void> done;
    loop.post([&] {
        call();
        done.set_value();
    });
    done.get_future().wait();
}

class ServerImpl final : public Server {
public:
    ServerImpl(const Limits& limits, const Clock& clock, Log& log);
    ~ServerImpl() override;

    Result<> load_tls(const std::string& certificate_file, const std::string& key_file) override;
    Result<std::uint16_t> listen(const Endpoint&, SessionFactory) override;
    std::vector<SessionInfo> sessions() const override;
    std::size_t end_sessions(const std::function<bool(const SessionInfo&)>& which,
                             const std::string& reason) override;
    bool hash_lane_full(const std::string& network) const override {
        return workers_.is_full(Lane::Hash, network, limits_.queued_hashes);
    }
    void stop(const std::string& reason, std::chrono::milliseconds patience) override;

private:
    void accepted(int fd, Peer, const std::shared_ptr<const Service>&);
    void begin_connection(LoopState&, int fd, const Peer&, const std::shared_ptr<const Service>&);
    bool make_room(const char* why);
    void refused(int fd, const Peer&, const char* why);
    std::shared_ptr<const TlsContext> tls() const;

    const Limits limits_;
    const Clock& clock_;
    Log& log_;
    Registry registry_;
    std::vector<std::unique_ptr<LoopState>> loops_;
    Workers workers_;
    Core core_;
    std::atomic<std::uint64_t> next_id_{1}, refused_{0}, dropped_{0};
    std::atomic<bool> stopping_{false};
    mutable std::mutex mutex_;               // of the two below
    std::shared_ptr<const TlsContext> tls_;  // shared with handshakes that begin just now
    std::vector<std::shared_ptr<Listener>> listeners_;
};

ServerImpl::ServerImpl(const Limits& limits, const Clock& clock, Log& log)
    : limits_(limits),
      clock_(clock),
      log_(log),
      workers_({limits.short_workers, limits.scan_workers, limits.hash_workers}),
      core_{limits_, clock_, log_, registry_, workers_, [this] { return tls(); }} {
    for (unsigned i = 0; i < limits_.loops; ++i) {
        loops_.push_back(std::make_unique<LoopState>(clock_.tick()));
    }
    for (auto& state : loops_) {
        state->loop.start([this, &wheel = state->wheel] { wheel.advance(clock_.tick()); });
    }
}

ServerImpl::~ServerImpl() {
    stop("the server stops", std::chrono::milliseconds(0));
    // A job that outlived stop() is waited for: it uses what its session points to. Its connection
    // then ends on its loop.
    workers_.stop();
    while (!registry_.wait_until_empty(std::chrono::seconds(1))) {
    }
    for (auto& state : loops_) state->loop.stop();
}

std::shared_ptr<const TlsContext> ServerImpl::tls() const {
    std::lock_guard lock(mutex_);
    return tls_;
}

Result<> ServerImpl::load_tls(const std::string& certificate_file, const std::string& key_file) {
    std::shared_ptr<const TlsContext> loaded = TRY(TlsContext::load(certificate_file, key_file));
    std::lock_guard lock(mutex_);
    tls_.swap(loaded);
    return {};
}

Result<std::uint16_t> ServerImpl::listen(const Endpoint& endpoint, SessionFactory make_session) {
    if (stopping_) return fail(Why::Cannot, "The server is stopping");
    if (endpoint.tls == Tls::Implicit && !tls()) {
        return fail(Why::Cannot, "TLS on " + endpoint.address + " needs a certificate");
    }
    auto service = std::make_shared<const Service>(endpoint, std::move(make_session));
    std::lock_guard lock(mutex_);
    auto& loop = loops_[listeners_.size() % loops_.size()]->loop;
    auto listener = TRY(Listener::open(
        endpoint, loop, log_,
        [this, service](int fd, Peer peer) { accepted(fd, std::move(peer), service); },
        [this] { make_room("no descriptors left"); }));
    listeners_.push_back(listener);
    loop.post([listener] { listener->begin(); });
    return listener->port();
}

void ServerImpl::accepted(int fd, Peer peer, const std::shared_ptr<const Service>& service) {
    const auto open = registry_.size();
    const bool is_room = open < limits_.connections || make_room("connection limit");
    if (stopping_ || !is_room || open >= limits_.connections + kOvershoot) {
        return refused(fd, peer, "connection limit");
    }
    const bool is_counted = peer.network != "unix";
    const unsigned most = is_counted ? limits_.connections_per_network : ~0u;
    if (!registry_.admit(peer.network, most)) return refused(fd, peer, "limit of its network");

    auto& state = **std::ranges::min_element(
        loops_, {}, [](const auto& loop) { return loop->connections.load(); });
    state.connections.fetch_add(1);
    // It goes to the loop with the fewest; everything of it happens there, its making too.
    state.loop.post([this, &state, fd, peer = std::move(peer), service] {
        begin_connection(state, fd, peer, service);
    });
}

void ServerImpl::begin_connection(LoopState& state, int fd, const Peer& peer,
                                  const std::shared_ptr<const Service>& service) {
    std::shared_ptr<Connection> connection;
    try {
        if (stopping_) {
            ::close(fd);
        } else {
            connection.reset(
                new Connection(core_, state.loop, state.wheel, service, fd, peer, next_id_++),
                [&state](Connection* gone) {
                    delete gone;
                    state.connections.fetch_sub(1);
                });
            connection->set_place(registry_.add(connection));
        }
    } catch (const std::exception& e) {
        log_.error("connection-failed", {{"peer", peer.address}, {"what", e.what()}});
        connection.reset();
    }
    if (connection) return connection->begin();
    registry_.forget(peer.network);
    state.connections.fetch_sub(1);
}

bool ServerImpl::make_room(const char* why) {
    if (sabotaged(Sabotage::KeepStrangers)) return false;
    const auto oldest = registry_.take_oldest();
    if (!oldest) return false;
    oldest->end("too many connections");
    if (is_worth_a_line(dropped_++)) {
        log_.warning("connection-dropped",
                     {{"peer", oldest->peer().address}, {"why", why}, {"so-far", dropped_.load()}});
    }
    return true;
}

void ServerImpl::refused(int fd, const Peer& peer, const char* why) {
    if (is_worth_a_line(refused_++)) {
        log_.warning("connection-refused",
                     {{"peer", peer.address}, {"why", why}, {"so-far", refused_.load()}});
    }
    ::close(fd);
}

std::vector<SessionInfo> ServerImpl::sessions() const {
    std::vector<SessionInfo> infos;
    for (const auto& connection : registry_.all()) infos.push_back(connection->info());
    std::ranges::sort(infos, {}, &SessionInfo::id);
    return infos;
}

std::size_t ServerImpl::end_sessions(const std::function<bool(const SessionInfo&)>& which,
                                     const std::string& reason) {
    std::size_t ended = 0;
    for (const auto& connection : registry_.all()) {
        if (!which(connection->info())) continue;
        connection->end(reason);
        ++ended;
    }
    return ended;
}

void ServerImpl::stop(const std::string& reason, std::chrono::milliseconds patience) {
    if (stopping_.exchange(true)) return;
    std::vector<std::shared_ptr<Listener>> listeners;
    {
        std::lock_guard lock(mutex_);
        listeners.swap(listeners_);
    }
    for (const auto& listener : listeners) {
        wait_for(listener->loop(), [&] { listener->close(); });
    }
    // A connection that is being made now is in the registry when its loop has passed this.
    for (const auto& state : loops_) wait_for(state->loop, [] {});
    for (const auto& connection : registry_.all()) connection->end(reason);
    if (registry_.wait_until_empty(patience)) return;
    for (const auto& connection : registry_.all()) connection->cut(reason);
    // All but those whose job still runs are gone in a moment.
    registry_.wait_until_empty(std::chrono::milliseconds(200));
}

}  // namespace

Result<std::unique_ptr<Server>> Server::start(Limits limits, const Clock& clock, Log& log) {
    std::signal(SIGPIPE, SIG_IGN);
    const auto descriptors = raise_descriptor_limit();
    const auto asked = limits.connections;
    limits = with_defaults(limits, descriptors);
    if (limits.connections < asked) {
        log.warning(
            "connection-limit",
            {{"asked", asked}, {"possible", limits.connections}, {"descriptors", descriptors}});
    }
    return std::make_unique<ServerImpl>(limits, clock, log);
}

}  // namespace rook::net
