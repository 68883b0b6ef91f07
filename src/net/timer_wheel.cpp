#include "net/timer_wheel.h"

#include <algorithm>

namespace rook::net {

void TimerWheel::Links::unlink() {
    previous->next = next;
    next->previous = previous;
    next = previous = this;
}

void TimerWheel::Links::link_before(Links& other) {
    next = &other;
    previous = other.previous;
    previous->next = this;
    other.previous = this;
}

void TimerWheel::link(Timed& timed) {
    // Never the current slot: it may be the one that is being emptied.
    timed.slot_ = std::clamp(slot_of(timed.due_) + 1, now_ + 1, now_ + kSlots - 1);
    timed.link_before(slots_[static_cast<std::size_t>(timed.slot_ % kSlots)]);
}

void TimerWheel::schedule(Timed& timed, Tick due) {
    timed.due_ = due;
    const bool linked = timed.next != &timed;
    if (linked && timed.slot_ <= slot_of(due) + 1) return;  // looked at in time, and moved on then
    timed.unlink();
    link(timed);
}

void TimerWheel::advance(Tick now) {
    const auto target = slot_of(now);
    // After a long sleep one turn sees every slot.
    if (target - now_ > kSlots) now_ = target - kSlots;
    while (now_ < target) {
        ++now_;
        Links due;
        auto& slot = slots_[static_cast<std::size_t>(now_ % kSlots)];
        if (slot.next == &slot) continue;
        due.link_before(slot);
        slot.unlink();
        while (due.next != &due) {
            auto& timed = static_cast<Timed&>(*due.next);
            timed.cancel();
            if (timed.due_ <= now) {
                timed.expired();
            } else {
                link(timed);
            }
        }
    }
}

}  // namespace rook::net
