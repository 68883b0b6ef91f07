// What the session, its job and other threads ask of a connection; connection.cpp does it.
#include <exception>
#include <utility>

#include "base/check.h"
#include "net/connection.h"

namespace rook::net {

namespace {

// How long end() waits for a long answer that is under way. A goodbye in the middle of one could be
// taken for a part of it.
constexpr std::chrono::seconds kEndPatience{2};

}  // namespace

// --- Task ---

bool Connection::work() {
    Job job = std::exchange(job_, nullptr);
    bool more = false;
    try {
        more = job() == Step::More;
        CHECK(!more || !job_);
        if (!more) job = nullptr;
    } catch (const std::exception& e) {
        failure_ = std::string("in a job: ") + e.what();
    } catch (...) {
        failure_ = "in a job: unknown exception";
    }
    if (!failure_.empty()) more = false, job_ = nullptr;
    if (more) job_ = std::move(job);
    job = nullptr;
    // From here the answer goes out without a detour over the loop.
    if (failure_.empty() && !start_tls_asked_ && hold_asked_.count() == 0) flush();
    const bool again = more && !write_failed_ && !close_asked_ && !end_asked_ && !cut_asked_ &&
                       output_.size() < kLowWater;
    if (again) return true;
    loop_.post([self = shared_from_this()] {
        self->on_worker_ = false;
        self->starved_ = false;
        self->proceed();
    });
    return false;
}

void Connection::abandoned() {
    loop_.post([self = shared_from_this()] {
        self->on_worker_ = false;
        self->abandoned_ = true;
        self->proceed();
    });
}

// --- Link ---

bool Connection::can_start_tls() const {
    return !tls_on_ && service_->endpoint.tls == Tls::StartTls && core_.tls() != nullptr;
}

void Connection::write(std::string_view bytes) {
    if (write_failed_) return;
    if (output_.is_empty()) progress_at_ = now();
    output_.append(bytes);
}

void Connection::give(std::string bytes) {
    if (write_failed_) return;
    if (output_.is_empty()) progress_at_ = now();
    output_.give(std::move(bytes));
}

void Connection::run(Lane lane, Job job) {
    CHECK(job);
    CHECK(!job_);
    lane_ = lane;
    job_ = std::move(job);
}

void Connection::start_tls() {
    CHECK(can_start_tls());
    start_tls_asked_ = true;
    input_discarded_ = false;
}

void Connection::set_timeout(std::chrono::seconds timeout) {
    timeout_ = timeout;
    timeout_anew_ = true;
    timeout_is_deadline_ = false;
}

void Connection::set_deadline(std::chrono::seconds time) {
    timeout_ = time;
    timeout_at_ = now() + time;
    timeout_anew_ = false;
    timeout_is_deadline_ = true;
}

void Connection::hold(std::chrono::milliseconds time) { hold_asked_ = time; }

void Connection::wake() {
    if (wake_pending_.exchange(true)) return;
    loop_.post([self = shared_from_this()] {
        self->wake_due_ = true;
        self->proceed();
    });
}

void Connection::end(std::string reason) {
    {
        std::lock_guard lock(mutex_);
        if (end_asked_) return;
        end_reason_ = std::move(reason);
        end_by_ = now() + kEndPatience;
        end_asked_ = true;
    }
    loop_.post([self = shared_from_this()] {
        if (self->phase_ == Phase::Lingering) return self->close_descriptor();
        self->proceed();
    });
}

void Connection::cut(std::string reason) {
    {
        std::lock_guard lock(mutex_);
        if (cut_asked_) return;
        cut_reason_ = std::move(reason);
        cut_asked_ = true;
    }
    loop_.post([self = shared_from_this()] { self->proceed(); });
}

void Connection::set_facts(SessionFacts facts) {
    logged_in_ = facts.account.v != 0;
    {
        std::lock_guard lock(mutex_);
        facts_ = std::move(facts);
    }
    if (logged_in_) core_.registry.keep(place_);
}

SessionInfo Connection::info() const {
    std::lock_guard lock(mutex_);
    return {.id = id_,
            .protocol = service_->endpoint.protocol,
            .peer = peer_,
            .tls = is_tls(),
            .age = std::chrono::duration_cast<std::chrono::seconds>(now() - began_),
            .bytes_in = bytes_in_.load(),
            .bytes_out = bytes_out_.load(),
            .facts = facts_};
}

}  // namespace rook::net
