#include "net/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <utility>

#include "base/check.h"
#include "base/sabotage.h"

namespace rook::net {

namespace {

// How long a peer may take nothing of our last words, and may go on sending after them.
constexpr std::chrono::seconds kLastWordPatience{10};
constexpr std::chrono::seconds kLinger{1};
constexpr std::size_t kInputGrain = 4096;
// A peer that has not logged in and reads no answers shall hold less than 64 KB: so much may wait
// before it is fed no more, and so much is read at once.
constexpr std::size_t kStrangersLowWater = 16 * 1024, kStrangersInput = 24 * 1024;
// What a session is fed in one turn of its loop: who sends a thousand commands at once gives way
// to the others in between.
constexpr unsigned kStepsATurn = 16;

}  // namespace

Connection::Connection(Core& core, Loop& loop, TimerWheel& wheel,
                       std::shared_ptr<const Service> service, int fd, Peer peer, std::uint64_t id)
    : core_(core),
      loop_(loop),
      wheel_(wheel),
      service_(std::move(service)),
      descriptor_(loop, fd),
      stream_(fd),
      peer_(std::move(peer)),
      id_(id),
      began_(now()) {}

Connection::~Connection() = default;

void Connection::begin() {
    if (service_->endpoint.tls == Tls::Implicit) {
        begin_handshake();
    } else {
        open_session();
    }
    proceed();
}

void Connection::proceed() {
    if (on_worker_ || phase_ == Phase::Fresh) return;
    has_read_ = false;
    steps_ = 0;
    try {
        while (advance()) {
        }
        if (!on_worker_) reschedule();
    } catch (const std::exception& e) {
        // Not the session's doing: no memory, or no room in the loop.
        core_.log.error("connection-failed", {{"peer", peer_.address}, {"what", e.what()}});
        if (!on_worker_) finish(e.what());
    }
}

bool Connection::advance() {
    if (cut_asked_ && obey_cut()) return false;
    switch (phase_) {
        case Phase::Fresh:
        case Phase::Closed:
            return false;
        case Phase::Handshake:
            return advance_handshake();
        case Phase::Open:
            return advance_open();
        case Phase::Flushing:
            return advance_flushing();
        case Phase::Lingering:
            return advance_lingering();
    }
    return false;
}

bool Connection::obey_cut() {
    if (phase_ == Phase::Closed) return true;
    finish(cut_reason_);
    return true;
}

bool Connection::advance_open() {
    if (abandoned_) return finish("the server stops"), false;
    if (!failure_.empty()) {
        break_session(std::exchange(failure_, {}));
        return true;
    }
    if (start_tls_asked_ && !std::exchange(input_discarded_, true)) {
        // Before our answer goes out, so that nothing of the peer's handshake is lost: what is here
        // now was sent in clear.
        if (!sabotaged(Sabotage::KeepPlaintext)) keep({});
        if (!stream_.discard_input()) return finish("too much sent before TLS"), false;
    }
    if (is_held()) return false;
    flush();
    if (write_failed_) return finish("the peer is gone"), false;
    if (!output_.is_empty()) arm_write();
    if (close_asked_) return begin_flushing("closed by the session"), true;
    if (start_tls_asked_) {
        if (!output_.is_empty()) return false;
        begin_handshake();
        return true;
    }
    if ((job_ || waits_for_peer()) && end_asked_ && now() >= end_by_) {
        return finish(end_reason_), false;
    }
    if (waits_for_peer()) return false;
    if (job_) {
        on_worker_ = true;
        if (!timeout_is_deadline_) timeout_anew_ = true;
        core_.workers.submit(lane_, shared_from_this());
        return false;
    }
    if (end_asked_) {
        enter([&] { session_->ending(end_reason_); });
        begin_flushing(end_reason_);
        return true;
    }
    if (wake_due_) {
        wake_due_ = false;
        wake_pending_ = false;  // before the call: what changes during it wakes anew
        starved_ = false;
        enter([&] { session_->woken(); });
        return true;
    }
    // A peer that never stops talking is never waited for.
    if (timeout_is_deadline_ && now() >= timeout_at_) return time_out(), true;
    if (steps_ >= kStepsATurn) {
        loop_.post([self = shared_from_this()] { self->proceed(); });
        return false;
    }
    if (feed_kept()) return true;
    if (eof_) return begin_flushing("closed by the peer"), true;
    return receive();
}

bool Connection::is_held() {
    if (hold_asked_.count() > 0) {
        held_until_ = now() + std::exchange(hold_asked_, std::chrono::milliseconds(0));
    }
    if (held_until_ == Tick{}) return false;
    if (now() < held_until_ && !end_asked_) return true;
    held_until_ = {};
    return false;
}

bool Connection::may_feed() const {
    return phase_ == Phase::Open && !job_ && !close_asked_ && !start_tls_asked_ &&
           hold_asked_.count() == 0 && !waits_for_peer();
}

bool Connection::waits_for_peer() const {
    return output_.size() >= (logged_in_ ? kLowWater : kStrangersLowWater);
}

std::size_t Connection::room_for_input() const {
    const auto room = kMaxInput - input_.size();
    return logged_in_ ? room : std::min(room, kStrangersInput);
}

bool Connection::feed(std::string_view& input) {
    if (input.empty() || starved_ || !may_feed() || steps_ >= kStepsATurn) return false;
    ++steps_;
    std::size_t took = 0;
    enter([&] {
        took = session_->feed(input);
        CHECK(took <= input.size());
    });
    if (phase_ != Phase::Open) return false;
    starved_ = took == 0;
    input.remove_prefix(took);
    return took > 0;
}

bool Connection::feed_kept() {
    if (input_.empty()) return false;
    auto rest = std::string_view(input_).substr(input_taken_);
    bool fed = false;
    while (feed(rest)) fed = true;
    if (phase_ != Phase::Open) return true;
    input_taken_ = input_.size() - rest.size();
    if (rest.empty()) {
        keep({});
    } else if (starved_ && rest.size() >= kMaxInput && may_feed()) {
        begin_flushing("a line too long");
        return true;
    }
    // A call that took nothing may have asked for something else.
    return fed || !may_feed();
}

// The rest of the input, in as little memory as holds it.
void Connection::keep(std::string_view input) {
    std::string(input).swap(input_);
    input_taken_ = 0;
}

bool Connection::receive() {
    if (!readable_ && !stream_.has_buffered()) return wait_for_more(), false;
    if (std::exchange(has_read_, true)) {
        if (stream_.has_buffered()) {
            loop_.post([self = shared_from_this()] { self->proceed(); });
        } else {
            wait_for_more();
        }
        return false;
    }
    readable_ = false;
    if (input_taken_ > 0) keep(std::string(input_, input_taken_));
    const auto result = stream_.read(loop_.scratch(), room_for_input());
    switch (result.io) {
        case Io::Done:
            break;
        case Io::WantRead:
            return arm_read(), false;
        case Io::WantWrite:
            return readable_ = true, arm_write(), false;
        case Io::Eof:
            return eof_ = true;
        case Io::Failed:
            return finish(stream_.error()), false;
    }
    bytes_in_.fetch_add(result.bytes, std::memory_order_relaxed);
    unanswered_ = true;
    starved_ = false;
    std::string_view input(loop_.scratch(), result.bytes);
    if (input_.empty()) {
        while (feed(input)) {
        }
        if (phase_ == Phase::Open) keep(input);
        return true;
    }
    const auto size = input_.size() + input.size();
    if (input_.capacity() < size) {
        std::string bigger;
        bigger.reserve(std::min(kMaxInput, (size + kInputGrain - 1) / kInputGrain * kInputGrain));
        bigger = input_;
        input_.swap(bigger);
    }
    input_ += input;
    return true;
}

// A client that sends a command in two writes (a literal, then its CRLF) waits for the first to be
// acknowledged, and with no answer to carry it the acknowledgement would come 40 ms later.
void Connection::wait_for_more() {
    if (std::exchange(unanswered_, false)) stream_.acknowledge();
    arm_read();
}

// On whichever thread has the connection.
void Connection::flush() {
    if (output_.is_empty() || write_failed_) return;
    const auto result = stream_.write(output_);
    if (result.bytes > 0) {
        bytes_out_.fetch_add(result.bytes, std::memory_order_relaxed);
        unanswered_ = false;
        progress_at_ = now();
    }
    // TLS that must read before it writes would be a renegotiation, which is off.
    if (result.io == Io::Done || result.io == Io::WantWrite) return;
    write_failed_ = true;
    output_.clear();
}

bool Connection::advance_flushing() {
    flush();
    if (output_.is_empty()) {
        finish(std::exchange(reason_, {}), write_failed_ ? Manner::AtOnce : Manner::Gently);
        return phase_ == Phase::Lingering;
    }
    arm_write();
    return false;
}

void Connection::begin_handshake() {
    phase_ = Phase::Handshake;
    start_tls_asked_ = false;
    deadline_ = now() + core_.limits.handshake;
    if (!core_.tls()) finish("no certificate is loaded");
}

bool Connection::advance_handshake() {
    if (end_asked_) return finish(end_reason_), false;
    if (!stream_.is_tls()) {
        // Nothing is spent on a peer before it has said something.
        if (!std::exchange(readable_, false)) return arm_read(), false;
        stream_.begin_tls(*core_.tls(), service_->endpoint.protocol);
    }
    switch (stream_.handshake().io) {
        case Io::Done:
            break;
        case Io::WantRead:
            return arm_read(), false;
        case Io::WantWrite:
            return arm_write(), false;
        case Io::Eof:
            return finish("closed by the peer in the TLS handshake"), false;
        case Io::Failed:
            return finish(stream_.error()), false;
    }
    tls_on_ = true;
    if (session_) {
        phase_ = Phase::Open;
        starved_ = false;
        enter([&] { session_->tls_started(); });
    } else {
        open_session();
    }
    return true;
}

void Connection::open_session() {
    phase_ = Phase::Open;
    progress_at_ = now();
    enter([&] {
        session_ = service_->make_session(*this);
        CHECK(session_);
        session_->start();
    });
}

// Every call into the session goes through here: what it throws ends this session and no other.
template <class Call>
void Connection::enter(Call&& call) {
    try {
        call();
    } catch (const std::exception& e) {
        break_session(e.what());
    } catch (...) {
        break_session("unknown exception");
    }
}

void Connection::break_session(const std::string& what) {
    core_.log.error("session-broken", {{"protocol", service_->endpoint.protocol},
                                       {"peer", peer_.address},
                                       {"session", id_},
                                       {"what", what}});
    begin_flushing("broken");
    if (!session_) return;
    try {
        session_->broken();
    } catch (...) {
        // It has nothing more to say.
    }
}

void Connection::time_out() {
    enter([&] { session_->timed_out(); });
    begin_flushing("timed out");
}

void Connection::begin_flushing(std::string reason) {
    if (phase_ != Phase::Open) return;
    phase_ = Phase::Flushing;
    reason_ = std::move(reason);
    job_ = nullptr;
    start_tls_asked_ = false;
    held_until_ = {};
}

void Connection::finish(std::string reason, Manner manner) {
    if (phase_ == Phase::Closed) return;
    const bool had_ended = phase_ == Phase::Lingering;
    phase_ = Phase::Lingering;
    job_ = nullptr;
    if (session_) {
        try {
            session_->closed();
        } catch (const std::exception& e) {
            core_.log.error("session-broken", {{"session", id_}, {"what", e.what()}});
        } catch (...) {
            core_.log.error("session-broken", {{"session", id_}, {"what", "unknown exception"}});
        }
    }
    if (!had_ended) log_end(reason);
    session_.reset();
    const bool unread = !input_.empty();
    keep({});
    output_.clear();
    if (manner == Manner::AtOnce || eof_) return close_descriptor();
    stream_.say_goodbye();
    // Closing a socket with unread input resets the connection, and the peer may never see our last
    // words.
    char one = 0;
    if (!unread && ::recv(descriptor_.fd(), &one, 1, MSG_PEEK | MSG_DONTWAIT) <= 0) {
        return close_descriptor();
    }
    deadline_ = now() + kLinger;
    readable_ = true;
}

bool Connection::advance_lingering() {
    if (!std::exchange(readable_, false)) return arm_read(), false;
    // One buffer a turn: the deadline ends it, however fast the peer sends.
    const auto got = ::recv(descriptor_.fd(), loop_.scratch(), kMaxInput, MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN)) return close_descriptor(), false;
    return arm_read(), false;
}

void Connection::close_descriptor() {
    phase_ = Phase::Closed;
    cancel();
    descriptor_.close();
    core_.registry.forget(peer_.network);
    core_.registry.remove(place_);
}

void Connection::log_end(const std::string& reason) {
    std::string user;
    {
        std::lock_guard lock(mutex_);
        user = facts_.user;
    }
    std::string did;
    if (session_) {
        try {
            did = session_->summary();
        } catch (...) {
            did = "unknown";
        }
    }
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now() - began_).count();
    core_.log.info("session-end", {{"protocol", service_->endpoint.protocol},
                                   {"session", id_},
                                   {"peer", peer_.address},
                                   {"tls", tls_on_ ? "yes" : "no"},
                                   {"user", user},
                                   {"seconds", seconds},
                                   {"in", bytes_in_.load()},
                                   {"out", bytes_out_.load()},
                                   {"reason", reason},
                                   {"did", did}});
}

// --- Waits ---

void Connection::arm_read() {
    if (std::exchange(read_armed_, true)) return;
    descriptor_.wait_readable(shared_from_this());
}

void Connection::arm_write() {
    if (std::exchange(write_armed_, true)) return;
    descriptor_.wait_writable(shared_from_this());
}

void Connection::readable() {
    read_armed_ = false;
    readable_ = true;
    proceed();
}

void Connection::writable() {
    write_armed_ = false;
    proceed();
}

void Connection::reschedule() {
    Tick due = Tick::max();
    const auto sooner = [&](Tick other) { due = std::min(due, other); };
    switch (phase_) {
        case Phase::Fresh:
        case Phase::Closed:
            return;
        case Phase::Handshake:
        case Phase::Lingering:
            due = deadline_;
            break;
        case Phase::Flushing:
            due = progress_at_ + std::min(kLastWordPatience, core_.limits.stalled_output);
            break;
        case Phase::Open:
            if (!output_.is_empty()) sooner(progress_at_ + core_.limits.stalled_output);
            if (end_asked_) sooner(end_by_);
            if (held_until_ != Tick{}) sooner(held_until_);
            if (timeout_.count() > 0 && !job_) {
                if (std::exchange(timeout_anew_, false)) timeout_at_ = now() + timeout_;
                sooner(timeout_at_);
            }
            break;
    }
    if (due != Tick::max()) wheel_.schedule(*this, due);
}

void Connection::expired() {
    const auto self = shared_from_this();
    if (on_worker_) return;  // hand-back schedules anew
    const auto time = now();
    const auto stalled = [&](std::chrono::seconds patience) {
        return !output_.is_empty() && time >= progress_at_ + patience;
    };
    switch (phase_) {
        case Phase::Fresh:
        case Phase::Closed:
            return;
        case Phase::Handshake:
            if (time >= deadline_) finish("the TLS handshake took too long");
            break;
        case Phase::Lingering:
            if (time >= deadline_) close_descriptor();
            break;
        case Phase::Flushing:
            if (stalled(std::min(kLastWordPatience, core_.limits.stalled_output))) finish(reason_);
            break;
        case Phase::Open:
            if (stalled(core_.limits.stalled_output)) {
                finish("the peer took no output");
            } else if (timeout_.count() > 0 && !job_ && !timeout_anew_ && held_until_ == Tick{} &&
                       time >= timeout_at_) {
                time_out();
            }
            break;
    }
    proceed();
}

}  // namespace rook::net
