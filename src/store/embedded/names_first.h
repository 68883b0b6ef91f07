// What RocksDB leaves to the file system: that a file which a new CURRENT names is there after a
// power cut. It makes a manifest, then renames CURRENT, and only then flushes their folder; where
// names reach the disk in another order (POSIX promises none) the new CURRENT points at nothing,
// and the store does not open. With this beneath it the folder is flushed before every rename too.
#pragma once

#include <memory>

namespace rocksdb {
class FileSystem;
}

namespace rook::store {

std::shared_ptr<rocksdb::FileSystem> flush_names_first(std::shared_ptr<rocksdb::FileSystem>);

}  // namespace rook::store
