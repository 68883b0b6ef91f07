// The store for one machine: RocksDB below, with everything that keeps its promises true on a bad
// day (docs/formats/store.md, README.md).
//
// Owned by: server/wiring, or a tool that runs while the server does not.
// Threads:  as store.h says. The store runs two of its own: the committer, which writes and flushes
//           whatever is queued and calls every `done`, and the keeper, which once a second records
//           the horizon and looks at the disk's free space, and which reopens the store after an
//           error.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/log.h"
#include "store/store.h"

namespace rook::store {

struct EmbeddedOptions {
    std::string
        path;  // the data folder's part for the store; made if absent, its parent must exist
    // Below this much free space only batches that free are admitted; the ballast file is part of
    // it.
    std::uint64_t reserve_bytes = 256u << 20;
    std::uint64_t ballast_bytes = 128u << 20;
    std::uint64_t cache_bytes = 64u << 20;
    std::uint64_t write_buffer_bytes = 96u << 20;
    std::chrono::milliseconds keep_every{1000};
    // For tests: all files, RocksDB's too, are kept here. Null: the operating system's.
    Files* files = nullptr;
};

// Errors: Busy (another process has the folder), Unsupported (a newer program wrote it), NoSpace,
// Corrupt (damage; `said` asks for `rookery check --repair` when mail may be missing), Io.
// `log` lives as long as the store.
Result<std::unique_ptr<Store>> open_embedded_store(EmbeddedOptions, Log& log);

struct Damage {
    std::string file;  // within the folder
    std::string what;
    // The record that is hurt, where that is known: a bug report needs them, a walk over the mail
    // finds the rest.
    std::optional<AccountId> account;
    std::string key;  // within the account
};

struct CheckReport {
    std::uint64_t files = 0, bytes = 0, records = 0;
    std::vector<Damage> damage;
};
// Reads every byte that the store keeps and verifies RocksDB's checksums. Changes nothing. The
// folder must not be in use (Busy). What the records mean is mailbox/'s to check.
Result<CheckReport> check_embedded_store(EmbeddedOptions, Log&);

struct RepairReport {
    bool was_rebuilt = false;    // RocksDB refused to open; its tables were collected anew
    std::uint64_t sequence = 0;  // the number of the last change that is there
    std::uint64_t horizon = 0;   // the last one known to have been on the disk
    std::uint64_t log_records = 0, log_bytes_lost = 0;
    std::uint64_t body_files = 0;    // taken in again when the tables were collected
    std::vector<std::string> notes;  // in words, for the operator
};
// Makes the folder open again with all that can be read: log records behind a damaged one are kept,
// tables and body files that nothing names are taken in, and the horizon starts anew. A record may
// be newer than what it refers to afterwards: run mailbox/'s check.
Result<RepairReport> repair_embedded_store(EmbeddedOptions, Log&);

}  // namespace rook::store
