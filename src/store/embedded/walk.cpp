#include "store/embedded/walk.h"

#include <utility>

namespace rook::store {

Walk::Walk(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* family, rocksdb::ReadOptions read)
    : db_(db),
      family_(family),
      read_(std::move(read)),
      checking_(db_.NewIterator(read_, family_)),
      at_(checking_.get()) {}

void Walk::seek(const std::string& from) {
    // After an error an iterator can take the next good block for the bad one.
    if (!checking_->status().ok()) checking_.reset(db_.NewIterator(read_, family_));
    checking_->Seek(from);
    find_damaged(from);
}

void Walk::next() {
    // Where it would go on behind damage: the same room for each key.
    behind_.assign(key().data(), key().size());
    behind_.push_back('\0');
    if (at_ != checking_.get()) return seek(behind_);
    checking_->Next();
    find_damaged(behind_);
}

void Walk::find_damaged(const std::string& from) {
    at_ = checking_.get();
    if (at_->Valid()) return;
    const auto status = checking_->status();
    const auto text = status.ToString();
    const bool is_in_table = text.find(".sst") != text.npos;
    if (!status.IsCorruption() || is_in_table || text.find("lob") == text.npos) return;
    if (!trusting_) {
        auto read = read_;
        read.verify_checksums = false;
        trusting_.reset(db_.NewIterator(read, family_));
    }
    trusting_->Seek(from);
    at_ = trusting_.get();
}

std::string just_behind(rocksdb::Slice key) {
    auto behind = key.ToString();
    behind.push_back('\0');
    return behind;
}

}  // namespace rook::store
