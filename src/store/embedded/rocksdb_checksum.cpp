// RocksDB's checksum, in place of its own (docs/decisions/0007-rocksdb-checksum.md).
//
// Debian builds RocksDB for processors without a CRC32C instruction: every byte of a log record and
// of a body file goes through a table, an eighth of what a delivery costs. The library calls this
// function through its symbol table, where the program's comes first. It gives the same numbers;
// without it, everything works as before.
#include "base/codec.h"

namespace rocksdb::crc32c {

std::uint32_t Extend(std::uint32_t init, const char* data, std::size_t n);
std::uint32_t Extend(std::uint32_t init, const char* data, std::size_t n) {
    return rook::crc32c({data, n}, init);
}

}  // namespace rocksdb::crc32c
