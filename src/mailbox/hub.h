// Tells every open view and session about committed changes, in commit order.
//
// Owned by:   Accounts; lives as long as the process.
// Threads:    publish() by the account's publisher, in commit order, after the flush and with no
// account lock held;
//             subscribe() from any thread.
// Lock order: hub -> listener's queue. A listener must not call back into mailbox/.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "mailbox/types.h"

namespace rook::mailbox {

class Listener {
public:
    virtual ~Listener() = default;
    // Queues the changes and returns at once.
    // A listener whose queue is full drops it and reloads later: changes are hints, storage is the
    // truth.
    virtual void changed(AccountId, std::span<const Change>) = 0;
};

class Hub {
public:
    Hub();
    ~Hub();
    // Ends when destroyed; after that `listener` is never called again.
    class Subscription {
    public:
        virtual ~Subscription() = default;
    };
    std::unique_ptr<Subscription> subscribe(AccountId, Listener&);
    void publish(AccountId, std::span<const Change>);
    // Whether making the changes is worth it.
    bool has_listeners(AccountId) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace rook::mailbox
