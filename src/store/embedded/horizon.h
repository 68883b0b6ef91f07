// The horizon: the highest sequence number that is known to have been flushed, in a small file of
// its own. A store that opens short of it has lost acknowledged mail, whatever RocksDB thinks.
//
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/files.h"

namespace rook::store {

class Horizon {
public:
    Horizon(Files& files, std::string path) : files_(files), path_(std::move(path)) {}

    // Reads the file; a missing one is horizon 0. Corrupt when it has content and no whole record.
    Result<> load();

    std::uint64_t sequence() const { return sequence_; }
    // Appends a record and flushes it; the file starts anew when it has grown.
    Result<> record(std::uint64_t sequence);
    // Starts the file anew, at a lower number too. For repair.
    Result<> reset(std::uint64_t sequence);

    static constexpr std::uint64_t kMaxFile = 64 * 1024;

private:
    Files& files_;
    const std::string path_;
    std::unique_ptr<AppendFile> file_;
    std::uint64_t sequence_ = 0;
};

}  // namespace rook::store
