// Puts a rook::Files beneath RocksDB, so that a test can run the real store on simulated files.
#pragma once

#include <memory>

#include "base/files.h"

namespace rocksdb {
class Env;
}

namespace rook::store {

// `files` must outlive it. RocksDB waits a second after some errors; with this it does not.
std::unique_ptr<rocksdb::Env> make_rocksdb_env(Files& files);

}  // namespace rook::store
