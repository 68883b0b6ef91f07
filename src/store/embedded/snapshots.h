// The store's snapshots (store.h), a folder each. Whoever copies one holds its LOCK: what nobody
// holds was left by a copier that ended, and goes.
//
// Threads: any.
#pragma once

#include <mutex>
#include <string>

#include "base/files.h"
#include "store/embedded/engine.h"

namespace rook::store {

class Snapshots {
public:
    Snapshots(Files& files, std::string path) : files_(files), path_(std::move(path)) {}

    // The path of the new one. Those that were left go first.
    Result<std::string> make(Engine&);
    // NotFound when it is none of ours.
    Result<> drop(const std::string& path);
    Result<> drop_left();

private:
    Result<> erase(const std::string& path);

    Files& files_;
    const std::string path_;
    std::mutex mutex_;  // one makes or drops
    std::uint64_t next_ = 1;
};

}  // namespace rook::store
