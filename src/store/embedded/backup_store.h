// A state of a folder of backups, opened as a store that is only read: for one account or one
// message out of it. And the whole of it, as a store's folder.
//
// Threads: as store.h says.
#pragma once

#include <memory>

#include "base/log.h"
#include "store/embedded/backup_folder.h"
#include "store/embedded/embedded_store.h"
#include "store/store.h"

namespace rook::store {

// Batches are answered with Unsupported. `folder` and `log` outlive it. Corrupt, Io.
Result<std::unique_ptr<Store>> open_backup_store(const BackupFolder& folder, const BackupState&,
                                                 Log& log);

// Makes the folder of a store, which must not be there yet, from the state. Open it afterwards as
// any other.
Result<> restore_store_files(BackupFolder&, const BackupState&, const EmbeddedOptions& to,
                             const BackupFolder::Told&);

}  // namespace rook::store
