// A folder of backups of an embedded store: states by name, and the files that they share
// (docs/formats/backup.md). RocksDB's tables and body files never change, so that a state takes
// over those that an earlier one of the same store has.
//
// Made by:  the command line, with the caller's rights; no server reads or writes it.
// Threads:  one at a time; other processes are kept out by a lock.
// Errors:   `said` names the folder's files: who asks is the administrator. Busy (another backup or
//           restore uses the folder), NotFound, Exists, Cannot (not a folder of backups),
//           Unsupported (a newer program wrote it), Corrupt, NoSpace, Denied, Io.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "store/embedded/backup_state.h"

namespace rook::store {

struct BackupAdded {
    BackupState state;
    std::uint64_t new_files = 0, new_bytes = 0;
};

struct BackupDamage {
    std::string file;  // within the folder
    std::string what;
    std::vector<std::string> states;  // that need it
};
struct BackupVerified {
    std::uint64_t states = 0, files = 0, bytes = 0;
    std::vector<BackupDamage> damage;
};

class BackupFolder {
public:
    // Add makes the folder when it is absent (its parent must exist) or empty.
    enum class For : std::uint8_t { Add, Read };
    static Result<std::unique_ptr<BackupFolder>> open(Files&, std::string path, For);

    // By age. A state whose list is damaged is left out and named in damaged().
    const std::vector<BackupState>& states() const { return states_; }
    const std::vector<std::string>& damaged() const { return damaged_; }
    // By name; the newest for "". NotFound, Corrupt.
    Result<const BackupState*> find(std::string_view name) const;

    using Told = std::function<void(std::uint64_t done, std::uint64_t all)>;  // bytes
    // Copies what is new of a snapshot, and then makes the state, durably: cut off before, the
    // folder is as it was. BadSyntax for a name with other than letters, digits and - _ .
    Result<BackupAdded> add(const std::string& snapshot, std::string_view store,
                            const std::string& name, std::int64_t made, const Told&);
    // Reads everything and compares the sums.
    Result<BackupVerified> verify(const Told&);
    // Removes all but the newest `count` states, and the files that no state has. Gives how many.
    // Cannot while a state is damaged: its files are not known.
    Result<std::uint64_t> keep(std::size_t count);

    // Copies a state's files into an empty folder, comparing the sums. Durable.
    Result<> copy_out(const BackupState&, const std::string& to, const Told&);
    // Numbers a restore, durably: higher than all from this folder before it, and than `last`, one
    // that what is restored has been through (mailbox/restore.h).
    Result<std::uint64_t> count_restore(std::uint64_t last);

    std::string copy_path(const BackupFile& file) const { return files_dir() + "/" + file.copy(); }
    Files& files() const { return files_; }

private:
    BackupFolder(Files& files, std::string path) : files_(files), path_(std::move(path)) {}
    Result<> make_or_check(For);
    Result<> load_states();
    // Of the states of this store, by name.
    std::map<std::string, const BackupFile*> unchanging(std::string_view store) const;
    Result<> remove_unused();
    Result<std::uint64_t> restores() const;
    std::string restores_path() const { return path_ + "/restores"; }
    std::string files_dir() const { return path_ + "/files"; }
    std::string states_dir() const { return path_ + "/states"; }

    Files& files_;
    const std::string path_;
    std::unique_ptr<FileLock> lock_;
    std::vector<BackupState> states_;
    std::vector<std::string> damaged_;
};

}  // namespace rook::store
