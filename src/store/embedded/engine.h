// One open RocksDB: our tables as its column families, our keys with the account in front, its
// errors as ours. Knows nothing of queues, reopening or reserves.
//
// Threads: reads any; write() and choose_garbage() one at a time each; close() and the destructor
// when nobody reads.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/files.h"
#include "base/log.h"
#include "store/store.h"

namespace rocksdb {
class Cache;
class ColumnFamilyHandle;
class DB;
class Env;
class EventListener;
class Logger;
class Status;
class WriteBatch;
struct DBOptions;
struct ColumnFamilyDescriptor;
struct ReadOptions;
}  // namespace rocksdb

namespace rook::store {

// Why RocksDB gave up: a call failed, or it met damage, which only a repair mends.
enum class Sick : std::uint8_t { Failure, Damage };

struct EngineOptions {
    enum class Mode : std::uint8_t {
        Serve,     // replay of the log stops before the first damaged record
        ReadOnly,  // the same, but nothing on disk changes
        Salvage,   // replay skips damaged records
    };

    std::string path;
    Mode mode = Mode::Serve;
    // Only for a folder without tables: RocksDB would begin a new database and delete them.
    bool may_create = false;
    std::uint64_t cache_bytes = 64u << 20;
    std::uint64_t write_buffer_bytes = 96u << 20;
    Files* files = nullptr;  // null: RocksDB's own
    // RocksDB is given the second file where it asks for the first.
    std::pair<std::string, std::string> instead;
    // RocksDB gave up work in the background; called on a thread of its own, must not block.
    std::function<void(Sick)> is_sick = [](Sick) {};
    // Not where a compaction has met damage: it would meet it again.
    bool compacts = true;
};

// RocksDB's status as ours. The detail is RocksDB's text.
Error to_error(const rocksdb::Status&);

// The account in front of the key: 8 bytes, big-endian.
std::string account_prefix(AccountId);

// Everything that opening needs, also for repair and check.
struct EngineSetup {
    EngineSetup(const EngineOptions&, Log&);
    ~EngineSetup();

    std::unique_ptr<rocksdb::Env> beneath, own_env;
    std::unique_ptr<rocksdb::DBOptions> db;
    std::shared_ptr<rocksdb::Cache> cache;  // shared with RocksDB's tables
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
};

class Engine {
public:
    static Result<std::unique_ptr<Engine>> open(const EngineOptions&, Log&);
    ~Engine();

    Result<bool> lend(AccountId, Table, std::string_view key, const Store::Take& take) const;
    using Values = std::vector<std::optional<std::string>>;
    Result<Values> find_many(AccountId, Table, const std::vector<std::string>& keys) const;
    Result<> scan(AccountId, Table, std::string_view from, std::string_view to,
                  const Store::Each& each) const;
    Result<std::vector<AccountId>> accounts() const;

    using Group = std::vector<std::pair<AccountId, const Batch*>>;
    // All of the group with one flush. After an error the engine must be closed and opened again.
    Result<> write(const Group&);

    // The number of the last change. Every put and erase counts one.
    std::uint64_t sequence() const;

    // Moves what is in memory to tables, so that the next start has no log to replay.
    Result<> flush();

    // Chooses which body files RocksDB rewrites to be rid of what was erased in them: the oldest
    // few while garbage is a good part of all, none before. To be called every second or so.
    Result<> choose_garbage(bool is_short_of_room);

    // All that is written, as a database of its own in a new folder: links to the tables and body
    // files, copies of the rest.
    Result<> checkpoint(const std::string& path);
    // Made with the database, and anew by whoever restores or rebuilds it.
    Result<std::string> identity() const;
    Memory memory() const;

    rocksdb::DB& raw() { return *db_; }
    rocksdb::ColumnFamilyHandle* family(Table table) const {
        return families_[static_cast<std::size_t>(table)];
    }

private:
    Result<> mark_families();
    std::optional<Values> find_in_a_row(AccountId, Table,
                                        const std::vector<std::string>& keys) const;
    Engine(std::unique_ptr<EngineSetup>, std::unique_ptr<rocksdb::DB>,
           std::vector<rocksdb::ColumnFamilyHandle*>);

    std::unique_ptr<EngineSetup> setup_;
    std::unique_ptr<rocksdb::DB> db_;
    std::vector<rocksdb::ColumnFamilyHandle*> families_;
    std::unique_ptr<rocksdb::WriteBatch> batch_;
    double garbage_cutoff_ = 0;  // the part of the body files that may be rewritten
};

}  // namespace rook::store
