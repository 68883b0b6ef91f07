// Verifying every byte that the store keeps.
#include <rocksdb/db.h>

#include <algorithm>
#include <set>

#include "base/codec.h"
#include "store/embedded/blob_files.h"
#include "store/embedded/embedded_store.h"
#include "store/embedded/engine.h"
#include "store/embedded/folder.h"
#include "store/embedded/log_scan.h"
#include "store/embedded/mend_tables.h"

namespace rook::store {
namespace {

constexpr std::size_t kPrefix = 8;

Damage damage_at(std::string file, std::string what, std::string_view key) {
    Damage damage{std::move(file), std::move(what), {}, {}};
    if (key.size() > kPrefix) {
        damage.account = AccountId{Reader(key).u64()};
        damage.key = key.substr(kPrefix);
    }
    return damage;
}

// The tables and body files that are to be whole: those that the manifest names. A cut leaves
// others unfinished, and the next start removes them. Without a manifest any may hold mail.
class Wanted {
public:
    Wanted() = default;
    explicit Wanted(Engine& engine) : knows_(true) {
        std::vector<rocksdb::LiveFileMetaData> tables;
        engine.raw().GetLiveFilesMetaData(&tables);
        for (const auto& table : tables) names_.insert(table.relative_filename);
        rocksdb::ColumnFamilyMetaData bodies;
        engine.raw().GetColumnFamilyMetaData(engine.family(Table::Bodies), &bodies);
        // With a slash in front.
        for (const auto& file : bodies.blob_files) names_.insert(file.blob_file_name.substr(1));
    }
    bool has(const std::string& name) const { return !knows_ || names_.contains(name); }

private:
    bool knows_ = false;
    std::set<std::string> names_;
};

Result<> check_tables(Folder& folder, const EngineSetup& setup, const Wanted& wanted,
                      CheckReport& report) {
    for (const auto& [number, name] :
         TRY(list_numbered(folder.files(), folder.db_path(), ".sst"))) {
        if (!wanted.has(name)) continue;
        auto path = folder.db_path() + "/" + name;
        auto damage = table_damage(setup, path);
        if (!damage.empty()) report.damage.push_back({"db/" + name, std::move(damage), {}, {}});
        ++report.files;
        report.bytes += folder.files().size(path).value_or(0);
    }
    return {};
}

// What was erased, or written again elsewhere, nobody reads: it stays in its file until that is
// collected.
bool is_garbage(Engine& engine, const std::string& key) {
    rocksdb::ReadOptions read;
    read.fill_cache = false;
    rocksdb::PinnableSlice value;
    const auto status = engine.raw().Get(read, engine.family(Table::Bodies), key, &value);
    return status.ok() || status.IsNotFound();
}

Result<> check_bodies(Folder& folder, Engine* engine, const Wanted& wanted, CheckReport& report) {
    for (const auto& [number, name] :
         TRY(list_numbered(folder.files(), folder.db_path(), ".blob"))) {
        if (!wanted.has(name)) continue;
        auto path = folder.db_path() + "/" + name;
        TRY(scan_blob_file(folder.files(), path, [&](const BlobRecord& record) {
            if (record.damage.empty()) return;
            if (engine && !record.key.empty() && is_garbage(*engine, record.key)) return;
            report.damage.push_back(damage_at("db/" + name, record.damage, record.key));
        }));
        ++report.files;
        report.bytes += folder.files().size(path).value_or(0);
    }
    return {};
}

// What the manifest says must be there, and what a reader gets to see.
Result<> check_records(Folder& folder, Engine& engine, Log& log, CheckReport& report) {
    auto expected = folder.horizon().sequence();
    auto scan = TRY(scan_logs(folder.files(), folder.db_path()));
    report.files += scan.files;
    report.bytes += scan.bytes;
    expected = std::max(expected, scan.highest);
    if (engine.sequence() < expected) {
        report.damage.push_back({"db", "changes that were on the disk are missing", {}, {}});
    } else if (!TRY(folder.is_manifest_whole()) && !TRY(folder.is_known(engine, scan, log))) {
        report.damage.push_back(
            {"db", "a table is missing from the manifest, whose end is damaged", {}, {}});
    }
    rocksdb::ReadOptions read;
    read.fill_cache = false;
    for (auto table : {Table::Records, Table::Summaries, Table::Signatures}) {
        std::unique_ptr<rocksdb::Iterator> at(engine.raw().NewIterator(read, engine.family(table)));
        std::string last;
        for (at->Seek(account_prefix({})); at->Valid(); at->Next()) {
            last = at->key().ToString();
            ++report.records;
        }
        if (!at->status().ok()) {
            report.damage.push_back(
                damage_at("db", "behind this key: " + at->status().ToString(), last));
        }
    }
    // The bodies themselves were read from their files.
    rocksdb::ColumnFamilyMetaData bodies;
    engine.raw().GetColumnFamilyMetaData(engine.family(Table::Bodies), &bodies);
    for (const auto& file : bodies.blob_files) {
        report.records += file.total_blob_count - file.garbage_blob_count;
        auto size = folder.files().size(folder.db_path() + "/" + file.blob_file_name);
        if (size.value_or(0) < file.blob_file_size) {
            report.damage.push_back(
                {"db/" + file.blob_file_name, "the file is missing or cut", {}, {}});
        }
    }
    return {};
}

}  // namespace

Result<CheckReport> check_embedded_store(EmbeddedOptions options, Log& log) {
    auto folder = TRY(Folder::open(options, Folder::For::Check));
    auto engine_options = folder->engine_options(EngineOptions::Mode::ReadOnly);
    CheckReport report;
    auto engine = TRY(folder->is_rebuilding()) ? fail(Why::Corrupt, "", "a repair was interrupted")
                                               : Engine::open(engine_options, log);
    const Wanted wanted = engine ? Wanted(**engine) : Wanted();
    TRY(check_tables(*folder, EngineSetup(engine_options, log), wanted, report));
    TRY(check_bodies(*folder, engine ? engine->get() : nullptr, wanted, report));
    if (engine) {
        TRY(check_records(*folder, **engine, log, report));
    } else if (engine.error().why == Why::Corrupt || engine.error().why == Why::Io) {
        report.damage.push_back({"db", "it does not open: " + engine.error().detail, {}, {}});
    } else {
        return std::unexpected(engine.error());
    }
    return report;
}

}  // namespace rook::store
