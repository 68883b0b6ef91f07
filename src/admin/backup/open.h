// Folders of backups as the verbs open them: at the caller's end, with the caller's rights.
//
// Threads: one.
#pragma once

#include <memory>
#include <string>

#include "admin/verb.h"
#include "base/clock.h"
#include "base/files.h"
#include "base/log.h"
#include "directory/directory.h"
#include "store/embedded/backup_store.h"

namespace rook::admin {

struct BackupFiles {
    std::unique_ptr<Files> files = make_system_files();
    std::unique_ptr<store::BackupFolder> folder;

    static Result<std::unique_ptr<BackupFiles>> open(const Args&, store::BackupFolder::For);
};

// One of its states, to read accounts and messages from.
struct OpenState {
    std::unique_ptr<BackupFiles> backup;
    const store::BackupState* state = nullptr;
    NullLog log;
    SystemClock clock;
    std::unique_ptr<store::Store> store;
    std::unique_ptr<directory::Directory> directory;
    directory::AccountPtr account;  // that --account names

    static Result<std::unique_ptr<OpenState>> open(const Args&);
};

// The row of the stream by which an account's records go to the server: u8 table, text key, text
// value (base/codec.h).
void append_row(std::string& out, store::Table, std::string_view key, std::string_view value);

}  // namespace rook::admin
