// The folder that an embedded store lives in: its lock, its format number, its horizon, and
// RocksDB's own folder inside (docs/formats/store.md).
//
// Threads: one at a time.
#pragma once

#include <memory>
#include <string>

#include "base/files.h"
#include "base/log.h"
#include "store/embedded/embedded_store.h"
#include "store/embedded/engine.h"
#include "store/embedded/horizon.h"

namespace rook::store {

// Bumped when an older program could not read, or would harm, what a newer one wrote.
constexpr int kStoreFormat = 1;

class Folder {
public:
    enum class IfAbsent : std::uint8_t { Make, Fail };
    // Locks the folder until destroyed. Errors: Busy, Unsupported, NotFound, Corrupt, Io, NoSpace.
    static Result<std::unique_ptr<Folder>> open(const EmbeddedOptions&, IfAbsent);

    Files& files() { return files_; }
    Horizon& horizon() { return horizon_; }
    std::string path(std::string_view name) const {
        return options_.path + "/" + std::string(name);
    }
    std::string db_path() const { return path("db"); }
    std::string ballast_path() const { return path("ballast"); }
    EngineOptions engine_options(EngineOptions::Mode) const;

    // Opens RocksDB, or finds that acknowledged changes are missing (Corrupt) before anything on
    // the disk has changed.
    Result<std::unique_ptr<Engine>> open_engine(std::function<void()> is_sick, Log&);

private:
    Folder(EmbeddedOptions options, std::unique_ptr<Files> own_files, Files& files,
           std::unique_ptr<FileLock> lock, Horizon horizon)
        : options_(std::move(options)),
          own_files_(std::move(own_files)),
          files_(files),
          lock_(std::move(lock)),
          horizon_(std::move(horizon)) {}

    EmbeddedOptions options_;
    std::unique_ptr<Files> own_files_;
    Files& files_;
    std::unique_ptr<FileLock> lock_;
    Horizon horizon_;
};

}  // namespace rook::store
