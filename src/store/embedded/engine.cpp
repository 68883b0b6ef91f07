#include "store/embedded/engine.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/file_system.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/utilities/table_properties_collectors.h>
#include <rocksdb/write_buffer_manager.h>

#include <fmt/format.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <set>

#include "base/check.h"
#include "base/codec.h"
#include "base/sabotage.h"
#include "store/embedded/names_first.h"
#include "store/embedded/read_instead.h"
#include "store/embedded/rocksdb_files.h"
#include "store/embedded/table_origin.h"
#include "store/embedded/walk.h"

namespace rook::store {
namespace {

// In the order of Table. RocksDB insists on a family named "default"; it holds the records.
constexpr const char* kFamilies[kTables] = {"default", "summaries", "bodies", "signatures"};

constexpr std::size_t kAccountBytes = 8;

// Shorter than an account's number, so that no account has it.
const rocksdb::Slice kMarker("\0", 1);

// RocksDB's own log writer aborts the process when the disk is full (Debian builds it with its
// assertions on). This one keeps its warnings, in our log.
class RocksdbLog final : public rocksdb::Logger {
public:
    explicit RocksdbLog(Log& log) : Logger(rocksdb::InfoLogLevel::WARN_LEVEL), log_(log) {}
    void Logv(const char* format, va_list arguments) override {
        Logv(rocksdb::InfoLogLevel::INFO_LEVEL, format, arguments);
    }
    void Logv(rocksdb::InfoLogLevel level, const char* format, va_list arguments) override {
        if (level < GetInfoLogLevel() || level == rocksdb::InfoLogLevel::HEADER_LEVEL) return;
        char text[1000];
        std::vsnprintf(text, sizeof text, format, arguments);
        bool is_warning = level == rocksdb::InfoLogLevel::WARN_LEVEL;
        log_.write(is_warning ? LogLevel::Warning : LogLevel::Error, "rocksdb", {{"text", text}});
    }

private:
    Log& log_;
};

class SickListener final : public rocksdb::EventListener {
public:
    explicit SickListener(std::function<void(Sick)> is_sick) : is_sick_(std::move(is_sick)) {}
    void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* status) override {
        is_sick_(status->IsCorruption() ? Sick::Damage : Sick::Failure);
    }

private:
    std::function<void(Sick)> is_sick_;
};

// Garbage of this part of all body files is worth the rewriting of what lies beside it, and of this
// part of the oldest a compaction of its own.
constexpr double kWorthCollecting = 1.0 / 3, kWorthAFile = 0.25;
// With room short every bit counts, but what is rewritten needs room first.
constexpr double kWorthCollectingShort = 0.05;
// What one compaction may write again: it holds up those behind it.
constexpr std::uint64_t kCollectedAtOnce = 256u << 20, kCollectedAtOnceShort = 32u << 20;

rocksdb::DBOptions db_options(const EngineOptions& options, Log& log) {
    rocksdb::DBOptions db;
    db.create_if_missing = options.may_create;
    // A crash while the database is made can leave some out.
    db.create_missing_column_families = options.mode != EngineOptions::Mode::ReadOnly;
    db.info_log = std::make_shared<RocksdbLog>(log);
    db.listeners = {std::make_shared<SickListener>(options.is_sick)};
    // Compression of the log lost acknowledged mail in our power-cut tests: leave it off.
    db.wal_compression = rocksdb::kNoCompression;
    db.wal_recovery_mode = options.mode == EngineOptions::Mode::Salvage
                               ? rocksdb::WALRecoveryMode::kSkipAnyCorruptedRecords
                               : rocksdb::WALRecoveryMode::kPointInTimeRecovery;
    // Bounds the replay after a crash.
    db.max_total_wal_size = 128u << 20;
    db.max_open_files = 512;
    db.max_background_jobs = 2;
    db.max_manifest_file_size = 4u << 20;
    db.skip_stats_update_on_db_open = true;
    db.stats_dump_period_sec = 0;
    db.stats_persist_period_sec = 0;
    // After an error we close and open again ourselves (embedded_store.cpp): a background retry
    // could make a write succeed that follows a lost one.
    db.max_bgerror_resume_count = 0;
    return db;
}

rocksdb::ColumnFamilyOptions family_options(Table table, const EngineOptions& options,
                                            const std::shared_ptr<rocksdb::Cache>& cache) {
    rocksdb::BlockBasedTableOptions blocks;
    blocks.block_size = 16 * 1024;
    blocks.checksum = rocksdb::kXXH3;
    blocks.format_version = 5;
    // In pieces of 4 KB: a large table's index and filter, whole, are as large as the cache's
    // shards, which then keep neither, and every read of a record reads both from the file.
    blocks.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
    if (options.mode == EngineOptions::Mode::Salvage) {
        // With a cache RocksDB reads all pieces when it opens a table, and opens none in which one
        // is damaged. What a filter says the index says too.
        blocks.no_block_cache = true;
    } else {
        blocks.block_cache = cache;
        blocks.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
        blocks.partition_filters = true;
        blocks.cache_index_and_filter_blocks = true;
        blocks.pin_l0_filter_and_index_blocks_in_cache = true;
    }

    rocksdb::ColumnFamilyOptions family;
    family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(blocks));
    family.compression = rocksdb::kLZ4Compression;
    family.bottommost_compression = rocksdb::kZSTD;
    family.write_buffer_size = (table == Table::Signatures ? 8u : 16u) << 20;
    family.level_compaction_dynamic_level_bytes = true;
    // A table in which half of some thousand neighbours are erasures is compacted soon, not when
    // its level is full: what was expunged leaves the disk, and scans do not wade through
    // tombstones.
    family.table_properties_collector_factories = {
        rocksdb::NewCompactOnDeletionCollectorFactory(1024, 512), note_table_origin()};
    // Inserts begin where the last of the same account ended: a verb writes its emails in order.
    family.memtable_insert_with_hint_prefix_extractor.reset(
        rocksdb::NewFixedPrefixTransform(kAccountBytes));
    // It would meet the damage that is to be mended, and fail.
    family.disable_auto_compactions =
        !options.compacts || options.mode == EngineOptions::Mode::Salvage;
    // A record that changed often has many versions in memory: walking over them costs less than
    // seeking the next record from each (COPY and EXPUNGE of many, again and again).
    family.max_sequential_skip_in_iterations = 64;
    if (table == Table::Signatures) {
        // Large, random bits that are added and then stay: in levels they would be written a dozen
        // times, and nothing makes them smaller.
        family.compaction_style = rocksdb::kCompactionStyleUniversal;
        family.level_compaction_dynamic_level_bytes = false;  // of levels only, or RocksDB warns
        family.level0_file_num_compaction_trigger = 8;
        family.compression = family.bottommost_compression = rocksdb::kNoCompression;
    }
    if (table != Table::Bodies) return family;

    // The layer above compresses bodies, so that it can read a part of one.
    family.write_buffer_size = 32u << 20;
    family.enable_blob_files = true;
    family.min_blob_size = 1024;
    family.blob_file_size = 64u << 20;
    family.blob_compression_type = rocksdb::kNoCompression;
    // choose_garbage() says what is collected: with a fixed cutoff every compaction would write all
    // older bodies again, erased or not.
    family.enable_blob_garbage_collection = true;
    family.blob_garbage_collection_age_cutoff = 0;
    family.blob_garbage_collection_force_threshold = kWorthAFile;
    return family;
}

// RocksDB takes `cutoff` of its files, rounded down.
std::size_t files_below(double cutoff, std::size_t files) {
    return static_cast<std::size_t>(cutoff * static_cast<double>(files));
}

}  // namespace

Error to_error(const rocksdb::Status& status) {
    CHECK(!status.ok());
    auto text = status.ToString();
    if (status.IsNoSpace()) return fail(Why::NoSpace, "The server's disk is full", text).error();
    // A file that the manifest names and that is not there is damage as well.
    if (status.IsCorruption() || status.IsPathNotFound())
        return fail(Why::Corrupt, "Stored data is damaged", text).error();
    if (status.IsBusy() || status.IsShutdownInProgress()) {
        return fail(Why::Busy, "The server's store is busy", text).error();
    }
    return fail(Why::Io, "The server's disk failed", text).error();
}

std::string account_prefix(AccountId account) {
    std::string prefix;
    Writer(prefix).u64(account.v);
    return prefix;
}

EngineSetup::EngineSetup(const EngineOptions& options, Log& log)
    : db(std::make_unique<rocksdb::DBOptions>(db_options(options, log))) {
    own_env = options.files
                  ? make_rocksdb_env(*options.files)
                  : rocksdb::NewCompositeEnv(flush_names_first(rocksdb::FileSystem::Default()));
    if (const auto& [file, other] = options.instead; !file.empty()) {
        beneath = std::move(own_env);
        own_env = rocksdb::NewCompositeEnv(read_instead(beneath->GetFileSystem(), file, other));
    }
    db->env = own_env.get();
    cache = rocksdb::NewLRUCache(options.cache_bytes);
    db->write_buffer_manager =
        std::make_shared<rocksdb::WriteBufferManager>(options.write_buffer_bytes);
    for (int table = 0; table < kTables; ++table) {
        families.emplace_back(kFamilies[table], family_options(Table(table), options, cache));
    }
}

EngineSetup::~EngineSetup() = default;

Result<std::unique_ptr<Engine>> Engine::open(const EngineOptions& options, Log& log) {
    auto setup = std::make_unique<EngineSetup>(options, log);
    rocksdb::DB* db = nullptr;
    std::vector<rocksdb::ColumnFamilyHandle*> families;
    auto status =
        options.mode == EngineOptions::Mode::ReadOnly
            ? rocksdb::DB::OpenForReadOnly(*setup->db, options.path, setup->families, &families,
                                           &db)
            : rocksdb::DB::Open(*setup->db, options.path, setup->families, &families, &db);
    if (!status.ok()) return std::unexpected(to_error(status));
    std::unique_ptr<Engine> engine(
        new Engine(std::move(setup), std::unique_ptr<rocksdb::DB>(db), std::move(families)));
    if (options.mode != EngineOptions::Mode::ReadOnly) TRY(engine->mark_families());
    return engine;
}

// RocksDB's repair learns of a family from its tables alone and drops what the log holds for
// others, so that each gets a table at once: with one key, before those of all accounts.
Result<> Engine::mark_families() {
    rocksdb::WriteOptions write;
    write.sync = true;
    for (auto* family : families_) {
        std::string value;
        auto status = db_->Get(rocksdb::ReadOptions(), family, kMarker, &value);
        // A damaged block is in a table as well.
        if (status.ok() || status.IsCorruption()) continue;
        if (status.IsNotFound()) status = db_->Put(write, family, kMarker, "");
        if (status.ok()) status = db_->Flush(rocksdb::FlushOptions(), family);
        if (!status.ok()) return std::unexpected(to_error(status));
    }
    return {};
}

Engine::Engine(std::unique_ptr<EngineSetup> setup, std::unique_ptr<rocksdb::DB> db,
               std::vector<rocksdb::ColumnFamilyHandle*> families)
    : setup_(std::move(setup)),
      db_(std::move(db)),
      families_(std::move(families)),
      batch_(std::make_unique<rocksdb::WriteBatch>()) {}

Engine::~Engine() {
    for (auto* family : families_) db_->DestroyColumnFamilyHandle(family);
    // What could fail is in the log already.
    db_->Close().PermitUncheckedError();
}

Result<bool> Engine::lend(AccountId account, Table table, std::string_view key,
                          const Store::Take& take) const {
    const auto full = account_prefix(account).append(key);
    rocksdb::PinnableSlice value;
    const auto status = db_->Get(rocksdb::ReadOptions(), family(table), full, &value);
    if (status.IsNotFound()) return false;
    if (!status.ok()) return std::unexpected(to_error(status));
    TRY(take(value.ToStringView()));
    return true;
}

namespace {

// Whether these are numbers in a row, or with few left out.
bool are_in_a_row(const std::vector<std::string>& keys) {
    constexpr std::size_t kFewest = 16, kNumber = 8;
    if (keys.size() < kFewest || keys.front().size() < kNumber) return false;
    const auto split = keys.front().size() - kNumber;
    const auto head = std::string_view(keys.front()).substr(0, split);
    std::uint64_t last = 0;
    for (const auto& key : keys) {
        if (key.size() != split + kNumber || !key.starts_with(head)) return false;
        const auto number = Reader(std::string_view(key).substr(split)).u64();
        if (&key != &keys.front() && (number <= last || number - last > 4)) return false;
        last = number;
    }
    return true;
}

}  // namespace

// A step to the next key costs a fraction of a search. Nullopt: there is damage on the way.
std::optional<Engine::Values> Engine::find_in_a_row(AccountId account, Table table,
                                                    const std::vector<std::string>& keys) const {
    const auto prefix = account_prefix(account);
    rocksdb::ReadOptions read;
    const auto last = prefix + keys.back() + '\0';
    const rocksdb::Slice bound(last);
    read.iterate_upper_bound = &bound;
    Walk at(*db_, family(table), read);
    at.seek(prefix + keys.front());
    Values found(keys.size());
    for (std::size_t i = 0; i < keys.size() && at.is_valid();) {
        const auto order = at.key().ToStringView().substr(kAccountBytes).compare(keys[i]);
        if (order == 0) found[i] = at.value().ToString();
        if (order >= 0) ++i;
        if (order <= 0) at.next();
    }
    if (!at.status().ok()) return std::nullopt;
    return found;
}

Result<Engine::Values> Engine::find_many(AccountId account, Table table,
                                         const std::vector<std::string>& keys) const {
    if (are_in_a_row(keys)) {
        if (auto found = find_in_a_row(account, table, keys)) return *std::move(found);
    }
    auto prefix = account_prefix(account);
    std::vector<std::string> full;
    full.reserve(keys.size());
    for (const auto& key : keys) full.push_back(prefix + key);
    std::vector<rocksdb::Slice> slices(full.begin(), full.end());
    std::vector<rocksdb::PinnableSlice> values(keys.size());
    std::vector<rocksdb::Status> statuses(keys.size());
    db_->MultiGet(rocksdb::ReadOptions(), family(table), keys.size(), slices.data(), values.data(),
                  statuses.data());
    Values found(keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (statuses[i].ok()) {
            found[i] = values[i].ToString();
        } else if (!statuses[i].IsNotFound()) {
            return std::unexpected(to_error(statuses[i]));
        }
    }
    return found;
}

Result<> Engine::scan(AccountId account, Table table, std::string_view from, std::string_view to,
                      const Store::Each& each) const {
    auto first = account_prefix(account).append(from);
    auto last = to.empty() ? account_prefix({account.v + 1}) : account_prefix(account).append(to);
    rocksdb::ReadOptions read;
    const rocksdb::Slice bound(last);
    // The last account of all has none behind it.
    if (!to.empty() || account.v != UINT64_MAX) read.iterate_upper_bound = &bound;
    Walk at(*db_, family(table), read);
    for (at.seek(first); at.is_valid(); at.next()) {
        if (!each(at.key().ToStringView().substr(kAccountBytes), at.value().ToStringView()))
            return {};
    }
    if (!at.status().ok()) return std::unexpected(to_error(at.status()));
    return {};
}

Result<std::vector<AccountId>> Engine::accounts() const {
    std::set<AccountId> found;
    for (int table = 0; table < kTables; ++table) {
        Walk at(*db_, family(Table(table)));
        for (at.seek(account_prefix({})); at.is_valid();) {
            AccountId account{Reader(at.key().ToStringView()).u64()};
            found.insert(account);
            if (account.v == UINT64_MAX) break;
            at.seek(account_prefix({account.v + 1}));
        }
        if (!at.status().ok()) return std::unexpected(to_error(at.status()));
    }
    return std::vector(found.begin(), found.end());
}

Result<> Engine::write(const Group& group) {
    batch_->Clear();
    for (const auto& [account, batch] : group) {
        auto prefix = account_prefix(account);
        for (const auto& change : batch->changes()) {
            // In parts: a copy of a body less.
            rocksdb::Slice key[] = {prefix, change.key}, value[] = {change.value};
            auto status = change.is_erase
                              ? batch_->Delete(family(change.table), rocksdb::SliceParts(key, 2))
                              : batch_->Put(family(change.table), rocksdb::SliceParts(key, 2),
                                            rocksdb::SliceParts(value, 1));
            CHECK(status.ok());
        }
    }
    if (batch_->Count() == 0) return {};
    rocksdb::WriteOptions write;
    write.sync = !sabotaged(Sabotage::SkipFlush);
    auto status = db_->Write(write, batch_.get());
    if (!status.ok()) return std::unexpected(to_error(status));
    return {};
}

std::uint64_t Engine::sequence() const { return db_->GetLatestSequenceNumber(); }

Result<> Engine::flush() {
    auto status = db_->Flush(rocksdb::FlushOptions(), families_);
    if (!status.ok()) return std::unexpected(to_error(status));
    return {};
}

Result<> Engine::choose_garbage(bool is_short) {
    auto* bodies = family(Table::Bodies);
    std::uint64_t bytes = 0, garbage = 0;
    if (!db_->GetIntProperty(bodies, rocksdb::DB::Properties::kLiveBlobFileSize, &bytes) ||
        !db_->GetIntProperty(bodies, rocksdb::DB::Properties::kLiveBlobFileGarbageSize, &garbage)) {
        return {};
    }
    const auto worth = is_short ? kWorthCollectingShort : kWorthCollecting;
    const auto at_once = is_short ? kCollectedAtOnceShort : kCollectedAtOnce;
    double cutoff = 0;
    if (static_cast<double>(garbage) > worth * static_cast<double>(bytes)) {
        rocksdb::ColumnFamilyMetaData all;
        db_->GetColumnFamilyMetaData(bodies, &all);
        std::uint64_t taken = 0;
        std::size_t files = 0;
        for (const auto& file : all.blob_files) {
            if (taken >= at_once) break;
            taken += file.total_blob_bytes - file.garbage_blob_bytes;
            ++files;
        }
        if (files == files_below(garbage_cutoff_, all.blob_files.size())) return {};
        cutoff = std::min(
            1.0, (static_cast<double>(files) + 0.5) / static_cast<double>(all.blob_files.size()));
    }
    if (cutoff == garbage_cutoff_) return {};
    auto status = db_->SetOptions(
        bodies, {{"blob_garbage_collection_age_cutoff", fmt::format("{}", cutoff)}});
    if (!status.ok()) return std::unexpected(to_error(status));
    garbage_cutoff_ = cutoff;
    return {};
}

Result<> Engine::checkpoint(const std::string& path) {
    rocksdb::Checkpoint* made = nullptr;
    auto status = rocksdb::Checkpoint::Create(db_.get(), &made);
    std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
    if (status.ok()) status = checkpoint->CreateCheckpoint(path);
    if (!status.ok()) return std::unexpected(to_error(status));
    return {};
}

Result<std::string> Engine::identity() const {
    std::string identity;
    auto status = db_->GetDbIdentity(identity);
    if (!status.ok()) return std::unexpected(to_error(status));
    return identity;
}

Memory Engine::memory() const {
    const auto& buffers = *setup_->db->write_buffer_manager;
    const auto& cache = *setup_->cache;
    return {.cache_bytes = cache.GetUsage(),
            .cache_limit = cache.GetCapacity(),
            .buffer_bytes = buffers.memory_usage(),
            .buffer_limit = buffers.buffer_size()};
}

}  // namespace rook::store
