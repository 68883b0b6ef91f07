#include "net/fake_link.h"

#include <exception>
#include <utility>

#include "base/check.h"

namespace rook::net {

Peer FakeLink::loopback_peer() {
    return {.address = "127.0.0.1", .port = 50000, .network = "127.0.0.1", .is_loopback = true};
}

FakeLink::FakeLink(const SessionFactory& make_session, Peer peer)
    : peer_(std::move(peer)), session_(make_session(*this)) {}

FakeLink::~FakeLink() {
    job_ = nullptr;
    finish();
    session_.reset();
}

// Every entry into the session goes through here: an exception breaks it, and it alone.
template <class Call>
void FakeLink::enter(Call&& call) {
    unsent_ = 0;
    try {
        call();
    } catch (const std::exception& e) {
        break_session(e.what());
    } catch (...) {
        break_session("unknown exception");
    }
}

void FakeLink::break_session(const char* what) {
    broken_by_ = what;
    job_ = nullptr;
    start_tls_asked_ = false;
    try {
        session_->broken();
    } catch (const std::exception& e) {
        broken_by_ += std::string("; then broken(): ") + e.what();
    } catch (...) {
        broken_by_ += "; then broken() threw";
    }
    close_asked_ = true;
}

void FakeLink::finish() {
    if (std::exchange(closed_, true)) return;
    input_.clear();
    enter([&] { session_->closed(); });
}

// What the session asked for in the call that has just returned.
void FakeLink::after_call() {
    for (;;) {
        if (closed_) return;
        if (job_ && !paused_) {
            take_step();
            continue;
        }
        if (job_) return;
        if (close_asked_) return finish();
        if (!start_tls_asked_) return;
        start_tls_asked_ = false;
        input_.clear();
        tls_ = true;
        enter([&] { session_->tls_started(); });
    }
}

void FakeLink::take_step() {
    CHECK(job_);
    ++steps_;
    Job job = std::exchange(job_, nullptr);
    bool more = false;
    enter([&] { more = job() == Step::More; });
    // A step that is done may have asked for another job, on another lane.
    if (more && broken_by_.empty()) job_ = std::move(job);
}

void FakeLink::feed_all() {
    if (std::exchange(feeding_, true)) return;
    while (!input_.empty() && !closed_ && !job_) {
        const std::string_view view = std::string_view(input_).substr(0, kMaxInput);
        std::size_t took = 0;
        enter([&] {
            took = session_->feed(view);
            CHECK(took <= view.size());
        });
        const bool stuck = took == 0 && view.size() == kMaxInput;
        input_.erase(0, took);
        if (stuck && !job_) close_asked_ = true;
        after_call();
        if (took == 0) break;
    }
    feeding_ = false;
}

void FakeLink::start() {
    enter([&] { session_->start(); });
    after_call();
    feed_all();
}

void FakeLink::send(std::string_view bytes) {
    if (closed_) return;
    input_ += bytes;
    feed_all();
}

bool FakeLink::deliver_wakes() {
    if (closed_ || job_) return false;
    bool did = false;
    if (woken_.exchange(false)) {
        did = true;
        enter([&] { session_->woken(); });
        after_call();
    }
    std::optional<std::string> reason;
    if (!closed_ && !job_) {
        std::lock_guard lock(mutex_);
        reason = std::exchange(end_reason_, std::nullopt);
    }
    if (reason) {
        did = true;
        enter([&] { session_->ending(*reason); });
        job_ = nullptr;
        finish();
    }
    feed_all();
    return did;
}

void FakeLink::time_out() {
    if (closed_ || job_) return;
    enter([&] { session_->timed_out(); });
    job_ = nullptr;
    finish();
}

void FakeLink::hang_up() {
    job_ = nullptr;
    finish();
}

bool FakeLink::step() {
    if (!job_) return false;
    take_step();
    if (job_) return true;
    after_call();
    feed_all();
    return job_ != nullptr;
}

void FakeLink::resume_jobs() {
    paused_ = false;
    after_call();
    feed_all();
}

std::string FakeLink::take_output() { return std::exchange(output_, {}); }

SessionFacts FakeLink::facts() const {
    std::lock_guard lock(mutex_);
    return facts_;
}

void FakeLink::write(std::string_view bytes) {
    if (closed_) return;
    output_ += bytes;
    unsent_ += bytes.size();
}

void FakeLink::run(Lane lane, Job job) {
    CHECK(!job_);
    CHECK(job);
    last_lane_ = lane;
    ++jobs_;
    job_ = std::move(job);
}

void FakeLink::set_timeout(std::chrono::seconds timeout) { timeout_ = timeout; }

void FakeLink::end(std::string reason) {
    std::lock_guard lock(mutex_);
    if (!end_reason_) end_reason_ = std::move(reason);
}

void FakeLink::set_facts(SessionFacts facts) {
    std::lock_guard lock(mutex_);
    facts_ = std::move(facts);
}

}  // namespace rook::net
