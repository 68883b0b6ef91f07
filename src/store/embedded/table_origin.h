// Where a table came from: each notes in its properties the level that it was made for.
#pragma once

#include <memory>
#include <optional>
#include <string>

namespace rocksdb {
struct Options;
class TablePropertiesCollectorFactory;
}  // namespace rocksdb

namespace rook::store {

std::shared_ptr<rocksdb::TablePropertiesCollectorFactory> note_table_origin();

// 0: made of what was in a log, which goes once the manifest names the table. Others were made of
// tables, which stay until then. Nothing when the file is not a whole table.
std::optional<int> table_level(const rocksdb::Options&, const std::string& path);

}  // namespace rook::store
