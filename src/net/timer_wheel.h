// Deadlines of many connections for almost nothing: no allocation, no system call, and moving a
// deadline later, which is what a live connection does all the time, only writes a number.
//
// A wheel of 256 slots of 250 ms; what is due later than a turn (64 s) is looked at once a turn.
// Threads: one; each loop has its own.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "base/clock.h"

namespace rook::net {

class TimerWheel {
    struct Links {
        Links* next = this;
        Links* previous = this;
        void unlink();
        void link_before(Links&);
    };

public:
    // Something with one deadline.
    class Timed : private Links {
    public:
        virtual ~Timed() { cancel(); }
        // The deadline has passed. It is not scheduled any more, but may be anew from here.
        virtual void expired() = 0;
        void cancel() { unlink(); }

    private:
        friend class TimerWheel;
        Tick due_{};
        std::int64_t slot_ = 0;
    };

    explicit TimerWheel(Tick now) : now_(slot_of(now)) {}
    // Calls expired() at or up to half a second after `due`.
    void schedule(Timed&, Tick due);
    void advance(Tick now);

private:
    static constexpr std::chrono::milliseconds kSlot{250};
    static constexpr std::int64_t kSlots = 256;
    static std::int64_t slot_of(Tick tick) { return tick.time_since_epoch() / kSlot; }
    void link(Timed&);

    std::int64_t now_;
    std::array<Links, kSlots> slots_;
};

}  // namespace rook::net
