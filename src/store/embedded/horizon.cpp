#include "store/embedded/horizon.h"

#include <algorithm>

#include "base/codec.h"

namespace rook::store {
namespace {

// A record is a sealed value (base/codec.h) of version 1 under this key: the sequence number, 8
// bytes.
constexpr std::string_view kKey = "horizon";
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kRecord = 1 + 8 + 4;

std::string make_record(std::uint64_t sequence) {
    std::string payload;
    Writer(payload).u64(sequence);
    return sealed(kVersion, kKey, payload);
}

}  // namespace

Result<> Horizon::load() {
    auto content = files_.load(path_);
    if (!content) {
        if (content.error().why == Why::NotFound) return {};
        return std::unexpected(content.error());
    }
    // A crash can tear the last record, and only that. Which ones are whole is all that matters:
    // the numbers rise.
    bool is_found = false;
    for (std::size_t at = 0; at + kRecord <= content->size(); at += kRecord) {
        auto record = unseal(kKey, std::string_view(*content).substr(at, kRecord), kVersion);
        if (!record) continue;
        is_found = true;
        sequence_ = std::max(sequence_, Reader(record->payload).u64());
    }
    if (is_found || content->empty()) return {};
    return fail(Why::Corrupt, "The store's horizon file is damaged: run `rookery check --repair`");
}

Result<> Horizon::record(std::uint64_t sequence) {
    if (sequence <= sequence_) return {};
    // The first record of a run starts the file anew as well, so that it never follows a torn one.
    if (!file_ || file_->size() + kRecord > kMaxFile) return reset(sequence);
    auto written = file_->append(make_record(sequence));
    if (written) written = file_->sync();
    if (!written) {
        file_.reset();
        return written;
    }
    sequence_ = sequence;
    return {};
}

Result<> Horizon::reset(std::uint64_t sequence) {
    file_.reset();
    TRY(files_.replace(path_, make_record(sequence)));
    file_ = TRY(files_.open_append(path_, Files::Begin::AtEnd));
    sequence_ = sequence;
    return {};
}

}  // namespace rook::store
