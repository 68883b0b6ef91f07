// Shows RocksDB another file in the place of one: so that it is seen what it would make of a folder
// before anything in the folder is changed.
#pragma once

#include <memory>
#include <string>

namespace rocksdb {
class FileSystem;
}

namespace rook::store {

// `other` is read where `file` is asked for.
std::shared_ptr<rocksdb::FileSystem> read_instead(std::shared_ptr<rocksdb::FileSystem>,
                                                  std::string file, std::string other);

}  // namespace rook::store
