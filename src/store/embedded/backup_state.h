// A state of a folder of backups: the files that a store was made of, as its list in the folder
// says them (docs/formats/backup.md).
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rook::store {

struct BackupFile {
    std::string name;  // in RocksDB's folder
    std::uint64_t size = 0;
    std::uint32_t sum = 0;  // CRC-32C

    // Its name in the folder of backups. The same content of the same name is there once.
    std::string copy() const;
};

struct BackupState {
    std::string name;
    std::int64_t made = 0;       // seconds since 1970
    std::string store;           // Store::Snapshot::store
    std::uint64_t restores = 0;  // number of the last restore from the folder before this one
    std::vector<BackupFile> files;

    std::uint64_t bytes() const;
};

// Names of states and of files: letters, digits and - _ . in between.
bool is_good_backup_name(std::string_view);

std::string write_state(const BackupState&);
// Nullopt when it is damaged. Its name is that of the file.
std::optional<BackupState> read_state(std::string name, std::string_view text);

}  // namespace rook::store
