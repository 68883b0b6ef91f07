// Time behind an interface, so that tests can stop it.
#pragma once

#include <chrono>
#include <cstdint>

namespace rook {

// Wall-clock time, whole seconds since 1970-01-01 UTC where stored; kept in microseconds here.
using Time = std::chrono::sys_time<std::chrono::microseconds>;
// Time that never jumps, for deadlines.
using Tick = std::chrono::steady_clock::time_point;

// Threads: any.
class Clock {
public:
    virtual ~Clock() = default;
    virtual Time now() const = 0;
    virtual Tick tick() const = 0;

    std::int64_t seconds() const {
        return std::chrono::floor<std::chrono::seconds>(now()).time_since_epoch().count();
    }
};

class SystemClock final : public Clock {
public:
    Time now() const override {
        return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    }
    Tick tick() const override { return std::chrono::steady_clock::now(); }
};

// A clock that only moves when told. For tests; not for several threads at once.
class StoppedClock final : public Clock {
public:
    explicit StoppedClock(std::int64_t seconds_since_1970 = 1'700'000'000)
        : now_(std::chrono::seconds(seconds_since_1970)) {}
    Time now() const override { return now_; }
    Tick tick() const override { return Tick{} + std::chrono::hours(1) + passed_; }
    void advance(std::chrono::microseconds by) {
        now_ += by;
        passed_ += by;
    }

private:
    Time now_;
    std::chrono::microseconds passed_{0};
};

}  // namespace rook
