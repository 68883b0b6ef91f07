// The folder that an embedded store lives in: its lock, its format number, its horizon, and
// RocksDB's own folder inside (docs/formats/store.md).
//
// Threads: one at a time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/log.h"
#include "store/embedded/embedded_store.h"
#include "store/embedded/engine.h"
#include "store/embedded/horizon.h"
#include "store/embedded/log_scan.h"

namespace rook::store {

// Bumped when an older program could not read, or would harm, what a newer one wrote.
constexpr int kStoreFormat = 1;

class Folder {
public:
    // Serve makes the folder when it is absent. Repair takes one whose format or horizon file is
    // damaged, and notes it.
    enum class For : std::uint8_t { Serve, Check, Repair };
    // Locks the folder until destroyed. Errors: Busy, Unsupported, NotFound, Corrupt, Io, NoSpace.
    static Result<std::unique_ptr<Folder>> open(const EmbeddedOptions&, For);

    Files& files() { return files_; }
    Horizon& horizon() { return horizon_; }
    std::string path(std::string_view name) const {
        return options_.path + "/" + std::string(name);
    }
    std::string db_path() const { return path("db"); }
    std::string ballast_path() const { return path("ballast"); }
    const std::vector<std::string>& notes() const { return notes_; }
    EngineOptions engine_options(EngineOptions::Mode) const;
    // CURRENT is gone, but not what it leads to.
    Result<bool> is_headless();
    // Behind a damaged edit RocksDB may not look for more, and delete the tables that it names.
    Result<bool> is_manifest_whole();
    // Manifest and logs tell of less than was on the disk: of a manifest that ends too early too,
    // though it ends with a whole edit.
    Result<bool> is_short(const LogScan&);
    // Of a manifest that is damaged or short: whether all that its lost end named is there without
    // it.
    Result<bool> is_known(Engine&, const LogScan&, Log&);
    // A repair is rebuilding RocksDB's manifest, or was interrupted while it did (repair.cpp).
    std::string rebuilding_path() const { return path("rebuilding"); }
    Result<bool> is_rebuilding() { return files_.exists(rebuilding_path()); }

    // Opens RocksDB with these options for Serve, or finds that acknowledged changes are missing
    // (Corrupt) before anything on the disk has changed.
    Result<std::unique_ptr<Engine>> open_engine(EngineOptions, Log&);

private:
    Folder(EmbeddedOptions, For);
    Result<> lock();
    Result<> check_format();
    Result<> open_horizon();
    Result<std::string> manifest_path();
    Result<> cut_manifest(const LogScan&, std::uint64_t expected, Log&);

    const EmbeddedOptions options_;
    const For purpose_;
    std::unique_ptr<Files> own_files_;
    Files& files_;
    std::unique_ptr<FileLock> lock_;
    Horizon horizon_;
    std::vector<std::string> notes_;
};

}  // namespace rook::store
