// A Link with no socket behind it, for tests of protocols: it drives one Session by hand, in the
// calling thread, by the same rules as a real connection (net/connection.cpp).
//
//     FakeLink link(factory);
//     link.start();
//     link.send("a NOOP\r\n");
//     EXPECT_EQ(link.take_output(), ...);
//
// Used by: tests of imap, pop3, smtp; tests/talk.
// Threads: the test's own, but wake() and end(), which any thread may call; they take effect in
// deliver_wakes().
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/session.h"

namespace rook::net {

class FakeLink final : public Link {
public:
    // "127.0.0.1", a loopback peer.
    static Peer loopback_peer();

    // Makes the session at once, but does not start() it, so that a test can change what it will
    // see first.
    explicit FakeLink(const SessionFactory& make_session, Peer peer = loopback_peer());
    // The peer goes away: closed() is called unless it was.
    ~FakeLink() override;
    FakeLink(const FakeLink&) = delete;
    FakeLink& operator=(const FakeLink&) = delete;

    // What the server side would do.
    void start();
    // Bytes arrive. They are fed as the contract says, jobs run here and now, step after step, and
    // what is left over is kept for the next send(). Bytes sent while the session is busy
    // (pause_jobs) or closed are kept, or dropped.
    void send(std::string_view bytes);
    // Calls woken() if wake() was called since, and ending() if end() was. Does nothing while the
    // session is busy. True when it called something.
    bool deliver_wakes();
    // The timeout passes: timed_out(), then closed.
    void time_out();
    // The peer closes its side; input not yet taken is lost.
    void hang_up();

    // Everything written since the last call.
    std::string take_output();
    bool is_closed() const { return closed_; }
    bool is_busy() const { return job_ != nullptr; }
    bool has_wake() const { return woken_.load(); }
    // What a line in the server's log would hold; empty when all was well.
    const std::string& broken_by() const { return broken_by_; }
    // The lane of the last job; empty when there was none.
    std::optional<Lane> last_lane() const { return last_lane_; }
    // How many jobs were run, and how many steps.
    int jobs() const { return jobs_; }
    int steps() const { return steps_; }
    std::optional<std::chrono::seconds> timeout() const { return timeout_; }
    // The sum of all hold()s; a FakeLink holds nothing back.
    std::chrono::milliseconds held() const { return held_; }
    SessionFacts facts() const;
    std::string_view unfed() const { return input_; }
    Session& session() { return *session_; }

    void set_tls(bool on) { tls_ = on; }
    void set_can_start_tls(bool can) { can_start_tls_ = can; }

    // From now on a job waits for step(): for tests of what happens between two steps, or while a
    // command runs.
    void pause_jobs() { paused_ = true; }
    // One step of the waiting job. True while the job goes on.
    bool step();
    // The waiting job runs to its end, and later ones at once.
    void resume_jobs();

    // Link, for the session.
    const Peer& peer() const override { return peer_; }
    bool is_tls() const override { return tls_; }
    bool can_start_tls() const override { return can_start_tls_ && !tls_; }
    void write(std::string_view bytes) override;
    // Bytes written in this call or step: the fake peer reads everything at once after it.
    std::size_t unsent() const override { return unsent_; }
    void run(Lane, Job) override;
    void start_tls() override { start_tls_asked_ = true; }
    void close() override { close_asked_ = true; }
    void set_timeout(std::chrono::seconds) override;
    void set_deadline(std::chrono::seconds time) override { set_timeout(time); }
    void hold(std::chrono::milliseconds time) override { held_ += time; }
    void wake() override { woken_ = true; }
    void end(std::string reason) override;
    void set_facts(SessionFacts) override;

private:
    template <class Call>
    void enter(Call&&);
    void after_call();
    void feed_all();
    void take_step();
    void break_session(const char* what);
    void finish();

    const Peer peer_;
    std::unique_ptr<Session> session_;
    std::string input_, output_, broken_by_;
    std::size_t unsent_ = 0;
    Job job_;
    std::optional<Lane> last_lane_;
    int jobs_ = 0, steps_ = 0;
    bool tls_ = false, can_start_tls_ = false;
    bool paused_ = false, feeding_ = false;
    bool start_tls_asked_ = false, close_asked_ = false, closed_ = false;
    std::optional<std::chrono::seconds> timeout_;
    std::chrono::milliseconds held_{0};
    std::atomic<bool> woken_{false};
    mutable std::mutex mutex_;  // of the two below
    std::optional<std::string> end_reason_;
    SessionFacts facts_;
};

}  // namespace rook::net
