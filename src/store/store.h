// Ordered keys and sealed values, in transactions scoped to one account: all that the program asks
// of a disk.
//
// Implementations: embedded/ (RocksDB), memory/ (tests). contract_test.cpp runs on all.
// Owned by: server/wiring; one a process, outlives everything that reads it.
// Threads:  any. Batches of one account that are submitted one after another become durable and are
// answered in that order. Errors:   Io (the engine failed: nothing of the batch may be trusted to
// be on disk or not, the store reopens itself and answers Busy until it has), NoSpace (below the
//           reserve: only erasing batches run), Corrupt (damage found; a scan of Bodies goes on
//           and shows a damaged one as it is: its seal is whoever wrote it's to check), Busy
//           (reopening, closing).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"

namespace rook::store {

// A table is a separate key space with its own tuning in the engine.
enum class Table : std::uint8_t {
    Records,     // everything small and mutable
    Summaries,   // S: immutable, read in lists
    Bodies,      // B: immutable, large
    Signatures,  // G: immutable, read in scans
};
constexpr int kTables = 4;

// The keys below are relative to the account: an implementation puts the account in front. A key is
// 1 to 512 bytes, a value at most 100 KB, a batch at most 4 MB.
constexpr std::size_t kMaxKey = 512, kMaxValue = 100 * 1024, kMaxBatch = 4 * 1024 * 1024;

// The changes of one transaction, applied whole or not at all. A plain value.
class Batch {
public:
    void put(Table, std::string_view key, std::string_view value);
    void erase(Table, std::string_view key);

    bool is_empty() const { return changes_.empty(); }
    std::size_t bytes() const { return bytes_; }
    bool only_erases() const { return puts_ == 0; }
    // Frees disk (an expunge writes a page and a change so that much more can be erased): admitted
    // below the reserve too.
    void mark_freeing() { freeing_ = true; }
    bool is_freeing() const { return freeing_ || only_erases(); }
    // Built on what is durable, and nothing is built on it before it is: another batch's failure
    // does not concern it, nor its failure others. commit() says so by itself.
    void mark_independent() { independent_ = true; }
    bool is_independent() const { return independent_; }

    struct Change {
        Table table;
        bool is_erase;
        std::string key, value;
    };
    const std::vector<Change>& changes() const { return changes_; }

private:
    std::vector<Change> changes_;
    std::size_t bytes_ = 0, puts_ = 0;
    bool freeing_ = false, independent_ = false;
};

// Called once for each batch, on the committer's thread, in commit order: keep it short, never
// block, do not call the store.
using Committed = std::function<void(Result<>)>;

struct Space {
    std::uint64_t free_bytes = 0;
    bool is_short = false;  // below the reserve
};

// What the store holds in memory, and how much it may.
struct Memory {
    std::uint64_t cache_bytes = 0, cache_limit = 0;    // what was read from tables
    std::uint64_t buffer_bytes = 0, buffer_limit = 0;  // what was written and is in no table yet
};

class Store {
public:
    virtual ~Store() = default;

    // What was durable when called, or later. Blocks on the disk.
    Result<std::optional<std::string>> find(AccountId, Table, std::string_view key) const;

    // find() without a copy: calls `take` with the value, which lives for the call, and answers as
    // it does; false when there is no such key. `take` does not call the store.
    using Take = std::function<Result<>(std::string_view value)>;
    virtual Result<bool> lend(AccountId, Table, std::string_view key, const Take& take) const = 0;

    // Several keys of one table at once, in the order given; absent ones are nullopt. Cheaper than
    // find() in a loop.
    virtual Result<std::vector<std::optional<std::string>>> find_many(
        AccountId, Table, const std::vector<std::string>& keys) const = 0;

    // Calls `each` for the keys in [from, to) in byte order, of one consistent state, until it
    // returns false. Views live for the call. An empty `to` means the end of the account.
    using Each = std::function<bool(std::string_view key, std::string_view value)>;
    virtual Result<> scan(AccountId, Table, std::string_view from, std::string_view to,
                          const Each& each) const = 0;

    // The accounts that have any record, in order. Slow: for start-up checks and tools.
    virtual Result<std::vector<AccountId>> accounts() const = 0;

    // Queues the batch and returns at once. `done` is told when the batch is durable, or why it is
    // not. Batches of many accounts share a flush.
    // When one fails, so does every batch of its account that was submitted before `done` returned:
    // it was built on what is lost. Independent ones stand apart.
    virtual void submit(AccountId, Batch, Committed done) = 0;

    // submit() as an independent batch, and wait.
    Result<> commit(AccountId, Batch);

    virtual Space space() const = 0;
    // Nothing where nothing is kept but by the system.
    virtual Memory memory() const { return {}; }

    // Puts all that is durable, as it is at one moment and while the store is used, into a folder
    // of the store's own, and gives its path: cheap, by links to files that never change, for
    // whoever copies them away (embedded/backup_folder.h). It goes when it is dropped, or later
    // when nobody holds its file LOCK. Unsupported by a store without files; NoSpace, Busy, Io.
    struct Snapshot {
        std::string path;
        std::string store;  // names the store: a file of one name, of one store, never changes
    };
    virtual Result<Snapshot> snapshot();
    virtual Result<> drop_snapshot(const std::string& path);

    // Waits for what is queued and closes. Afterwards everything answers Busy. Once.
    virtual void close() = 0;
};

}  // namespace rook::store
