// Goes through a table's keys as they are at one moment.
//
// An iterator asserts what a sum would have found, and the process would end: so it looks at the
// sums. Where it then meets a damaged body, a second one that does not gives the key and what there
// is: the blocks on the way are in the cache by then, and good.
#pragma once

#include <rocksdb/db.h>

#include <memory>
#include <string>

namespace rook::store {

class Walk {
public:
    // `bound` of `read`, if any, outlives it.
    Walk(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* family, rocksdb::ReadOptions read = {});

    void seek(const std::string& from);
    void next();
    // Not at the end, nor at damage: status() tells the two apart.
    bool is_valid() const { return at_->Valid(); }
    rocksdb::Slice key() const { return at_->key(); }
    rocksdb::Slice value() const { return at_->value(); }
    rocksdb::Status status() const { return at_->status(); }

private:
    void find_damaged(const std::string& from);

    rocksdb::DB& db_;
    rocksdb::ColumnFamilyHandle* const family_;
    // No snapshot for the two: to let one go can begin a compaction.
    const rocksdb::ReadOptions read_;
    std::unique_ptr<rocksdb::Iterator> checking_, trusting_;
    rocksdb::Iterator* at_ = nullptr;
    std::string behind_;
};

// The least key behind this one.
std::string just_behind(rocksdb::Slice key);

}  // namespace rook::store
