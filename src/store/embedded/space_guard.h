// Watches the free space of the store's disk and holds the ballast: a file that is given up when
// the disk is full, so that RocksDB has the room that opening and flushing need.
//
// Threads: now() and wrote() any; look() and drop_ballast() by the keeper alone (and before it
// starts).
#pragma once

#include <atomic>
#include <string>

#include "base/files.h"
#include "base/log.h"
#include "store/embedded/embedded_store.h"

namespace rook::store {

class SpaceGuard {
public:
    SpaceGuard(Files&, const EmbeddedOptions&, std::string ballast_path, Log&);

    // Asks the disk, and lays the ballast again when there is room for it.
    void look();
    // As of the last look(), less what was written since.
    Space now() const;
    void wrote(std::uint64_t bytes) { written_ += bytes; }
    void drop_ballast();

private:
    Files& files_;
    const std::string folder_, ballast_path_;
    const std::uint64_t reserve_bytes_, ballast_bytes_;
    Log& log_;
    bool was_short_ = false;
    std::atomic<std::uint64_t> free_{0}, ballast_{0}, written_{0};
};

}  // namespace rook::store
