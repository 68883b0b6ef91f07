// What a protocol and a connection know of each other. A protocol is a Session: bytes come in by
// feed(), bytes go out through its Link. Neither side knows a socket; tests drive a Session with a
// fake Link (tests/talk).
//
// Threads: a Session is entered by one thread at a time. Its loop calls start, feed, woken,
// timed_out, tls_started; a worker runs the
//          job that the session asked for with Link::run(). While a job runs (or waits for its
//          output to drain) the session is busy and the loop calls nothing but Link's own
//          bookkeeping. Link::wake() and Link::end() may be called by any thread.
// Lifetime: net/ owns the Session and destroys it, when no job of it runs, after the connection has
// ended. The Link outlives its Session.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/ids.h"

namespace rook::net {

// Which workers run a job. Each lane has its own cap (docs/architecture.md 2).
enum class Lane : std::uint8_t {
    Short,  // ordinary commands: they read and write the store
    Scan,   // searches over bodies
    Hash,   // password hashing
};

// What a step of a job says. The steps of one job run one after another, never at once.
enum class Step : std::uint8_t {
    Done,  // the command is over; what it wrote is flushed and the next input is fed
    More,  // call again when the unsent output has fallen below 64 KB
};
using Job = std::function<Step()>;

// Who is on the other side. Fixed when the connection is accepted.
struct Peer {
    std::string address;       // "192.0.2.1", "2001:db8::1" or "unix"
    std::uint16_t port = 0;    // 0 for a Unix socket
    std::string network;       // what limits count by: the address, its /64 for IPv6, "unix"
    bool is_loopback = false;  // 127.0.0.0/8, ::1 or a Unix socket
};

// What `rookery sessions` shows of a session; set by the session, read by any thread.
struct SessionFacts {
    std::string user;    // the account's address once logged in
    AccountId account;   // 0 before login
    std::string client;  // what the client said it is (IMAP ID, EHLO name)
    std::string state;   // "selected INBOX", "idle"
};

// The session's side of its connection. All of it, but wake() and end(), is for the thread that is
// in the session.
class Link {
public:
    virtual ~Link() = default;

    virtual const Peer& peer() const = 0;
    virtual bool is_tls() const = 0;
    // TLS can be started: a certificate is configured and it is not on yet.
    virtual bool can_start_tls() const = 0;

    // Appends to the output; sent when the current call or step returns.
    virtual void write(std::string_view bytes) = 0;
    // The same without a copy when they are many.
    virtual void give(std::string bytes) { write(bytes); }
    // Bytes written and not yet taken by the socket.
    virtual std::size_t unsent() const = 0;

    // Makes the session busy and hands the job to a worker. At most one job at a time; call as the
    // last thing in feed() or woken(), or in a step that returns Done: the next job, on another
    // lane. An exception out of a step goes to Session::broken().
    virtual void run(Lane, Job) = 0;

    // After the output is flushed: throws away every input byte already received (RFC 9051 11.1:
    // nothing read before TLS survives it), does the handshake and calls Session::tls_started().
    // Call as the last thing in feed().
    virtual void start_tls() = 0;

    // Flushes the output and closes. Nothing is fed after it.
    virtual void close() = 0;

    // Calls Session::timed_out() unless it is set anew before. Counted while waiting for input
    // only: begun anew when a job ends.
    virtual void set_timeout(std::chrono::seconds) = 0;
    // The same, counted from now on whatever happens: a job does not begin it anew, and input that
    // keeps coming does not put it off. For what must be done within a time, as a login.
    virtual void set_deadline(std::chrono::seconds) = 0;

    // Holds back what this call writes, and the input after it, for that long: the delay after a
    // wrong password. Takes no thread.
    virtual void hold(std::chrono::milliseconds) = 0;

    // Any thread: calls Session::woken() soon, on the loop, when the session is not busy. Several
    // calls may become one. Harmless after the end.
    virtual void wake() = 0;

    // Any thread: ends the session as soon as it is not busy, through Session::ending(reason). For
    // kick, a changed password, shutdown. An answer whose reader is slow gets two seconds more;
    // then the connection closes without ending(): a goodbye inside a literal would be taken for
    // mail.
    virtual void end(std::string reason) = 0;

    virtual void set_facts(SessionFacts) = 0;
};

class Session {
public:
    virtual ~Session() = default;

    // The connection is open (with TLS done, on an implicit-TLS port): send the greeting.
    virtual void start() = 0;

    // Takes what it can use from the front of `input` and returns how many bytes it took. It is
    // called again with the rest, and what has come since, as long as it took something, is not
    // busy and has not closed; a session that needs a longer line takes 0 and is called when more
    // is there. `input` is at most 64 KB (kMaxInput): a session that takes 0 of a full buffer must
    // answer and close, or it is closed.
    virtual std::size_t feed(std::string_view input) = 0;

    virtual void woken() {}
    virtual void tls_started() {}
    // The timeout has passed: say goodbye in the protocol's words; the connection closes after it.
    virtual void timed_out() = 0;
    // Somebody ends this session (Link::end): say goodbye; the connection closes after it.
    virtual void ending(std::string_view reason) = 0;
    // A job or callback threw: a bug. Say BYE or 421 or -ERR; the connection closes after it.
    virtual void broken() = 0;
    // The peer is gone (reset, closed, or we closed). Nothing can be written any more. Called once,
    // last, when no job runs.
    virtual void closed() {}

    // For the log's line at the end: "imap", "pop3", "lmtp", "submission".
    virtual std::string_view protocol() const = 0;
    // Added to that line as counts: what happened in it ("fetched=12 appended=1"), logfmt pairs; no
    // secrets.
    virtual std::string summary() const { return {}; }
};

constexpr std::size_t kMaxInput = 64 * 1024;
constexpr std::size_t kLowWater =
    64 * 1024;  // a job's next step runs below this much unsent output
constexpr std::size_t kStepBytes =
    256 * 1024;  // about how much a step should write before it returns More

// A job that checks a password: in the Hash lane when it `must_hash`, which is asked on a Short
// worker; if not, there and then.
inline void run_login(Link& link, std::function<bool()> must_hash, Job job) {
    link.run(Lane::Short, [&link, must_hash = std::move(must_hash), job = std::move(job)] {
        if (!must_hash()) return job();
        link.run(Lane::Hash, job);
        return Step::Done;
    });
}

// Makes the session of a new connection. One per listener.
using SessionFactory = std::function<std::unique_ptr<Session>(Link&)>;

}  // namespace rook::net
