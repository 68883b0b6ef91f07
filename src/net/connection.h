// One accepted connection: the state between a socket and its Session, and the Session's Link.
//
// Who may touch it: its loop, unless a job was given to a worker; then that worker alone, until it
// hands the connection back by a call posted to the loop. So the two never need a lock. What any
// thread may call (wake, end, info, set_facts) is atomic, or under mutex_. Lifetime: shared
// (net/registry.h says by whom). It outlives its Session, which is destroyed on the loop in
// finish().
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "net/loop.h"
#include "net/registry.h"
#include "net/server.h"
#include "net/session.h"
#include "net/stream.h"
#include "net/timer_wheel.h"
#include "net/workers.h"

namespace rook::net {

// What all connections share.
struct Core {
    const Limits& limits;
    const Clock& clock;
    Log& log;
    Registry& registry;
    Workers& workers;
    // The certificate in use now; null while there is none. Shared by the server and whoever is in
    // a handshake's first step.
    std::function<std::shared_ptr<const TlsContext>()> tls;
};

// What all connections of one listener share, and what it promises to them. Shared by the listener
// and its connections.
struct Service {
    Endpoint endpoint;
    SessionFactory make_session;
};

class Connection final : public Link,
                         public Waiter,
                         public Task,
                         public TimerWheel::Timed,
                         public std::enable_shared_from_this<Connection> {
public:
    // Takes over the descriptor. begin() is called next, on the loop.
    Connection(Core&, Loop&, TimerWheel&, std::shared_ptr<const Service>, int fd, Peer,
               std::uint64_t id);
    ~Connection() override;
    void set_place(Registry::Place place) { place_ = place; }
    void begin();

    // Any thread.
    SessionInfo info() const;
    // Closes without another word, on the loop, as soon as no job runs.
    void cut(std::string reason);

    // Link
    const Peer& peer() const override { return peer_; }
    bool is_tls() const override { return tls_on_.load(std::memory_order_relaxed); }
    bool can_start_tls() const override;
    void write(std::string_view bytes) override;
    void give(std::string bytes) override;
    std::size_t unsent() const override { return output_.size(); }
    void run(Lane, Job) override;
    void start_tls() override;
    void close() override { close_asked_ = true; }
    void set_timeout(std::chrono::seconds) override;
    void set_deadline(std::chrono::seconds) override;
    void hold(std::chrono::milliseconds) override;
    void wake() override;
    void end(std::string reason) override;
    void set_facts(SessionFacts) override;

    // Waiter, TimerWheel::Timed: on the loop.
    void readable() override;
    void writable() override;
    void expired() override;
    // Task
    bool work() override;
    void abandoned() override;
    const std::string& turn_of() const override { return peer_.network; }

private:
    enum class Phase : std::uint8_t {
        Fresh,
        Handshake,
        Open,
        Flushing,   // the session has said its last word
        Lingering,  // the session is gone; what the peer still sends is thrown away, so that it
                    // reads our last word
        Closed,
    };

    // Does everything that can be done now, and waits for what is missing.
    void proceed();
    // One thing; false when there is nothing but to wait.
    bool advance();
    bool advance_open();
    bool advance_flushing();
    bool advance_handshake();
    bool advance_lingering();
    bool obey_cut();
    bool may_feed() const;
    bool waits_for_peer() const;
    std::size_t room_for_input() const;
    bool is_held();
    bool feed(std::string_view& input);
    bool feed_kept();
    void keep(std::string_view input);
    bool receive();
    void wait_for_more();
    void flush();
    void begin_handshake();
    void open_session();
    template <class Call>
    void enter(Call&&);
    void break_session(const std::string& what);
    void time_out();
    void begin_flushing(std::string reason);
    enum class Manner : std::uint8_t { Gently, AtOnce };
    void finish(std::string reason, Manner = Manner::AtOnce);
    void close_descriptor();
    void log_end(const std::string& reason);
    void arm_read();
    void arm_write();
    void reschedule();
    Tick now() const { return core_.clock.tick(); }

    Core& core_;
    Loop& loop_;
    TimerWheel& wheel_;
    const std::shared_ptr<const Service> service_;
    Descriptor descriptor_;
    Stream stream_;
    const Peer peer_;
    const std::uint64_t id_;
    const Tick began_;
    Registry::Place place_;

    std::unique_ptr<Session> session_;
    std::string input_;            // read and not yet taken; empty nearly always
    std::size_t input_taken_ = 0;  // of its front
    Output output_;
    Job job_;
    std::string failure_;  // what a step threw
    std::string reason_;   // why it ends

    Tick deadline_{};     // of the handshake or the linger
    Tick timeout_at_{};   // the session's, while it waits for input
    Tick progress_at_{};  // output was last taken, or began to wait
    Tick held_until_{};
    std::chrono::seconds timeout_{0};
    std::chrono::milliseconds hold_asked_{0};

    Phase phase_ = Phase::Fresh;
    Lane lane_ = Lane::Short;
    bool on_worker_ =
        false;  // the loop's own note: everything else is the worker's while it is set
    bool abandoned_ = false, write_failed_ = false;
    bool close_asked_ = false, start_tls_asked_ = false, input_discarded_ = false;
    bool timeout_anew_ = false, timeout_is_deadline_ = false;
    bool eof_ = false;
    bool starved_ = false;     // the session wants more input than there is
    bool unanswered_ = false;  // bytes have come and none have gone out since
    bool has_read_ = false;    // once a turn, so that others have theirs
    unsigned steps_ = 0;       // in this turn, for the same reason
    // The loop's, always:
    bool readable_ = false, read_armed_ = false, write_armed_ = false, wake_due_ = false;

    std::atomic<bool> logged_in_{false};  // as set_facts() said: a stranger gets less memory
    std::atomic<bool> tls_on_{false}, wake_pending_{false}, end_asked_{false}, cut_asked_{false};
    std::atomic<std::uint64_t> bytes_in_{0}, bytes_out_{0};
    mutable std::mutex mutex_;
    SessionFacts facts_;  // under mutex_
    // Written once, under mutex_, before the flag of their name is set; after that read by the loop
    // without it.
    std::string end_reason_, cut_reason_;
    Tick end_by_{};
};

}  // namespace rook::net
