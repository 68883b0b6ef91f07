// Puts a rook::Files beneath RocksDB, so that a test can run the real store on simulated files.
#pragma once

#include <memory>

#include "base/files.h"

namespace rocksdb {
class FileSystem;
}

namespace rook::store {

// `files` must outlive it.
std::shared_ptr<rocksdb::FileSystem> make_rocksdb_files(Files& files);

}  // namespace rook::store
