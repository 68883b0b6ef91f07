// RocksDB's body files ("blob files"), read and taken in without RocksDB.
//
// Its own repair forgets them: the tables that it collects point into files that the new manifest
// does not name, and the next opening would delete those.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/files.h"

namespace rook::store {

// NNNNNN.suffix in the folder, by number.
Result<std::vector<std::pair<std::uint64_t, std::string>>> list_numbered(Files&,
                                                                         const std::string& dir,
                                                                         std::string_view suffix);

struct BlobRecord {
    std::string key;     // with the account in front; empty when it cannot be told
    std::string damage;  // empty: good
};
// Calls `each` for the records of a body file, reading and verifying all of it. After damage that
// hides where the next record begins there are no more. Gives the number of good ones.
Result<std::uint64_t> scan_blob_file(Files&, const std::string& path,
                                     const std::function<void(const BlobRecord&)>& each);

// A body file that RocksDB opens, of what there is of one whose header or end is damaged or cut:
// the records that are left stand where they stood, and blanks where others did. nullopt when both
// its ends are whole.
struct BlobFileSize {
    std::uint64_t bytes = 0, records = 0;  // as the manifest says
};
std::optional<std::string> mend_blob_file(const std::string& content, BlobFileSize,
                                          std::uint32_t family);

struct Adopted {
    std::uint64_t files = 0;
    std::vector<std::string> refused;  // names of files that are not whole
};
// Names every whole body file in the manifest that CURRENT names, where it names none of them.
Result<Adopted> adopt_blob_files(Files&, const std::string& dir);

}  // namespace rook::store
