// A store that forgets everything when it is destroyed: for tests, with knobs for what a disk can
// do.
//
// Threads: any. By default `done` is called inside submit(), on the caller's thread, or inside
// release(); with Answering::OnOwnThread a thread of the store's own calls it, as the embedded
// store does.
#pragma once

#include <memory>

#include "store/store.h"

namespace rook::store {

class MemoryStore : public Store {
public:
    enum class Answering : std::uint8_t { InSubmit, OnOwnThread };

    // The next batch fails with this error and changes nothing; so does every batch of its account
    // that was submitted before that was told.
    virtual void fail_next(Error) = 0;

    // While held, batches queue: they are neither visible to reads nor answered. release() commits
    // and answers them in order; release_one() the oldest only, false when none waits. waiting()
    // counts them.
    virtual void hold() = 0;
    virtual void release() = 0;
    virtual bool release_one() = 0;
    virtual std::size_t waiting() const = 0;

    // As a block that cannot be read: a read of this row fails as Corrupt, and so does a walk,
    // after what stands before it.
    virtual void hurt(AccountId, Table, std::string key) = 0;
    // All that was hurt is as it was.
    virtual void heal() = 0;

    // What space() says from now on; when short, only freeing batches are admitted.
    virtual void set_space(Space) = 0;

    // How many batches became durable, and how many times a read was asked for: to test what a
    // command costs.
    virtual std::uint64_t commits() const = 0;
    virtual std::uint64_t reads() const = 0;
};

std::unique_ptr<MemoryStore> make_memory_store(
    MemoryStore::Answering = MemoryStore::Answering::InSubmit);

}  // namespace rook::store
