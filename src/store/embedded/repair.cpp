// Making a damaged store open again.
#include <fmt/format.h>
#include <rocksdb/db.h>

#include <algorithm>

#include "store/embedded/blob_files.h"
#include "store/embedded/embedded_store.h"
#include "store/embedded/engine.h"
#include "store/embedded/folder.h"
#include "store/embedded/log_scan.h"
#include "store/embedded/mend_tables.h"

namespace rook::store {
namespace {

// Moves every file of the folder, if there is one.
Result<> move_files(Files& files, const std::string& from, const std::string& to,
                    std::string_view suffix) {
    if (!TRY(files.exists(from))) return {};
    TRY(files.make_dir(to));
    for (const auto& name : TRY(files.list(from))) {
        if (name.ends_with(suffix)) TRY(files.rename(from + "/" + name, to + "/" + name));
    }
    TRY(files.sync_dir(to));
    return files.sync_dir(from);
}

std::string copies_of_logs(const Folder& folder) { return folder.path("rebuilding-logs"); }

// What an interrupted rebuild left: the logs come back, and the tables that were made from them,
// which the marker does not list, go. RocksDB refuses a store that has a table twice.
Result<> undo_rebuild(Folder& folder) {
    auto& files = folder.files();
    auto dir = folder.db_path(), copies = copies_of_logs(folder);
    auto listed = TRY(files.load(folder.rebuilding_path()));
    for (const auto& [number, name] : TRY(list_numbered(files, copies, ".log"))) {
        auto content = TRY(files.load(copies + "/" + name));
        TRY(files.replace(dir + "/" + name, content));
    }
    for (const auto& [number, name] : TRY(list_numbered(files, dir, ".sst"))) {
        if (listed.find("\n" + name + "\n") == listed.npos) TRY(files.remove(dir + "/" + name));
    }
    return files.sync_dir(dir);
}

Result<> drop_copies(Folder& folder) {
    auto& files = folder.files();
    auto copies = copies_of_logs(folder);
    if (!TRY(files.exists(copies))) return {};
    for (const auto& name : TRY(files.list(copies))) TRY(files.remove(copies + "/" + name));
    return files.remove_dir(copies);
}

// Copies of the logs, since RocksDB moves them away without a flush of either folder, and a list of
// the tables.
Result<> begin_rebuild(Folder& folder) {
    auto& files = folder.files();
    auto dir = folder.db_path(), copies = copies_of_logs(folder);
    TRY(drop_copies(folder));
    TRY(files.make_dir(copies));
    for (const auto& [number, name] : TRY(list_numbered(files, dir, ".log"))) {
        auto content = TRY(files.load(dir + "/" + name));
        TRY(files.replace(copies + "/" + name, content));
    }
    std::string list = "tables:\n";
    for (const auto& [number, name] : TRY(list_numbered(files, dir, ".sst"))) list += name + "\n";
    return files.replace(folder.rebuilding_path(), list);
}

// RocksDB collects its tables and turns its logs into tables; what it has read, or cannot read, it
// moves to db/lost. The body files are our part.
//
// For a moment there is a manifest that names no tables: opened then, RocksDB would delete them. So
// the marker stands from before until after, and nothing but a repair opens a folder with the
// marker.
Result<> rebuild(Folder& folder, Log& log, RepairReport& report) {
    auto& files = folder.files();
    if (TRY(folder.is_rebuilding())) {
        TRY(undo_rebuild(folder));
    } else {
        TRY(begin_rebuild(folder));
    }
    auto options = folder.engine_options(EngineOptions::Mode::Salvage);
    {
        EngineSetup setup(options, log);
        auto status = rocksdb::RepairDB(options.path, *setup.db, setup.families);
        if (!status.ok()) return std::unexpected(to_error(status));
    }
    report.was_rebuilt = true;
    // Numbers of files that were lost are given out again: for backups it is another store.
    if (auto identity = options.path + "/IDENTITY"; TRY(files.exists(identity))) {
        TRY(files.remove(identity));
    }
    auto adopted = TRY(adopt_blob_files(files, options.path));
    report.body_files = adopted.files;
    for (const auto& name : adopted.refused) {
        report.notes.push_back(
            fmt::format("The body file {} is not whole: its bodies are lost", name));
    }
    TRY(files.remove(folder.rebuilding_path()));
    TRY(files.sync_dir(folder.path("")));
    TRY(drop_copies(folder));

    auto lost = folder.path("lost");
    TRY(move_files(files, folder.db_path() + "/lost", lost, ""));
    if (!TRY(files.exists(lost))) return {};
    if (auto tables = TRY(list_numbered(files, lost, ".sst")); !tables.empty()) {
        report.notes.push_back(fmt::format(
            "{} tables could not be read; they are kept in the folder `lost`", tables.size()));
    }
    return {};
}

// Opened for real, RocksDB would delete it.
Result<bool> lacks_a_table(Folder& folder, const LogScan& scan, Log& log) {
    if (!TRY(folder.is_short(scan))) return false;
    auto engine = Engine::open(folder.engine_options(EngineOptions::Mode::ReadOnly), log);
    return engine && !TRY(folder.is_known(**engine, scan, log));
}

Result<std::unique_ptr<Engine>> open_or_rebuild(Folder& folder, const LogScan& scan, Log& log,
                                                RepairReport& report) {
    auto options = folder.engine_options(EngineOptions::Mode::Salvage);
    if (TRY(folder.is_rebuilding())) {
        report.notes.push_back("An earlier repair was interrupted: done again");
    } else if (TRY(folder.is_headless())) {
        report.notes.push_back("The file CURRENT was missing");
    } else if (!TRY(folder.is_manifest_whole())) {
        report.notes.push_back("RocksDB's manifest was damaged");
    } else if (TRY(lacks_a_table(folder, scan, log))) {
        report.notes.push_back("RocksDB's manifest ended too early");
    } else {
        auto engine = Engine::open(options, log);
        if (engine) return engine;
        if (engine.error().why != Why::Corrupt && engine.error().why != Why::Io) return engine;
        report.notes.push_back("RocksDB did not open the store: " + engine.error().detail);
    }
    TRY(rebuild(folder, log, report));
    return Engine::open(options, log);
}

// RocksDB reads no body of a file without its end; a walk stands still there.
Result<> mend_body_files(Folder& folder, std::unique_ptr<Engine>& engine, Log& log,
                         RepairReport& report) {
    auto& files = folder.files();
    auto* family = engine->family(Table::Bodies);
    rocksdb::ColumnFamilyMetaData bodies;
    engine->raw().GetColumnFamilyMetaData(family, &bodies);
    const auto family_number = family->GetID();
    engine.reset();
    for (const auto& file : bodies.blob_files) {
        const auto path = folder.db_path() + file.blob_file_name;
        const auto content = TRY(files.exists(path)) ? TRY(files.load(path)) : "";
        const auto mended = mend_blob_file(
            content, {.bytes = file.blob_file_size, .records = file.total_blob_count},
            family_number);
        if (!mended) continue;
        const auto name = file.blob_file_name.substr(1), lost = folder.path("lost");
        TRY(files.make_dir(lost));
        TRY(files.replace(lost + "/" + name, content));
        TRY(files.replace(path, *mended));
        report.notes.push_back(fmt::format(
            "The body file {} was cut or damaged: what is left of it can be read; as it was it is "
            "kept in the folder `lost`",
            name));
    }
    engine = TRY(Engine::open(folder.engine_options(EngineOptions::Mode::Salvage), log));
    return {};
}

void say_what_is_gone(RepairReport& report) {
    if (report.sequence < report.horizon) {
        report.notes.push_back(fmt::format("Up to {} changes of the last ones are lost",
                                           report.horizon - report.sequence));
    }
    if (report.log_bytes_lost > 0) {
        report.notes.push_back(fmt::format(
            "{} bytes of the log could not be read; the damaged log is kept in the folder `lost`",
            report.log_bytes_lost));
    }
}

}  // namespace

Result<RepairReport> repair_embedded_store(EmbeddedOptions options, Log& log) {
    auto folder = TRY(Folder::open(options, Folder::For::Repair));
    auto& files = folder->files();
    RepairReport report;
    report.notes = folder->notes();
    auto scan = TRY(scan_logs(files, folder->db_path()));
    report.log_records = scan.records;
    report.log_bytes_lost = scan.bytes_lost;
    report.horizon = std::max(folder->horizon().sequence(), scan.highest);
    if (scan.is_broken) {
        TRY(files.make_dir(folder->path("lost")));
        TRY(mend_logs(files, folder->db_path(), folder->path("lost")));
    }
    auto engine = TRY(open_or_rebuild(*folder, scan, log, report));
    TRY(mend_body_files(*folder, engine, log, report));
    TRY(mend_tables(*folder, engine, log, report));
    // So that what was read from a damaged log is in tables, and the log can go.
    TRY(engine->flush());
    report.sequence = engine->sequence();
    engine.reset();
    say_what_is_gone(report);
    // Only now: an interrupted repair must be asked for again.
    TRY(folder->horizon().reset(report.sequence));
    return report;
}

}  // namespace rook::store
